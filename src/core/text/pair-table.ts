// A hash table from a pair of ids to the number of a merge rule: open addressing in one Int32Array, since a Map of 300,000 pairs takes too long to fill.

export interface PairTable {
  /** Adds a rule for a pair; the first rule of a pair stays. Ids and rules are not negative. */
  add(left: number, right: number, rule: number): void;
  /** Rule of a pair, or -1. */
  find(left: number, right: number): number;
}

/** A table that holds at most `count` pairs. */
export function createPairTable(count: number): PairTable {
  const bits = Math.max(4, 32 - Math.clz32(count * 2));
  const mask = 2 ** bits - 1;
  /** left, right, rule + 1 of each slot; 0 in the third is an empty slot. */
  const slots = new Int32Array((mask + 1) * 3);

  const slotOf = (left: number, right: number): number => {
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
    let slot = (hash ^ (hash >>> 13)) & mask;
    while (slots[slot * 3 + 2] !== 0 && (slots[slot * 3] !== left || slots[slot * 3 + 1] !== right)) slot = (slot + 1) & mask;
    return slot * 3;
  };

  return {
    add: (left, right, rule) => {
      const at = slotOf(left, right);
      if (slots[at + 2] !== 0) return;
      slots[at] = left;
      slots[at + 1] = right;
      slots[at + 2] = rule + 1;
    },
    find: (left, right) => slots[slotOf(left, right) + 2]! - 1,
  };
}
