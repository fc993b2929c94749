// The live region: what stands below the printed text and changes. Pure; always lower than the screen by two rows at least.
import type { ScreenState } from '../state.js';
import type { Ink, Line } from '../text/line.js';
import { cutLine } from '../text/line.js';
import { safeLine } from '../text/safe.js';
import { wrapSpans } from '../text/wrap.js';
import { choiceLines } from './choice.js';
import { editorView } from './editor.js';
import { phaseLine, statusLine } from './status.js';
import { thinkingLines } from './thought.js';

export interface Frame {
  /** From top to bottom; empty parts are not drawn. */
  readonly reply: readonly Line[];
  readonly activity: readonly Line[];
  readonly editor: readonly Line[];
  readonly below: readonly Line[];
  readonly status: readonly Line[];
  /** From the frame's upper left corner; absent where there is nothing to write in. */
  readonly cursor?: { readonly x: number; readonly y: number };
}

const empty: Frame = { reply: [], activity: [], editor: [], below: [], status: [] };
const tallestEditor = 12;

export const frameLines = ({ reply, activity, editor, below, status }: Frame): Line[] => [...reply, ...activity, ...editor, ...below, ...status];

/** The most rows that a frame may have, so that nothing ever scrolls off with it. */
export const frameRows = (rows: number): number => Math.max(1, rows - 2);

const placeholderOf = ({ phase, editing }: ScreenState): string =>
  editing !== undefined ? `message ${editing}` : phase.name === 'opening' ? 'Write; it is sent when the model is there' : 'Message, or /help';

export function frameOf(state: ScreenState, ink: Ink): Frame {
  if (state.hidden) return empty;
  const { columns, choice, phase, thought, status } = state;
  let left = frameRows(state.rows);
  const take = (lines: readonly Line[], most = left): readonly Line[] => {
    const taken = lines.slice(0, Math.max(0, Math.min(most, left)));
    left -= taken.length;
    return taken;
  };
  const written =
    choice === undefined
      ? editorView(state.editor, columns, Math.max(1, Math.min(tallestEditor, Math.floor(left / 2))), placeholderOf(state), ink)
      : undefined;
  const editor = take(written?.lines ?? choiceLines(choice!, columns, ink));
  const statusLines = take(status === undefined ? [] : [statusLine(status, columns, ink)]);
  const activityLine = thought === undefined ? phaseLine(phase, state.tick, columns, ink) : undefined;
  const activity = take(activityLine === undefined ? [] : [activityLine]);
  const below = take(belowLines(state, ink), Math.max(1, Math.floor(left / 2)));
  const thinking = thought === undefined ? [] : take(thinkingLines(thought, state.thoughts === 'show', columns, left, ink));
  // One row parts what was said from the draft.
  const gap: Line[] = left > 0 && (state.printed.length > 0 || state.tail.length > 0) ? [[]] : [];
  const room = left - gap.length;
  const reply = [...thinking, ...(room > 0 ? state.tail.slice(-room) : []), ...gap];
  const top = reply.length + activity.length;
  return {
    ...{ reply, activity, editor, below, status: statusLines },
    ...(written === undefined ? {} : { cursor: { x: written.cursor.x, y: top + written.cursor.y } }),
  };
}

function belowLines({ menu, notice, queued, columns }: ScreenState, ink: Ink): Line[] {
  return [
    ...(queued === undefined ? [] : [cutLine([{ text: `next: ${safeLine(queued)}`, look: ink.look('notice') }], columns)]),
    ...(notice === '' ? [] : [cutLine([{ text: safeLine(notice), look: ink.look('notice') }], columns)]),
    ...(menu.length === 0 ? [] : wrapSpans([{ text: menu.map(safeLine).join('  '), look: ink.look('hint') }], columns)),
  ];
}
