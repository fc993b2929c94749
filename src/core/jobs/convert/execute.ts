// Carries out a plan: reads each role once, writes it to every output, keeps the journal. Memory is a few chunks, or the largest tensor
// where one must be transposed.
import type { Job } from '../../base/event.js';
import { tensorBytes } from '../../checkpoints/planned-file.js';
import { wholeBytes } from '../../checkpoints/split.js';
import type { Transfer } from '../../families/transfer.js';
import { createBuffers, freshMemory, type Scratch } from './buffers.js';
import { chunksOf, sidesOf, type Chunk } from './chunks.js';
import { checksumKey, type Checksums, type Journal } from './journal.js';
import type { OutputPlan } from './plan.js';
import { encodePart, reform, rowBytes, type Part } from './recode.js';
import { openSourceParts } from './source-parts.js';
import { lies, type Targets } from './targets.js';
import { numberFormats } from '../../numbers/index.js';

export interface ExecuteOptions {
  /** Bytes of a source that are read at once. */
  readonly chunkBytes: number;
}

/** Bytes on their way to the disk: beyond these, reading waits. */
const mostInFlight = 3;
const progressMilliseconds = 100;

interface RoleWork {
  readonly role: string;
  /** For each output that wants it, its number and its transfer. */
  readonly uses: readonly (readonly [number, Transfer])[];
}

/** Every role once, in the family's order as far as the outputs have it. */
function rolesOf(outputs: readonly OutputPlan[]): readonly RoleWork[] {
  const roles = [...new Set(outputs.flatMap(({ transfers }) => transfers.map(({ role }) => role)))];
  return roles.map((role) => ({
    role,
    uses: outputs.flatMap(({ transfers }, output) => {
      const transfer = transfers.find((each) => each.role === role);
      return transfer === undefined ? [] : [[output, transfer] as const];
    }),
  }));
}

/** The writes that one part, already in its target's form, comes to. `begin`: its first row among the rows of all of the role's targets. */
function* writesOf(output: number, { targets }: Transfer, part: Part, begin: number): Generator<readonly [string, number, Uint8Array], void, void> {
  let top = 0;
  for (const { name, shape } of targets) {
    const rows = sidesOf(shape, part.columns === 1).rows;
    const [from, to] = [Math.max(begin, top), Math.min(begin + part.rows, top + rows)];
    if (from < to)
      for (const [plane, bytes] of part.planes.entries()) {
        const each = rowBytes(part.format, part.columns, plane);
        yield [checksumKey(output, name, plane), (from - top) * each, bytes.subarray((from - begin) * each, (to - begin) * each)];
      }
    top += rows;
  }
}

/** A rate in the units of `progress` events. */
const rateOf = (done: number, begun: number): number => done / Math.max(1e-3, (performance.now() - begun) / 1000);

export async function* execute(
  outputs: readonly OutputPlan[],
  targets: Targets,
  journal: Journal,
  { chunkBytes }: ExecuteOptions,
  signal: AbortSignal,
): Job<{ readonly resumed: number }> {
  await using sources = openSourceParts();
  const formatOf = new Map(outputs.flatMap(({ tensors }, output) => tensors.map((plan) => [`${output}:${plan.name}`, plan] as const)));
  const total = outputs.reduce((sum, { tensors }) => sum + tensors.reduce((bytes, plan) => bytes + wholeBytes(plan), 0), 0);
  const begun = performance.now();
  const buffers = createBuffers();
  const pending = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  let done = 0;
  let resumed = 0;
  let told = begun;

  const keysOf = ({ uses }: RoleWork): ReadonlyMap<string, number> =>
    new Map(
      uses.flatMap(([output, transfer]) =>
        transfer.targets.flatMap(({ name }) => {
          const plan = formatOf.get(`${output}:${name}`)!;
          return numberFormats[plan.format].planes.map((_, plane) => [checksumKey(output, name, plane), tensorBytes(plan, plane)] as const);
        }),
      ),
    );
  const track = (work: Promise<void>): Promise<void> => {
    const tracked = work.catch((error: unknown) => void (failure ??= { error })).finally(() => pending.delete(tracked));
    pending.add(tracked);
    return tracked;
  };
  const room = async (most: number): Promise<void> => {
    while (pending.size > most) await Promise.race(pending);
    if (failure !== undefined) throw failure.error;
    signal.throwIfAborted();
  };
  const writeChunk = (work: RoleWork, chunk: Chunk, read: Part, scratch: Scratch): Promise<void>[] =>
    work.uses.flatMap(([output, transfer]) => {
      const plan = formatOf.get(`${output}:${transfer.targets[0]!.name}`)!;
      const part = reform(read, transfer.steps, plan.format, scratch);
      // A transposed chunk is a whole tensor: as many rows of the target have gone before as its earlier siblings had.
      const ratio = chunk.rows === 0 ? 0 : part.rows / chunk.rows;
      return [...writesOf(output, transfer, part, (chunk.before + chunk.begin) * ratio)].map(([key, distance, bytes]) =>
        targets.write(key, distance, bytes),
      );
    });

  const progress = function* (
    force = false,
  ): Generator<{ type: 'progress'; phase: string; done: number; total: number; unit: string; rate: number; eta_s: number }, void, void> {
    const now = performance.now();
    if (!force && now - told < progressMilliseconds) return;
    told = now;
    const rate = rateOf(done - resumed, begun);
    yield { type: 'progress', phase: 'write', done, total, unit: 'bytes', rate, eta_s: (total - done) / Math.max(1, rate) };
  };

  for (const work of rolesOf(outputs)) {
    const lengths = keysOf(work);
    const bytes = [...lengths.values()].reduce((sum, length) => sum + length, 0);
    const before = journal.finished.get(work.role);
    if (before !== undefined && (await lies(targets, before, lengths))) {
      done += bytes;
      resumed += bytes;
      yield* progress();
      continue;
    }
    for (const key of lengths.keys()) targets.checksums.delete(key);
    const writes: Promise<void>[] = [];
    const chunks = [
      ...chunksOf(
        work.uses.map(([, transfer]) => transfer),
        chunkBytes,
      ),
    ];
    let scratch = buffers.scratch();
    let ahead = sources.read(chunks[0]!, scratch);
    for (const [index, chunk] of chunks.entries()) {
      const read = await ahead;
      const own = scratch;
      if (index + 1 < chunks.length) {
        scratch = buffers.scratch();
        ahead = sources.read(chunks[index + 1]!, scratch);
        ahead.catch(() => {});
      }
      await room(mostInFlight * work.uses.length);
      const parts = writeChunk(work, chunk, read, own).map(track);
      writes.push(...parts);
      void Promise.all(parts).then(() => own.release());
      done += bytes / chunks.length;
      yield* progress();
    }
    const checksums = (): Checksums => Object.fromEntries([...lengths.keys()].map((key) => [key, targets.checksums.get(key) ?? 0]));
    void track(Promise.all(writes).then(() => (failure === undefined ? journal.finish(work.role, checksums()) : undefined)));
  }
  for (const [output, { constants }] of outputs.entries())
    for (const [name, values] of constants) {
      const part = encodePart(values, 'f32', 1, values.length, freshMemory);
      await targets.write(checksumKey(output, name, 0), 0, part.planes[0]!);
    }
  await room(0);
  yield* progress(true);
  return { resumed };
}
