// What this machine can do at most, measured in the same run as what is held against it.
import type { Backend, Ceiling } from '../backends/backend.js';
import type { StoredWeight } from '../checkpoints/checkpoint.js';
import { numberFormats } from '../numbers/index.js';

export type Arithmetic = Exclude<Ceiling, 'read'>;

export interface Ceilings {
  /** Bytes a second that all threads read. Null where nothing can measure it. */
  readonly read: number | null;
  /** Operations a second; a multiply-add is two. */
  readonly compute: number | null;
  readonly arithmetic: Arithmetic;
}

/** What a ceiling counts, for people. */
export const arithmeticNames: Readonly<Record<Arithmetic, string>> = { 'multiply-add': 'f32 multiply-add', int8: 'int8' };

/** The arithmetic that most bytes of the weights ask for: formats of blocks may meet activations as 8-bit integers. */
export function arithmeticOf(weights: Iterable<StoredWeight>, { quantizedArithmetic }: Pick<Backend, 'quantizedArithmetic'>): Arithmetic {
  let [blocks, all] = [0, 0];
  for (const { format, planes } of [...weights].flatMap(({ segments }) => segments)) {
    const bytes = planes.reduce((sum, { length }) => sum + length, 0);
    all += bytes;
    if (numberFormats[format].blockLength > 1) blocks += bytes;
  }
  return 2 * blocks > all ? quantizedArithmetic : 'multiply-add';
}

/** Many short windows: on a busy machine only a short one is likely to have the processor to itself. A read takes at least one pass of memory. */
const windows = {
  read: { milliseconds: 20, times: 3 },
  'multiply-add': { milliseconds: 5, times: 20 },
  int8: { milliseconds: 5, times: 20 },
} as const satisfies Record<'read' | Arithmetic, { readonly milliseconds: number; readonly times: number }>;

/** Takes less than half a second on an idle machine. Between windows the event loop gets its turn, for signals. */
export async function measureCeilings(
  backend: Pick<Backend, 'ceiling'>,
  threads: number,
  arithmetic: Arithmetic,
  isInterrupted: () => boolean = () => false,
): Promise<Ceilings> {
  const best = async (what: Ceiling): Promise<number | null> => {
    const { milliseconds, times } = windows[what];
    let most: number | null = null;
    for (let time = 0; time < times && !(time > 0 && isInterrupted()); time++) {
      const rate = await backend.ceiling(what, threads, milliseconds);
      if (rate === null) return null;
      most = Math.max(most ?? 0, rate);
      await new Promise(setImmediate);
    }
    return most;
  };
  return { read: await best('read'), compute: await best(arithmetic), arithmetic };
}

/** The better of two measurements. */
export const higher = (left: Ceilings, right: Ceilings): Ceilings => ({
  read: left.read === null || right.read === null ? left.read : Math.max(left.read, right.read),
  compute: left.compute === null || right.compute === null ? left.compute : Math.max(left.compute, right.compute),
  arithmetic: left.arithmetic,
});
