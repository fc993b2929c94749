// Files that a command writes: whether one may be written, and a small one whole or not at all (beside its place first, then by a rename).
import { accessSync, constants, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { LlmxError } from '../../core/base/error.js';
import { systemWords } from '../../core/base/system-words.js';
import { writeError } from '../../core/jobs/system-errors.js';

/** One folder after the other: mkdir's own recursion never ends where a file system refuses new folders with ENOENT, as /proc does. */
export function makeFolder(folder: string, hint: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder), hint);
  try {
    mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && statSync(folder).isDirectory()) return;
    throw new LlmxError('disk', `${folder}: the folder cannot be made: ${systemWords(error)}`, hint, { cause: error });
  }
}

/** Throws what would be thrown when the file is written, before the work for it is done. */
export function checkWritable(path: string, hint: string): void {
  try {
    const facts = statSync(path, { throwIfNoEntry: false });
    if (facts?.isDirectory() === true) throw new LlmxError('disk', `${path}: a folder, not a file`, hint);
    const folder = dirname(path);
    if (facts === undefined && !existsSync(folder)) throw new LlmxError('disk', `${path}: there is no folder ${folder}`, hint);
    accessSync(facts === undefined ? folder : path, constants.W_OK);
  } catch (error) {
    throw writeError(path, error, hint);
  }
}

/** Makes the folders that are missing. */
export function writeWhole(path: string, text: string, hint: string, mode = 0o666): void {
  const temporary = `${path}.${process.pid}.new`;
  try {
    makeFolder(dirname(path), hint);
    writeFileSync(temporary, text, { mode });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw writeError(path, error, hint);
  }
}
