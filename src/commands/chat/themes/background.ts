// Whether a terminal's background is light: from COLORFGBG, or from its answer to the question that it is asked.

export type Background = 'dark' | 'light';

/** OSC 11: terminals that know it answer with `rgb:RRRR/GGGG/BBBB`. */
export const backgroundQuestion = '\u001b]11;?\u0007';

/** `15;0`, `0;default;15`: text and background of the sixteen colours. */
export function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): Background | undefined {
  const last = /;(\d{1,2})$/.exec(environment.COLORFGBG ?? '')?.[1];
  if (last === undefined) return undefined;
  return Number(last) === 7 || Number(last) > 8 ? 'light' : 'dark';
}

/** The answer without its `ESC ] 11 ;`. */
export function fromAnswer(answer: string): Background | undefined {
  const parts = /^rgba?:([0-9a-f]{1,4})\/([0-9a-f]{1,4})\/([0-9a-f]{1,4})/i.exec(answer)?.slice(1, 4);
  if (parts === undefined) return undefined;
  const [red = 0, green = 0, blue = 0] = parts.map((part) => parseInt(part, 16) / (16 ** part.length - 1));
  return 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 ? 'light' : 'dark';
}
