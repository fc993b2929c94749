// Sets of characters, asked one code point at a time: JavaScript's engine decides once for each, and the answer is kept.

/** Whether a code point belongs. */
export type CharacterSet = (point: number) => boolean;

const asciiPoints = 128;
const tablePoints = 0x10000;

/** The set that an atom of JavaScript's dialect (flag `u`) matches. Throws SyntaxError where it is none. */
export function characterSet(atom: string): CharacterSet {
  const only = [...atom].length === 1 ? atom.codePointAt(0) : undefined;
  const pattern = new RegExp(`^${atom}$`, 'u');
  if (only !== undefined && !/[.^$]/.test(atom)) return (point) => point === only;
  const decide = (point: number): boolean => pattern.test(String.fromCodePoint(point));
  const ascii = Uint8Array.from({ length: asciiPoints }, (_, point) => (decide(point) ? 1 : 0));
  /** 0 is not known yet, 1 belongs, 2 does not. */
  let known: Uint8Array | undefined;
  return (point) => {
    if (point < asciiPoints) return ascii[point] === 1;
    if (point >= tablePoints) return decide(point);
    known ??= new Uint8Array(tablePoints);
    if (known[point] === 0) known[point] = decide(point) ? 1 : 2;
    return known[point] === 1;
  };
}
