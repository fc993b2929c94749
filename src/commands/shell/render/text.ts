// stdout for people and pipes: the report's text. What a body prints while it runs goes through `Context.print`.
import { printable } from '../../../core/base/printable.js';
import type { OpenRenderer } from './renderer.js';

/** A pipe gets the text as it is; a terminal gets none that it would act upon. */
export const text: OpenRenderer = ({ output, facts }) => ({
  event() {},
  async end(ending) {
    if (!ending.ok || ending.human === '') return;
    const human = ending.human.endsWith('\n') ? ending.human : `${ending.human}\n`;
    await output.write(facts.tty ? printable(human, '\n\t') : human);
  },
});
