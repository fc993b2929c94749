// /copy: a reply, or the last code in it, to the clipboard.
import { join } from 'node:path';
import { writeWhole } from '../../shell/write-file.js';
import { codeBlocks, ofRole, textOf } from '../messages.js';
import type { SlashCommand } from './command.js';
import { readPlace, wrongUse } from './command.js';

export const copy: SlashCommand = {
  summary: 'Copy the last reply, the nth from the end, or its last code',
  usage: '[n|code]',
  anytime: true,
  complete: (words) => (words.length === 0 ? ['code'] : []),
  run(argument, desk) {
    const replies = ofRole(desk.conversation().messages, 'assistant');
    const place = argument === 'code' ? undefined : readPlace(argument, replies.length, 'reply');
    const reply = replies.at(-(place ?? 1));
    if (reply === undefined) throw wrongUse('there is no reply to copy', '');
    const text = argument === 'code' ? codeBlocks(textOf(reply)).at(-1) : textOf(reply);
    if (text === undefined) throw wrongUse('there is no code in the last reply', '');
    if (desk.terminal.copy(text)) {
      desk.transcript.tell(`copied ${text.length} characters`);
      return;
    }
    const path = join(desk.context.directories.state, 'copied.txt');
    writeWhole(path, text, '/export writes the conversation to a file of your choice', 0o600);
    desk.transcript.tell(`this terminal takes no copy of ${text.length} characters; they are in ${path}`);
  },
};
