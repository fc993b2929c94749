// What each standard stream is and whether it takes colour: one decision per stream. Knows no renderer.

export interface StreamFacts {
  readonly tty: boolean;
  readonly color: boolean;
  /** 80 by 24 where nothing better is known. */
  readonly columns: number;
  readonly rows: number;
}

type Environment = Readonly<Record<string, string | undefined>>;
type ColorChoice = 'auto' | 'always' | 'never';

/** --color > NO_COLOR > FORCE_COLOR, CLICOLOR_FORCE > TERM=dumb > isTTY. */
function wantsColor(choice: ColorChoice, tty: boolean, environment: Environment): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (isSet(environment.NO_COLOR)) return false;
  if (isSet(environment.FORCE_COLOR)) return !/^(0|false)$/i.test(environment.FORCE_COLOR!);
  if (isSet(environment.CLICOLOR_FORCE)) return environment.CLICOLOR_FORCE !== '0';
  return tty && environment.TERM !== 'dumb';
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '';

interface StreamLike {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export function streamFacts(stream: StreamLike, choice: ColorChoice, environment: Environment): StreamFacts {
  const tty = stream.isTTY === true;
  return { tty, color: wantsColor(choice, tty, environment), columns: stream.columns || 80, rows: stream.rows || 24 };
}

const codes = { bold: 1, dim: 2, red: 31, yellow: 33 } as const;
export type Style = keyof typeof codes;

/** `text` in a style, where the stream takes colour. */
export const paint = (facts: Pick<StreamFacts, 'color'>, style: Style, text: string): string =>
  facts.color ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
