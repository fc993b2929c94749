// What the model thinks before it answers: one line, or the end of it. Pure.
import { plural } from '../../shell/quantity.js';
import type { Thought } from '../state.js';
import type { Ink, Line } from '../text/line.js';
import { cutLine } from '../text/line.js';

/** While it goes on. */
export function thinkingLines({ tokens, lines }: Thought, unfolded: boolean, columns: number, rows: number, ink: Ink): Line[] {
  const head = cutLine(
    [{ text: `▸ thinking · ${plural(tokens, 'token')}${unfolded ? '' : ' · Ctrl+O shows it'}`, look: ink.look('thought') }],
    columns,
  );
  return [head, ...(unfolded && rows > 1 ? lines.slice(1 - rows) : [])];
}

/** When it is over. */
export const thoughtLine = (tokens: number, seconds: number, columns: number, ink: Ink): Line =>
  cutLine([{ text: `▸ thought for ${seconds.toFixed(1)} s · ${plural(tokens, 'token')} · Ctrl+O shows it`, look: ink.look('thought') }], columns);
