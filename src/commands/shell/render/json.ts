// stdout as one JSON document, also for a failure.
import type { Event } from '../../../core/base/event.js';
import type { OpenRenderer } from './renderer.js';

export const json: OpenRenderer = ({ output, facts }) => {
  let last: Event | undefined;
  return {
    event(event) {
      if (event.type === 'result' || event.type === 'error') last = event;
    },
    async end() {
      if (last?.type === 'result')
        await output.write(`${JSON.stringify({ ok: true, schema: last.schema, ...last.body }, null, facts.tty ? 2 : 0)}\n`);
      else if (last?.type === 'error') {
        const { code, message, hint, exit } = last;
        await output.write(`${JSON.stringify({ ok: false, error: { code, message, hint, exit } }, null, facts.tty ? 2 : 0)}\n`);
      }
    },
  };
};
