// The argument list in one spelling: llama.cpp's options behind one dash, aliases and clusters become `--long=value`.
// What no flag explains is passed on as it stands, for the parser to refuse.
import type { Flag, FlagTable } from './flag.js';
import { longName, takesNoValue } from './flag.js';

export interface Spellings {
  /** By long name and alias, without dashes. */
  readonly long: ReadonlyMap<string, readonly [key: string, flag: Flag]>;
  readonly short: ReadonlyMap<string, readonly [key: string, flag: Flag]>;
  readonly single: ReadonlyMap<string, readonly [key: string, flag: Flag]>;
}

export function spellingsOf(flags: FlagTable): Spellings {
  const long = new Map<string, readonly [string, Flag]>();
  const short = new Map<string, readonly [string, Flag]>();
  const single = new Map<string, readonly [string, Flag]>();
  for (const [key, flag] of Object.entries(flags)) {
    for (const name of [longName(key, flag), ...(flag.aliases ?? [])]) long.set(name, [key, flag]);
    if (flag.short !== undefined) short.set(flag.short, [key, flag]);
    for (const name of flag.single ?? []) single.set(name, [key, flag]);
  }
  return { long, short, single };
}

/** Options as `--long`, `--no-long` or `--long=value`; the rest in its place. */
export function normalizeArgv(argv: readonly string[], { long, short, single }: Spellings): string[] {
  const tokens: string[] = [];
  let index = 0;

  const emit = ([key, flag]: readonly [string, Flag], attached: string | undefined): void => {
    const name = `--${longName(key, flag)}`;
    if (attached !== undefined) tokens.push(`${name}=${attached}`);
    else if (takesNoValue(flag)) tokens.push(name);
    else if ('bare' in flag && flag.bare !== undefined) {
      const next = argv[index + 1];
      tokens.push(`${name}=${next === undefined || (next.startsWith('-') && next !== '-') ? flag.bare : argv[++index]!}`);
    } else if (index + 1 < argv.length) tokens.push(`${name}=${argv[++index]!}`);
    else tokens.push(name);
  };

  for (; index < argv.length; index++) {
    const token = argv[index]!;
    if (token === '--') return [...tokens, ...argv.slice(index)];
    const [, dashes, name, attached] = /^(--?)([^=]+)(?:=(.*))?$/s.exec(token) ?? [];
    if (dashes === undefined || name === undefined) {
      tokens.push(token);
      continue;
    }
    const exact = dashes === '--' ? long.get(name) : name.length > 1 ? (single.get(name) ?? long.get(name)) : short.get(name);
    if (exact !== undefined) emit(exact, attached);
    else if (dashes === '--' && name.startsWith('no-') && long.get(name.slice(3))?.[1].kind === 'boolean') {
      const [key, flag] = long.get(name.slice(3))!;
      tokens.push(`--no-${longName(key, flag)}${attached === undefined ? '' : `=${attached}`}`);
    } else if (dashes === '-') cluster(token);
    else tokens.push(token);
  }
  return tokens;

  /** `-qv`, `-n128`, `-qn 128`: letters that stand alone, then at most one that takes the rest. */
  function cluster(token: string): void {
    for (let at = 1; at < token.length; at++) {
      const found = short.get(token[at]!);
      if (found === undefined) {
        tokens.push(at === 1 ? token : `-${token.slice(at)}`);
        return;
      }
      if (takesNoValue(found[1])) {
        const attached = token[at + 1] === '=' ? token.slice(at + 2) : undefined;
        emit(found, attached);
        if (attached !== undefined) return;
      } else {
        const rest = token.slice(at + 1).replace(/^=/, '');
        emit(found, rest === '' ? undefined : rest);
        return;
      }
    }
  }
}

const sentinel = '\0';

/** The place of the first token that is neither an option nor the value of one; -1 when there is none. */
export function firstPositional(argv: readonly string[], spellings: Spellings): number {
  for (let at = 0; at < argv.length; at++) {
    const token = argv[at]!;
    if (token === '--') return -1;
    if (!token.startsWith('-')) return at;
    if (!normalizeArgv([token, sentinel], spellings).includes(sentinel)) at++;
  }
  return -1;
}
