// The states that a chat keeps on one loaded model: one sequence a branch, and of recurrent models one snapshot a turn.
// Branches share their prefix by reference; what is not needed is given up when room is short.
import type { LoadedModel } from '../../generate/index.js';
import { createSequences, pageSize, type Sequence, type Sequences } from '../../generate/index.js';

interface Entry {
  /** Undefined for a snapshot, which is never written to. */
  owner: string | undefined;
  readonly sequence: Sequence;
}

export interface HeldStates {
  readonly sequences: Sequences;
  /** The owner's sequence, which begins with as much of `ids` as any that is held. */
  take(ids: readonly number[], owner: string): Promise<Sequence>;
  /** How many of `ids` need not be read. */
  reusable(ids: readonly number[]): number;
  /** Called between steps: gives up what others hold where the owner's next page could not be had. */
  makeRoom(owner: string, tokens?: number): void;
  /** Called at the end of a turn: a point that recurrent state can come back to. */
  mark(owner: string): Promise<void>;
}

/** Recurrent states beside the running one. */
export const snapshots = 6;

export function createHeldStates({ engine, model }: LoadedModel): HeldStates {
  const sequences = createSequences(engine);
  const isRecurrent = model.h.stateWidth > 0;
  /** The one that was used longest ago first. */
  let entries: Entry[] = [];

  const close = (entry: Entry): void => {
    sequences.close(entry.sequence);
    entries = entries.filter((each) => each !== entry);
  };
  const touch = (entry: Entry): Entry => {
    entries = [...entries.filter((each) => each !== entry), entry];
    return entry;
  };
  const ownOf = (owner: string): Entry | undefined => entries.find((each) => each.owner === owner);
  /** Tokens of `ids` that a sequence spares; the last one is always read, for its logits. */
  const shared = ({ tokens }: Sequence, ids: readonly number[]): number => {
    const most = Math.min(tokens.length, ids.length - 1);
    let length = 0;
    while (length < most && tokens[length] === ids[length]) length++;
    return isRecurrent && length < tokens.length ? 0 : length;
  };
  const bestFor = (ids: readonly number[], own?: Entry): Entry | undefined => {
    let best = own;
    for (const entry of entries) if (shared(entry.sequence, ids) > (best === undefined ? 0 : shared(best.sequence, ids))) best = entry;
    return best;
  };
  /** Closes the least recent of the others: snapshots before branches. */
  const giveUp = (kept: readonly (Entry | undefined)[]): boolean => {
    const others = entries.filter((entry) => !kept.includes(entry));
    const victim = others.find(({ owner }) => owner === undefined) ?? others[0];
    if (victim !== undefined) close(victim);
    return victim !== undefined;
  };
  const needSlot = (kept: readonly (Entry | undefined)[]): boolean => {
    while (isRecurrent && sequences.free.slots < 1) if (!giveUp(kept)) return false;
    return true;
  };
  const makeRoom = (entry: Entry, tokens: number): void => {
    const pages = Math.ceil(tokens / pageSize) + 1;
    while (!isRecurrent && sequences.free.pages < pages) if (!giveUp([entry])) return;
  };

  return {
    sequences,
    reusable(ids) {
      const best = bestFor(ids);
      return best === undefined ? 0 : shared(best.sequence, ids);
    },
    async take(ids, owner) {
      const own = ownOf(owner);
      const best = bestFor(ids, own);
      let entry = own;
      if (best !== undefined && best !== own) {
        if (own !== undefined) close(own);
        needSlot([best]);
        entry = { owner, sequence: await sequences.fork(best.sequence) };
      }
      entry ??= { owner, sequence: sequences.open() };
      touch(entry);
      const length = shared(entry.sequence, ids);
      await sequences.truncate(entry.sequence, isRecurrent && length < entry.sequence.tokens.length ? 0 : length);
      needSlot([entry]);
      makeRoom(entry, ids.length - length);
      return entry.sequence;
    },
    makeRoom(owner, tokens = 1) {
      const own = ownOf(owner);
      if (own !== undefined) makeRoom(own, tokens);
    },
    async mark(owner) {
      const own = ownOf(owner);
      if (!isRecurrent || own === undefined || own.sequence.tokens.length === 0 || !needSlot([own])) return;
      const snapshot: Entry = { owner: undefined, sequence: await sequences.fork(own.sequence) };
      entries = [...entries, snapshot];
      touch(own);
    },
  };
}
