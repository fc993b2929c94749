// Finds a merge by its two pieces, in a list of hundreds of thousands, without building a text for any of them:
// a hash table (open addressing) of places in the list, which takes a tenth of the time that a Map takes to fill.

/** `a b`, or the two pieces apart. */
export type MergeEntry = string | readonly [string, string];

/** FNV-1a over code units. */
function hash(text: string, seed: number): number {
  let value = seed;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value;
}
const basis = 0x811c9dc5;
const hashPair = (left: string, right: string): number => hash(right, hash(' ', hash(left, basis)));

const isPair = (entry: MergeEntry, left: string, right: string): boolean =>
  typeof entry === 'string'
    ? entry.length === left.length + right.length + 1 && entry[left.length] === ' ' && entry.startsWith(left) && entry.endsWith(right)
    : entry[0] === left && entry[1] === right;

/** Entries that would lie farther than this from their slot go to a Map, so that a hostile list is no slower than another. */
const longestWay = 64;

/** Place of a merge in the list, the first of equal ones, or -1. */
export function indexMerges(merges: readonly MergeEntry[]): (left: string, right: string) => number {
  const mask = 2 ** Math.max(4, 32 - Math.clz32(merges.length * 2)) - 1;
  /** Place + 1 of each slot; 0 is an empty slot. Equal entries follow one another, so the first is found first. */
  const slots = new Int32Array(mask + 1);
  const others = new Map<string, number>();
  const slotOf = (value: number): number => (value ^ (value >>> 15)) & mask;

  merges.forEach((entry, place) => {
    const home = slotOf(typeof entry === 'string' ? hash(entry, basis) : hashPair(entry[0], entry[1]));
    let way = 0;
    while (way < longestWay && slots[(home + way) & mask] !== 0) way++;
    if (way < longestWay) slots[(home + way) & mask] = place + 1;
    else {
      const key = typeof entry === 'string' ? entry : `${entry[0]} ${entry[1]}`;
      if (!others.has(key)) others.set(key, place);
    }
  });

  return (left, right) => {
    const home = slotOf(hashPair(left, right));
    for (let way = 0; way < longestWay; way++) {
      const place = slots[(home + way) & mask]! - 1;
      if (place < 0) return -1;
      if (isPair(merges[place]!, left, right)) return place;
    }
    return others.get(`${left} ${right}`) ?? -1;
  };
}
