// Roles whose numbers go from file to file as they lie, or whole rows in another order: the native addon moves them, JavaScript waits.
import { LlmxError } from '../../base/error.js';
import { transferOf, TransferError, type RowOrder, type Run } from '../../backends/native/transfer.js';
import { count } from '../../base/shape.js';
import { fileError } from '../../checkpoints/files.js';
import { diskError } from '../../checkpoints/write-file.js';
import type { Transfer } from '../../families/transfer.js';
import type { NumberFormatKey } from '../../numbers/index.js';
import { bytesPerValue, sidesOf } from './chunks.js';
import { checksumKey } from './journal.js';
import type { SourceParts } from './source-parts.js';
import type { Targets } from './targets.js';

/** Values of one run: progress is told, and an abort heard, between two of them. */
const mostValues = 8 << 20;

export interface DirectUse {
  readonly output: number;
  readonly transfer: Transfer;
  readonly to: NumberFormatKey;
  readonly rows?: RowOrder;
  readonly move: (run: Run) => Promise<number>;
}

/** The order of rows that a role's steps come to; undefined where there is none, `no-way` where they are more than that. */
function rowOrderOf({ sources, targets, steps }: Transfer): RowOrder | undefined | 'no-way' {
  const [step] = steps;
  if (step === undefined) return undefined;
  if (steps.length > 1 || step.kind !== 'rows') return 'no-way';
  const { columns } = sidesOf(sources[0]!.shape, true);
  const run = columns * step.order.length;
  const isWhole = [...sources, ...targets].every(({ shape }) => sidesOf(shape, true).columns === columns && count(shape) % run === 0);
  return isWhole && run > 0 ? { order: Int32Array.from(step.order), length: columns } : 'no-way';
}

/**
 * Undefined where the role's numbers are moved about other than by rows, checksums are wanted, a source is no file of this machine, or it has
 * no such way.
 */
export async function directUse(
  output: number,
  transfer: Transfer,
  to: NumberFormatKey,
  sources: SourceParts,
  targets: Targets,
): Promise<DirectUse | undefined> {
  const [source] = transfer.sources;
  const rows = rowOrderOf(transfer);
  if (rows === 'no-way' || source!.planes.length !== 1) return undefined;
  if (transfer.targets.some(({ name }) => targets.needsChecksum(checksumKey(output, name, 0)))) return undefined;
  for (const { planes } of transfer.sources) if ((await sources.descriptor(planes[0]!.file)) === undefined) return undefined;
  const move = transferOf(source!.format, to);
  return move && { output, transfer, to, move, ...(rows === undefined ? {} : { rows }) };
}

interface Stretch {
  /** Values of the role that come before, and how many there are. */
  readonly begin: number;
  readonly length: number;
}

const stretches = (shapes: readonly (readonly number[])[]): readonly Stretch[] => {
  let begin = 0;
  return shapes.map((shape) => ({ begin: (begin += count(shape)) - count(shape), length: count(shape) }));
};

/** A failure says which of the two files it was, and is the kind of error that this file's others are. */
async function named(thrown: unknown, source: string, target: string): Promise<unknown> {
  if (thrown instanceof LlmxError) return new LlmxError(thrown.code, `${source}: ${thrown.message}`, 'Convert it again when nothing writes to it');
  if (!(thrown instanceof TransferError)) return thrown;
  return thrown.writing ? diskError(target, thrown) : fileError(source, thrown);
}

/**
 * Moves a use, one run after the other: two at once would hand the file's lock to each other. Yields the values of each run, and how
 * many of them the target's number format cannot hold.
 */
export async function* directRuns(
  { output, transfer, to: format, move, rows }: DirectUse,
  sources: SourceParts,
  targets: Targets,
): AsyncGenerator<{ readonly values: number; readonly lost: number }, void, void> {
  const [sourceBytes, targetBytes] = [bytesPerValue(transfer.sources[0]!.format), bytesPerValue(format)];
  const rowRun = rows === undefined ? 1 : rows.order.length * rows.length;
  const most = Math.max(1, Math.floor(mostValues / rowRun)) * rowRun;
  const into = stretches(transfer.targets.map(({ shape }) => shape));
  for (const [index, from] of stretches(transfer.sources.map(({ shape }) => shape)).entries()) {
    const [span] = transfer.sources[index]!.planes;
    const source = await sources.descriptor(span!.file);
    for (const [place, to] of into.entries()) {
      const [low, high] = [Math.max(from.begin, to.begin), Math.min(from.begin + from.length, to.begin + to.length)];
      const target = await targets.locate(checksumKey(output, transfer.targets[place]!.name, 0));
      for (let at = low; at < high; at += most) {
        const values = Math.min(most, high - at);
        const run: Run = {
          source: source!,
          sourceOffset: span!.offset + (at - from.begin) * sourceBytes,
          target: target.descriptor,
          targetOffset: target.offset + (at - to.begin) * targetBytes,
          values,
          ...(rows === undefined ? {} : { rows }),
        };
        const lost = await move(run).catch(async (thrown: unknown) => {
          throw await named(thrown, span!.file, target.path);
        });
        yield { values, lost };
      }
    }
  }
}
