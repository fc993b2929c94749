// stdout for people and pipes: the report's text. What a body prints while it runs goes through `Context.print`.
import type { OpenRenderer } from './renderer.js';

export const text: OpenRenderer = ({ output }) => ({
  event() {},
  async end(ending) {
    if (!ending.ok || ending.human === '') return;
    await output.write(ending.human.endsWith('\n') ? ending.human : `${ending.human}\n`);
  },
});
