// Sequences over one engine: each has its tokens, its pages and its recurrent slot. Fork, truncate, snapshot and restore are
// all that branches, prefix reuse, evaluation choices and speculative checks are built on.
import { LlmxError } from '../base/error.js';
import type { Engine, Largest, StepInputs } from '../backends/backend.js';
import { leavesOf } from '../graph/program.js';
import { pageSize } from './load.js';
import { createPagePool } from './pages.js';

export interface Sequence {
  /** Tokens whose state is held, in order. */
  readonly tokens: readonly number[];
}

/** A point to come back to. Release it with `forget`. */
export interface Snapshot {
  readonly length: number;
}

/** Tokens to append to a sequence in one step, and which of them (by index in `ids`) shall give logits. */
export interface Work {
  readonly sequence: Sequence;
  readonly ids: readonly number[];
  readonly rows: readonly number[];
}

export interface Sequences {
  open(): Sequence;
  close(sequence: Sequence): void;
  fork(sequence: Sequence): Promise<Sequence>;
  /** Keeps the first `length` tokens. Recurrent state cannot go back: only to 0 or to a snapshot. */
  truncate(sequence: Sequence, length: number): Promise<void>;
  snapshot(sequence: Sequence): Promise<Snapshot>;
  restore(sequence: Sequence, snapshot: Snapshot): Promise<void>;
  forget(snapshot: Snapshot): void;
  /**
   * One step for all of the work. Rows of logits follow in the order of the work and of its `rows`. A step that fails or is aborted
   * leaves every sequence with the tokens that it had, but one with recurrent state empty: its state is neither old nor new.
   */
  step(work: readonly Work[]): Promise<void>;
  /** Logits of row `row` of the last step: (vocabulary). */
  logits(row: number, target: Float32Array): Promise<void>;
  /** The `count` largest of them, where the backend finds those faster than it gives all. */
  largest(row: number, count: number): Promise<Largest | undefined>;
  /**
   * The largest logit of a row of the last step, and a step of the sequence with its token, which has begun when this resolves; `truncate`
   * takes it back. Where the logit is no number or infinite nothing is appended. Absent where the engine cannot, or states could not go back.
   */
  follow?(sequence: Sequence, row: number): Promise<Largest>;
  /** Pages and state slots that nothing holds. */
  readonly free: { readonly pages: number; readonly slots: number };
}

interface Held {
  tokens: number[];
  pages: number[];
  slot: number | undefined;
}

export function createSequences(engine: Engine): Sequences {
  const { program } = engine;
  const { sizes } = program;
  const states = [...leavesOf(program, 'state').values()];
  const hasPages = states.some(({ shape }) => shape[0] === 'pages');
  const hasSlots = states.some(({ shape }) => shape[0] === 'slots');
  const logitsValue = program.outputs['logits']!;
  const vocabulary = program.values[logitsValue]!.type.shape[1] as number;
  const pages = createPagePool(sizes.pages);
  const slots = createPagePool(sizes.slots, 'state slots');
  const held = new Map<object, Held>();
  const buffers = {
    ids: new Int32Array(sizes.tokens),
    positions: new Int32Array(sizes.tokens),
    sequences: new Int32Array(sizes.tokens),
    tables: new Int32Array(sizes.sequences * sizes.table),
    rows: new Int32Array(sizes.rows),
    slots: new Int32Array(sizes.sequences),
  };

  let isStepping = false;

  const of = (handle: object): Held => {
    const found = held.get(handle);
    if (found === undefined) throw new LlmxError('internal', 'this sequence is closed');
    return found;
  };
  const hold = (state: Held): Sequence & Snapshot => {
    const handle = {
      get tokens() {
        return state.tokens;
      },
      get length() {
        return state.tokens.length;
      },
    };
    held.set(handle, state);
    return handle;
  };
  const release = (handle: object): void => {
    const state = held.get(handle);
    if (state === undefined) return;
    state.pages.forEach((page) => pages.release(page));
    if (state.slot !== undefined) slots.release(state.slot);
    held.delete(handle);
  };
  const copy = async ({ tokens, pages: shared, slot }: Held): Promise<Held> => {
    const fresh = slot === undefined ? undefined : slots.take();
    if (fresh !== undefined) await engine.copyState('slots', slot!, fresh);
    shared.forEach((page) => pages.share(page));
    return { tokens: [...tokens], pages: [...shared], slot: fresh };
  };
  const clearSlot = async (state: Held): Promise<void> => {
    if (state.slot !== undefined) await engine.clearState('slots', state.slot);
  };

  /** Makes room for positions up to `length` and makes the pages that will be written its own. */
  const reserve = async (state: Held, length: number): Promise<void> => {
    if (hasSlots && state.slot === undefined) {
      state.slot = slots.take();
      await clearSlot(state);
    }
    if (!hasPages) return;
    const first = Math.floor(state.tokens.length / pageSize);
    const old = state.pages[first];
    if (old !== undefined && pages.isShared(old)) {
      const own = pages.take();
      await engine.copyState('pages', old, own);
      pages.release(old);
      state.pages[first] = own;
    }
    while (state.pages.length * pageSize < length) state.pages.push(pages.take());
  };

  const cut = (state: Held, length: number): void => {
    state.tokens.length = length;
    for (const page of state.pages.splice(Math.ceil(length / pageSize))) pages.release(page);
  };

  /** After a failed step: no page beyond the tokens, no state that is half advanced. */
  const undo = async (state: Held): Promise<void> => {
    cut(state, hasSlots ? 0 : state.tokens.length);
    await clearSlot(state);
  };

  /** What the program's sizes and the vocabulary allow; nothing is changed before all of it holds. */
  const check = (work: readonly Work[]): void => {
    const sum = (of: (work: Work) => number): number => work.reduce((total, each) => total + of(each), 0);
    const limits = [
      ['sequences', work.length, sizes.sequences],
      ['tokens', sum(({ ids }) => ids.length), sizes.tokens],
      ['rows of logits', sum(({ rows }) => rows.length), sizes.rows],
      ['mentions of each sequence', work.length - new Set(work.map(({ sequence }) => sequence)).size + 1, 1],
    ] as const;
    for (const [what, wanted, most] of limits) if (wanted > most) throw new LlmxError('internal', `a step with ${wanted} ${what}; it takes ${most}`);
    for (const { sequence, ids, rows } of work) {
      const length = of(sequence).tokens.length + ids.length;
      if (hasPages && length > sizes.table * pageSize)
        throw new LlmxError(
          'context-exceeded',
          `${length} tokens do not fit into a context of ${sizes.table * pageSize}`,
          'Use a larger --ctx-size or a shorter prompt',
        );
      const foreign = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < vocabulary));
      if (foreign !== undefined) throw new LlmxError('malformed', `token ${foreign} is outside of the vocabulary of ${vocabulary}`);
      if (rows.some((row) => !(row >= 0 && row < ids.length))) throw new LlmxError('internal', `a row beyond the ${ids.length} tokens of a sequence`);
    }
  };

  const stepInputs = async (work: readonly Work[]): Promise<StepInputs> => {
    let tokens = 0;
    let rows = 0;
    buffers.tables.fill(0, 0, work.length * sizes.table);
    for (const [index, { sequence, ids, rows: wanted }] of work.entries()) {
      const state = of(sequence);
      const begin = state.tokens.length;
      await reserve(state, begin + ids.length);
      for (const row of wanted) buffers.rows[rows++] = tokens + row;
      for (const [offset, id] of ids.entries()) {
        buffers.ids[tokens] = id;
        buffers.positions[tokens] = begin + offset;
        buffers.sequences[tokens++] = index;
      }
      buffers.tables.set(state.pages, index * sizes.table);
      buffers.slots[index] = state.slot ?? 0;
    }
    return {
      ids: buffers.ids.subarray(0, tokens),
      positions: buffers.positions.subarray(0, tokens),
      sequences: buffers.sequences.subarray(0, tokens),
      tables: buffers.tables.subarray(0, work.length * sizes.table),
      rows: buffers.rows.subarray(0, rows),
      slots: buffers.slots.subarray(0, work.length),
    };
  };

  /** Of one step at a time; a step that fails leaves what `undo` makes of its sequences. */
  const alone = async <Result>(work: readonly Work[], run: (inputs: StepInputs) => Promise<Result>): Promise<Result> => {
    if (isStepping) throw new LlmxError('internal', 'a step is running');
    check(work);
    isStepping = true;
    try {
      return await run(await stepInputs(work));
    } catch (error) {
      for (const { sequence } of work) await undo(of(sequence));
      throw error;
    } finally {
      isStepping = false;
    }
  };

  const follow = async (sequence: Sequence, row: number): Promise<Largest> =>
    alone([{ sequence, ids: [0], rows: [0] }], async (inputs) => {
      const state = of(sequence);
      const chosen = await engine.follow!(inputs, logitsValue, row * vocabulary, vocabulary);
      const [id, logit] = [chosen.ids[0]!, chosen.logits[0]!];
      if (logit < Infinity) state.tokens.push(id);
      else cut(state, state.tokens.length);
      return chosen;
    });

  return {
    open: () => hold({ tokens: [], pages: [], slot: undefined }),
    close: release,
    fork: async (sequence) => hold(await copy(of(sequence))),
    async truncate(sequence, length) {
      const state = of(sequence);
      if (length >= state.tokens.length) return;
      if (hasSlots && length > 0)
        throw new LlmxError('internal', `recurrent state cannot go back from ${state.tokens.length} to ${length} tokens without a snapshot`);
      cut(state, length);
      if (length === 0) await clearSlot(state);
    },
    snapshot: async (sequence) => hold(await copy(of(sequence))),
    async restore(sequence, snapshot) {
      const fresh = await copy(of(snapshot));
      const state = of(sequence);
      state.pages.forEach((page) => pages.release(page));
      if (state.slot !== undefined) slots.release(state.slot);
      Object.assign(state, fresh);
    },
    forget: release,
    step: (work) =>
      alone(work, async (inputs) => {
        await engine.step(inputs);
        for (const { sequence, ids } of work) of(sequence).tokens.push(...ids);
      }),
    get free() {
      return { pages: pages.free, slots: slots.free };
    },
    logits: (row, target) => engine.read(logitsValue, row * vocabulary, target),
    largest: async (row, count) => engine.largest?.(logitsValue, row * vocabulary, vocabulary, count),
    ...(engine.follow === undefined || hasSlots ? {} : { follow }),
  };
}
