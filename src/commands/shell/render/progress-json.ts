// stderr as JSON lines: progress for programs that watch; everything else as in `plain`.
import { jsonText } from '../json-text.js';
import { openPlain } from './plain.js';
import type { OpenRenderer } from './renderer.js';

export const progressJson: OpenRenderer = (surface) => {
  const lines = openPlain(surface, false);
  return {
    event: (event) => (event.type === 'progress' ? surface.output.write(`${jsonText(event)}\n`) : lines.event(event)),
    end: (ending) => lines.end(ending),
  };
};
