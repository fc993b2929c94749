// stdout as one JSON document, also for a failure.
import type { Event } from '../../../core/base/event.js';
import { jsonText } from '../json-text.js';
import type { OpenRenderer } from './renderer.js';

export const json: OpenRenderer = ({ output, facts }) => {
  let last: Event | undefined;
  return {
    event(event) {
      if (event.type === 'result' || event.type === 'error') last = event;
    },
    async end() {
      if (last?.type === 'result') await output.write(`${jsonText({ ok: true, schema: last.schema, ...last.body }, facts.tty ? 2 : 0)}\n`);
      else if (last?.type === 'error') {
        const { type: _, ...error } = last;
        await output.write(`${jsonText({ ok: false, error }, facts.tty ? 2 : 0)}\n`);
      }
    },
  };
};
