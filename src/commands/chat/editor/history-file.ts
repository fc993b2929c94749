// The history between runs: one JSON string a line, oldest first, readable by its owner alone. What cannot be read or written is no history.
import { appendFileSync, chmodSync, closeSync, constants, fstatSync, openSync, readSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../shell/write-file.js';

/** Entries, bytes of the file that are read, characters of one entry. */
const [mostEntries, mostBytes, longestEntry] = [1000, 2_000_000, 100_000];

export interface HistoryFile {
  /** Newest first. */
  readonly entries: readonly string[];
  append(entry: string): void;
}

/** The last bytes of a file that may be longer than anyone wants. */
function readTail(path: string): { readonly text: string; readonly cut: boolean } {
  // A pipe of that name is not waited for.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const facts = fstatSync(file);
    if (!facts.isFile()) return { text: '', cut: false };
    const start = Math.max(0, facts.size - mostBytes);
    const bytes = Buffer.alloc(Math.min(facts.size, mostBytes));
    const read = readSync(file, bytes, 0, bytes.length, start);
    const text = bytes.toString('utf8', 0, read);
    return start === 0 ? { text, cut: false } : { text: text.slice(text.indexOf('\n') + 1), cut: true };
  } finally {
    closeSync(file);
  }
}

function entryOf(line: string): string | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'string' && value.trim() !== '' && value.length <= longestEntry ? value : undefined;
  } catch {
    return undefined;
  }
}

const written = (entries: readonly string[]): string => entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');

export function openHistory(path: string): HistoryFile {
  let entries: string[] = [];
  try {
    const { text, cut } = readTail(path);
    const lines = text.split('\n').filter((line) => line !== '');
    entries = lines.flatMap((line) => entryOf(line) ?? []).slice(-mostEntries);
    if (cut || lines.length > 2 * mostEntries) {
      writeFileSync(`${path}.${process.pid}.new`, written(entries), { mode: 0o600 });
      renameSync(`${path}.${process.pid}.new`, path);
    }
    chmodSync(path, 0o600);
  } catch {
    // None yet.
  }
  return {
    entries: entries.reverse(),
    append(entry) {
      if (entry.trim() === '' || entry.length > longestEntry) return;
      try {
        makeFolder(dirname(path), '');
        appendFileSync(path, written([entry]), { mode: 0o600 });
      } catch {
        // A full or read-only disk costs the history, not the chat.
      }
    },
  };
}
