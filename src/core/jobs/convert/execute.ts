// Carries out a plan: reads each role once, writes it to every output, keeps the journal. Memory is a few parts; what is
// transposed is read by columns.
import type { Event, Job } from '../../base/event.js';
import { count } from '../../base/shape.js';
import { tensorBytes } from '../../checkpoints/planned-file.js';
import { wholeBytes } from '../../checkpoints/split.js';
import type { Transfer } from '../../families/transfer.js';
import { numberFormats, type NumberFormatKey } from '../../numbers/index.js';
import { createBuffers, freshMemory, type Scratch } from './buffers.js';
import { chunksOf, sidesOf, transposes, type Chunk } from './chunks.js';
import { directRuns, directUse, type DirectUse } from './direct.js';
import { checksumKey, type Checksums, type Journal } from './journal.js';
import { createLane, type Lane } from './lane.js';
import { createLedger } from './ledger.js';
import { lostWarning, type Lost } from './lost.js';
import type { OutputPlan, TargetTensor } from './plan.js';
import { createReading, type Reading } from './reading.js';
import { encodePart, reform, rowBytes, type Part } from './recode.js';
import { openSourceParts, type SourceParts } from './source-parts.js';
import type { Targets } from './targets.js';

export interface ExecuteOptions {
  /** Bytes of a source that are read at once. */
  readonly chunkBytes: number;
  /** Bytes after which what is done is flushed to the disk and put into the journal. Default 512 MiB. */
  readonly syncBytes?: number;
  /** Parts that are read before they are wanted. Default 1. */
  readonly readAhead?: number;
}

/** Parts that are under way at once. */
const mostInFlight = 4;
const progressMilliseconds = 100;
const usualSyncBytes = 512 << 20;

interface Use {
  readonly output: number;
  readonly transfer: Transfer;
  /** What the transfer's targets are planned as, all alike. */
  readonly plan: TargetTensor;
}

interface RoleWork {
  readonly role: string;
  /** One for each output that wants it. */
  readonly uses: readonly Use[];
}

/** Every role once, in the order of the outputs. */
function rolesOf(outputs: readonly OutputPlan[]): readonly RoleWork[] {
  const roles = new Map<string, Use[]>();
  outputs.forEach(({ transfers, tensors }, output) => {
    const plans = new Map(tensors.map((plan) => [plan.name, plan]));
    for (const transfer of transfers) {
      const use: Use = { output, transfer, plan: plans.get(transfer.targets[0]!.name)! };
      const known = roles.get(transfer.role);
      if (known === undefined) roles.set(transfer.role, [use]);
      else known.push(use);
    }
  });
  return [...roles].map(([role, uses]) => ({ role, uses }));
}

const keysOf = ({ uses }: RoleWork): readonly string[] =>
  uses.flatMap(({ output, transfer, plan }) =>
    transfer.targets.flatMap(({ name }) => numberFormats[plan.format].planes.map((_, plane) => checksumKey(output, name, plane))),
  );

const bytesOf = ({ uses }: RoleWork): number =>
  uses.reduce((sum, { transfer, plan }) => sum + transfer.targets.reduce((bytes, target) => bytes + wholeBytes({ ...plan, ...target }), 0), 0);

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

interface Machinery {
  readonly sources: SourceParts;
  readonly targets: Targets;
  readonly lane: Lane;
  /** The next part of what passes through memory. */
  readonly next: () => Reading;
  /** By output and role, values that its number format cannot hold. */
  readonly lost: Map<string, Lost>;
}

function lose(lost: Map<string, Lost>, output: number, role: string, to: NumberFormatKey, values: number): void {
  const key = `${output}:${role}`;
  if (values > 0) lost.set(key, { output, role, to, values: (lost.get(key)?.values ?? 0) + values });
}

/** The part of each use, begun to be written. */
function writeChunk(uses: readonly Use[], chunk: Chunk, read: Part, scratch: Scratch, { targets, lost }: Machinery): Promise<void>[] {
  return uses.flatMap(({ output, transfer, plan }) => {
    const part = reform(read, transfer.steps, plan.format, scratch);
    lose(lost, output, transfer.role, plan.format, part.lost ?? 0);
    const writes = writesOf(output, transfer, part, chunk.before);
    return [...writes].map(([key, distance, bytes]) => targets.write(key, distance, bytes));
  });
}

/** Uses whose numbers pass through memory together. Yields the share of them that each part was, once its writes have begun. */
async function* throughMemory({ uses, chunks }: Group, machinery: Machinery, writes: Promise<void>[]): AsyncGenerator<number, void, void> {
  const { lane, next } = machinery;
  for (let index = 0; index < chunks.length; index++) {
    const { chunk, scratch, part } = next();
    const read = await part;
    await lane.room(mostInFlight * uses.length);
    const parts = writeChunk(uses, chunk, read, scratch, machinery).map((write) => lane.take(write));
    writes.push(...parts);
    void Promise.all(parts).then(() => scratch.release());
    yield 1 / chunks.length;
  }
}

/** A use whose numbers JavaScript does not see. Yields the share of the role that each run was, once it is written. */
async function* direct(use: DirectUse, { sources, targets, lost }: Machinery): AsyncGenerator<number, void, void> {
  const values = count(use.transfer.row.shape);
  for await (const run of directRuns(use, sources, targets)) {
    lose(lost, use.output, use.transfer.role, use.to, run.lost);
    yield run.values / values;
  }
}

/** Uses that share what is read. */
interface Group {
  readonly uses: readonly Use[];
  readonly chunks: readonly Chunk[];
}

/** The ways that a role's numbers take. */
interface RoleUses {
  readonly straight: readonly DirectUse[];
  /** Those that transpose, and those that do not. */
  readonly groups: readonly Group[];
}

async function usesOf({ uses }: RoleWork, sources: SourceParts, targets: Targets, chunkBytes: number): Promise<RoleUses> {
  const straight: DirectUse[] = [];
  const others: Use[] = [];
  for (const use of uses) {
    const found = await directUse(use.output, use.transfer, use.plan.format, sources, targets);
    if (found === undefined) others.push(use);
    else straight.push(found);
  }
  const forms = others.map((use) => ({ use, form: { transfer: use.transfer, to: use.plan.format } }));
  const groups: Group[] = [];
  for (const turns of [false, true]) {
    const members = forms.filter(({ form }) => transposes(form) === turns);
    if (members.length === 0) continue;
    const gathers = turns && (await sources.gathers(members[0]!.form.transfer));
    const cut = chunksOf(
      members.map(({ form }) => form),
      chunkBytes,
      gathers,
    );
    groups.push({ uses: members.map(({ use }) => use), chunks: [...cut] });
  }
  return { straight, groups };
}

/** Everything that a role comes to; the writes may still be under way when it ends. */
async function* writeRole(role: RoleUses, machinery: Machinery, writes: Promise<void>[]): AsyncGenerator<number, void, void> {
  const { straight, groups } = role;
  const share = 1 / (straight.length + groups.reduce((sum, { uses }) => sum + uses.length, 0));
  for (const use of straight) for await (const part of direct(use, machinery)) yield part * share;
  for (const group of groups) for await (const part of throughMemory(group, machinery, writes)) yield part * share * group.uses.length;
}

/** Tells where it is, ten times a second. */
function progressOf(total: number): { tell(more: number, isNew: boolean): Event | undefined; readonly last: Event } {
  const begun = performance.now();
  let [done, fresh, told] = [0, 0, begun];
  const event = (now: number): Event => {
    const rate = fresh / Math.max(1e-3, (now - begun) / 1000);
    return { type: 'progress', phase: 'write', done: Math.round(done), total, unit: 'bytes', rate, eta_s: (total - done) / Math.max(1, rate) };
  };
  return {
    tell(more, isNew) {
      done += more;
      if (isNew) fresh += more;
      const now = performance.now();
      if (now - told < progressMilliseconds) return undefined;
      told = now;
      return event(now);
    },
    get last() {
      done = total;
      return event(performance.now());
    },
  };
}

export interface Executed {
  /** Bytes that an earlier run had done. */
  readonly resumed: number;
  readonly lost: readonly Lost[];
}

export async function* execute(
  outputs: readonly OutputPlan[],
  targets: Targets,
  journal: Journal,
  { chunkBytes, syncBytes = usualSyncBytes, readAhead = 1 }: ExecuteOptions,
  signal: AbortSignal,
): Job<Executed> {
  await using sources = openSourceParts();
  const ledger = createLedger(targets, journal, syncBytes);
  const roles = rolesOf(outputs);
  const uses = new Map<RoleWork, RoleUses>();
  for (const work of roles) if (!journal.finished.has(work.role)) uses.set(work, await usesOf(work, sources, targets, chunkBytes));
  const chunks = [...uses.values()].flatMap(({ groups }) => groups.flatMap((group) => group.chunks));
  const next = createReading(chunks, sources, createBuffers(), { ahead: readAhead, aheadBytes: readAhead * chunkBytes });
  const machinery: Machinery = { sources, targets, lane: createLane(), next, lost: new Map() };
  const progress = progressOf(roles.reduce((sum, work) => sum + bytesOf(work), 0));
  let resumed = 0;
  try {
    for (const work of roles) {
      const bytes = bytesOf(work);
      const finished = journal.finished.get(work.role);
      if (finished !== undefined) {
        for (const [key, checksum] of Object.entries(finished)) targets.checksums.set(key, checksum);
        resumed += bytes;
        progress.tell(bytes, false);
        continue;
      }
      const keys = keysOf(work);
      for (const key of keys) targets.checksums.delete(key);
      const writes: Promise<void>[] = [];
      for await (const share of writeRole(uses.get(work)!, machinery, writes)) {
        signal.throwIfAborted();
        const event = progress.tell(share * bytes, true);
        if (event !== undefined) yield event;
      }
      const sums = keys.filter((key) => targets.needsChecksum(key));
      void Promise.all(writes).then(() => {
        if (!machinery.lane.failed)
          ledger.add(work.role, bytes, Object.fromEntries(sums.map((key) => [key, targets.checksums.get(key) ?? 0])) as Checksums);
      });
    }
    await writeConstants(outputs, targets);
    await machinery.lane.room(0);
  } finally {
    // Nothing may be under way when the files are closed.
    await machinery.lane.room(0).catch(() => {});
    // The roles whose last writes have just ended are told to the ledger in this turn of the loop.
    await new Promise((resolve) => setImmediate(resolve));
    await ledger.flush();
    await ledger.settle();
  }
  signal.throwIfAborted();
  yield progress.last;
  const lost = [...machinery.lost.values()];
  for (const each of lost) yield lostWarning(each);
  return { resumed, lost };
}

/** Tensors that no tensor of the source holds. */
async function writeConstants(outputs: readonly OutputPlan[], targets: Targets): Promise<void> {
  for (const [output, { constants }] of outputs.entries())
    for (const [name, values] of constants) {
      const part = encodePart(values, 'f32', 1, values.length, freshMemory);
      if (tensorBytes({ name, shape: [values.length], format: 'f32' }) > 0) await targets.write(checksumKey(output, name, 0), 0, part.planes[0]!);
    }
}
