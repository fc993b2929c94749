// /read: a file's text into the draft, folded when it is long.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { readError } from '../../../core/jobs/system-errors.js';
import { intoDraft, mostDraftBytes } from '../draft.js';
import { pathFrom, pathsFrom } from '../paths.js';
import type { SlashCommand } from './command.js';
import { wrongUse } from './command.js';

function readText(path: string): string {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw readError(path, error, 'Check the path');
  }
  try {
    const facts = fstatSync(file);
    if (!facts.isFile()) throw wrongUse(`${path} is no file`, '');
    if (facts.size > mostDraftBytes) throw wrongUse(`${path} has ${facts.size} bytes; /read takes ${mostDraftBytes} at most`, '');
    const bytes = Buffer.alloc(facts.size);
    const length = readSync(file, bytes, 0, bytes.length, 0);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length));
  } catch (error) {
    if (error instanceof TypeError) throw wrongUse(`${path} is no text in UTF-8`, '');
    throw error instanceof Error && 'syscall' in error ? readError(path, error, 'Check the path') : error;
  } finally {
    closeSync(file);
  }
}

export const read: SlashCommand = {
  summary: 'Put the text of a file into the draft',
  usage: 'FILE',
  anytime: true,
  complete: (_words, begun, desk) => pathsFrom(desk.context, begun),
  run(argument, desk) {
    if (argument === '') throw wrongUse('/read takes a file', '/read notes.txt');
    intoDraft(desk, readText(pathFrom(desk.context, argument)), argument);
  },
};
