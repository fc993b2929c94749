// A whole text into the draft, as /read and /paste put it there.
import { wrongUse } from './commands/command.js';
import type { Desk } from './desk.js';
import { paste } from './editor/pastes.js';
import { typedText } from './text/safe.js';

/** Of a text that comes into the draft from a file, the clipboard or another editor. */
export const mostDraftBytes = 2_000_000;

/** Puts a text at the cursor, folded when it is long. `what` it is, in words. Throws LlmxError('usage') where it is empty. */
export function intoDraft({ store }: Desk, raw: string, what: string): void {
  const text = typedText(raw);
  if (text.trim() === '') throw wrongUse(`${what} is empty`, '');
  store.change({ editor: paste(store.get().editor, text), notice: `${what} is in the draft` });
}
