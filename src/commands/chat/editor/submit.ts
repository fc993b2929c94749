// What Enter means: send, or a new line where the draft asks for more.
import type { Editor } from './state.js';
import { replace } from './state.js';
import { unfolded } from './pastes.js';

export type Submission =
  { readonly kind: 'more'; readonly editor: Editor } | { readonly kind: 'send'; readonly text: string } | { readonly kind: 'nothing' };

const block = '"""';

/** `"""` opens a block that Enter does not send until `"""` closes it; a last `\` is a line end. */
export function submit(editor: Editor): Submission {
  const { text, cursor } = editor;
  if (text[cursor - 1] === '\\' && cursor === text.length) return { kind: 'more', editor: replace(editor, 'type', cursor - 1, cursor, '\n') };
  const trimmed = text.trim();
  if (trimmed === '') return { kind: 'nothing' };
  if (!trimmed.startsWith(block)) return { kind: 'send', text: unfolded(text, editor.pastes).trimEnd() };
  const isClosed = trimmed.length >= 2 * block.length && trimmed.endsWith(block);
  if (!isClosed) return { kind: 'more', editor: replace(editor, 'type', cursor, cursor, '\n') };
  const inside = unfolded(trimmed.slice(block.length, -block.length), editor.pastes).replace(/^\n|\n$/g, '');
  return inside.trim() === '' ? { kind: 'nothing' } : { kind: 'send', text: inside };
}
