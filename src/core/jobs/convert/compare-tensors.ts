// Source and target held against each other, role by role: equal where the target's number format can hold the values, else how far off.
import { count } from '../../base/shape.js';
import type { Model } from '../../families/model.js';
import { transfersTo, type Transfer } from '../../families/transfer.js';
import type { NumberFormatKey } from '../../numbers/index.js';
import { createBuffers } from './buffers.js';
import { chunksOf } from './chunks.js';
import { decodePart, reform } from './recode.js';
import { openSourceParts, type SourceParts } from './source-parts.js';

export interface TensorComparison {
  readonly role: string;
  readonly from: NumberFormatKey;
  readonly to: NumberFormatKey;
  /** The target can hold what the source holds, and nothing is computed on the way. */
  readonly exact: boolean;
  readonly values: number;
  /** Values that differ, NaN of any kind being equal. */
  readonly different: number;
  /** Values that were finite and are not: beyond what the target's number format holds. */
  readonly lost: number;
  /** Sum of squared differences over the sum of squares. */
  readonly nmse: number;
  readonly worst: number;
}

/** Every number format decodes to float32, so that one holds them all. */
export const isExact = ({ steps }: Transfer, from: NumberFormatKey, to: NumberFormatKey): boolean =>
  (from === to || to === 'f32') && !steps.some(({ kind }) => kind === 'values');

/** A role's values after the transfer's steps, decoded, a part at a time; each is valid until the next is asked for. */
async function* valuesOf(transfer: Transfer, sources: SourceParts, chunkBytes: number): AsyncGenerator<Float32Array, void, void> {
  const buffers = createBuffers();
  const gathers = await sources.gathers(transfer);
  for (const chunk of chunksOf([{ transfer, to: 'f32' }], chunkBytes, gathers)) {
    const scratch = buffers.scratch();
    yield decodePart(reform(await sources.read(chunk, scratch), transfer.steps, 'f32', scratch), scratch);
    scratch.release();
  }
}

/** Both streams in steps of the shorter of their present parts. */
async function* pairs(
  left: AsyncGenerator<Float32Array>,
  right: AsyncGenerator<Float32Array>,
): AsyncGenerator<readonly [Float32Array, Float32Array], void, void> {
  let [a, b]: [Float32Array, Float32Array] = [new Float32Array(), new Float32Array()];
  for (;;) {
    if (a.length === 0) {
      const next = await left.next();
      if (next.done === true) return;
      a = next.value;
    }
    if (b.length === 0) {
      const next = await right.next();
      if (next.done === true) return;
      b = next.value;
    }
    const length = Math.min(a.length, b.length);
    yield [a.subarray(0, length), b.subarray(0, length)];
    [a, b] = [a.subarray(length), b.subarray(length)];
  }
}

interface Options {
  readonly chunkBytes: number;
  /** Values of each role that are looked at. */
  readonly mostValues: number;
}

/** `own`: the source in its own dialect's usual form. */
async function compareRole(source: Transfer, own: Transfer, back: Transfer, { chunkBytes, mostValues }: Options): Promise<TensorComparison> {
  await using sources = openSourceParts();
  let [values, different, lost, squares, total, worst] = [0, 0, 0, 0, 0, 0];
  for await (const [expected, actual] of pairs(valuesOf(own, sources, chunkBytes), valuesOf(back, sources, chunkBytes))) {
    for (let index = 0; index < expected.length; index++) {
      const [wanted, got] = [expected[index]!, actual[index]!];
      total += wanted * wanted;
      if (wanted === got || (wanted !== wanted && got !== got)) continue;
      different++;
      if (Number.isFinite(wanted) && !Number.isFinite(got)) lost++;
      const difference = got - wanted;
      squares += difference * difference;
      worst = Math.max(worst, Math.abs(difference));
    }
    values += expected.length;
    if (values >= mostValues) break;
  }
  const [from, to] = [source.sources[0]!.format, back.sources[0]!.format];
  const missing = values < Math.min(mostValues, count(source.row.shape)) ? count(source.row.shape) - values : 0;
  return {
    role: source.role,
    from,
    to,
    exact: isExact(source, from, to),
    values,
    different: different + missing,
    lost,
    nmse: squares === 0 ? 0 : squares / (total || 1),
    worst,
  };
}

/** Every role that both have and `wanted` asks for. */
export async function* compareTensors(
  source: Model,
  target: Model,
  wanted: (role: string) => boolean,
  options: Options,
): AsyncGenerator<TensorComparison, void, void> {
  const forth = transfersTo(source, target.checkpoint.dialect).transfers;
  const byRole = (model: Model): ReadonlyMap<string, Transfer> =>
    new Map(transfersTo(model, source.checkpoint.dialect).transfers.map((transfer) => [transfer.role, transfer]));
  const [own, back] = [byRole(source), byRole(target)];
  for (const transfer of forth) {
    const [here, there] = [own.get(transfer.role), back.get(transfer.role)];
    if (here !== undefined && there !== undefined && wanted(transfer.role)) yield await compareRole(transfer, here, there, options);
  }
}
