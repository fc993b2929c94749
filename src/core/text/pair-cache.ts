// Remembers which rule joins a pair of ids. Letters meet again and again, and asking the rules takes building a text.

/** Slots; a pair that falls on a taken slot replaces what was there. */
const slots = 2 ** 16;

/** `find` with the answers of late kept: for a pair of ids the number of a rule, or -1. */
export function rememberPairs(find: (left: number, right: number) => number): (left: number, right: number) => number {
  /** left + 1, right, rule of each slot; 0 in the first is an empty slot. */
  const known = new Int32Array(slots * 3);
  return (left, right) => {
    const hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    const at = ((hash ^ (hash >>> 15)) & (slots - 1)) * 3;
    if (known[at] === left + 1 && known[at + 1] === right) return known[at + 2]!;
    const rule = find(left, right);
    known[at] = left + 1;
    known[at + 1] = right;
    known[at + 2] = rule;
    return rule;
  };
}
