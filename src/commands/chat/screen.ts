// The screen of `llmx chat`. Stands in for the one that is being built: says so, and leaves.
import { LlmxError } from '../../core/base/error.js';
import type { ScreenContext, ScreenEnd, ScreenOptions } from './options.js';

export async function startScreen(_options: ScreenOptions, _context: ScreenContext): Promise<ScreenEnd> {
  throw new LlmxError('unsupported', 'this build has no screen for llmx chat', 'llmx chat --plain works on every terminal');
}
