// What a conversion has finished, on disk beside its unfinished files: a line for the plan, then a line for each role. A torn last line
// is as if it were not there.
import { createHash } from 'node:crypto';
import { open, readFile, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '../../checkpoints/checkpoint.js';
import type { Piece } from '../../checkpoints/planned-file.js';
import { writeFully } from '../../checkpoints/write-file.js';
import type { OutputPlan } from './plan.js';

const schema = 'llmx.convert.journal/1';

/** CRC-32 of the planes of the tensors that a role became, by output, plane and name: of those whose files ask for it. */
export type Checksums = Readonly<Record<string, number>>;

export interface Journal extends AsyncDisposable {
  /** Roles that were finished before, with their checksums. */
  readonly finished: ReadonlyMap<string, Checksums>;
  /** Call once what the role became is on the disk: after a loss of power it is not written again. */
  finish(role: string, checksums: Checksums): Promise<void>;
}

export const checksumKey = (output: number, tensor: string, plane: number): string => `${output}:${plane}:${tensor}`;

function pieceDigest(piece: Piece): unknown {
  switch (piece.kind) {
    case 'bytes':
      return createHash('sha256').update(piece.bytes).digest('hex');
    case 'tensor':
      return [piece.tensor.name, piece.tensor.format, piece.tensor.shape, piece.plane];
    case 'zeros':
    case 'late':
      return [piece.kind, piece.length];
    default:
      return piece satisfies never;
  }
}

/** When a file was changed last, in milliseconds; files on the hub have their commit in their path and cannot change. */
const changedAt = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;

/** Two runs with the same digest write the same bytes, unless someone has set the time of a source file back. */
export async function planDigest({ files }: Checkpoint, outputs: readonly OutputPlan[]): Promise<string> {
  const facts = {
    sources: await Promise.all(files.map(async ({ path, bytes }) => [path, bytes, await changedAt(path)])),
    outputs: outputs.map((output) => ({
      format: output.format,
      files: output.files.map((file) => [file.name, file.pieces.map(pieceDigest)]),
    })),
  };
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

type Line = { readonly role: string; readonly checksums: Checksums } | { readonly schema: string; readonly digest: string };

function parseLine(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Line) : undefined;
  } catch {
    return undefined;
  }
}

/** The roles of a journal of the same plan; undefined where there is none of it. */
async function readJournal(
  path: string,
  digest: string,
): Promise<{ readonly finished: ReadonlyMap<string, Checksums>; readonly bytes: number } | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  const lines = (text ?? '').split('\n');
  lines.pop(); // what follows the last line's end is torn
  const first = parseLine(lines[0] ?? '');
  if (first === undefined || !('digest' in first) || first.schema !== schema || first.digest !== digest) return undefined;
  const finished = new Map<string, Checksums>();
  let bytes = Buffer.byteLength(lines[0]!) + 1;
  for (const line of lines.slice(1)) {
    const entry = parseLine(line);
    if (entry === undefined || !('role' in entry)) break;
    finished.set(entry.role, entry.checksums);
    bytes += Buffer.byteLength(line) + 1;
  }
  return { finished, bytes };
}

/** `resume`: goes on with a journal of the same plan that lies in the folder. Otherwise it begins anew. */
export async function openJournal(folder: string, digest: string, resume: boolean): Promise<Journal> {
  const path = join(folder, 'journal.jsonl');
  const before = resume ? await readJournal(path, digest) : undefined;
  const handle: FileHandle = await open(path, before === undefined ? 'w' : 'r+');
  let position = before?.bytes ?? 0;
  if (before !== undefined) await handle.truncate(position);
  // One after the other: two lines must not be torn into each other.
  let last: Promise<void> = Promise.resolve();
  const append = (line: Line): Promise<void> => {
    last = last.then(async () => {
      const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
      await writeFully(handle, bytes, position);
      position += bytes.length;
    });
    return last;
  };
  if (before === undefined) await append({ schema, digest });
  return {
    finished: before?.finished ?? new Map(),
    finish: (role, checksums) => append({ role, checksums }),
    async [Symbol.asyncDispose]() {
      await last.catch(() => {});
      await handle.close();
    },
  };
}
