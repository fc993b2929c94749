// The folder that llmx was installed to (or its checkout), wherever the running file lies inside it.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LlmxError } from './error.js';

const isOurs = (path: string): boolean => existsSync(path) && (JSON.parse(readFileSync(path, 'utf8')) as { name?: unknown }).name === 'llmx';

let found: string | undefined;

/** The nearest folder upwards whose package.json is named llmx. */
export function packageRoot(): string {
  if (found !== undefined) return found;
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (isOurs(join(folder, 'package.json'))) return (found = folder);
    if (dirname(folder) === folder) throw new LlmxError('internal', 'no package.json of llmx above the running file', 'Install llmx again');
  }
}
