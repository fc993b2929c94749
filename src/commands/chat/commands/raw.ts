// /raw: replies as the model writes them, or as Markdown. Alt+M does the same.
import type { Desk } from '../desk.js';
import { ofRole, textOf } from '../messages.js';
import { safeText } from '../text/safe.js';
import type { SlashCommand } from './command.js';

/** Shows the last reply the other way too: what is printed stays as it is. */
export function toggleRaw(desk: Desk): void {
  const raw = !desk.store.get().raw;
  desk.store.change({ raw });
  desk.transcript.tell(raw ? 'replies are shown as they are written' : 'replies are shown as Markdown');
  if (desk.store.get().phase.name !== 'idle') return;
  const last = ofRole(desk.conversation().messages, 'assistant').at(-1);
  if (last === undefined) return;
  if (raw)
    desk.transcript.print(
      safeText(textOf(last))
        .split('\n')
        .map((text) => [{ text }]),
    );
  else desk.transcript.markdown(textOf(last));
}

export const raw: SlashCommand = {
  summary: 'Show replies as they are written, or as Markdown',
  anytime: true,
  run: (_argument, desk) => toggleRaw(desk),
};
