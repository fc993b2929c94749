// stdout as one JSON event a line; the last is `result` or `error`.
import type { Event } from '../../../core/base/event.js';
import { jsonText } from '../json-text.js';
import type { OpenRenderer } from './renderer.js';

/** An event as it is printed: the report's keys stand beside `type` in the last line. */
function eventLine(event: Event): string {
  if (event.type !== 'result') return `${jsonText(event)}\n`;
  return `${jsonText({ type: 'result', ok: true, schema: event.schema, ...event.body })}\n`;
}

export const jsonl: OpenRenderer = ({ output }) => ({
  event: (event) => output.write(eventLine(event)),
  end() {},
});
