// What a flag and an argument are, as rows of a table, and the types that a body sees. Knows nothing of parsing.

interface FlagText {
  readonly help: string;
  /** One letter. */
  readonly short?: string;
  /** The long name without dashes; by default the key in kebab-case. */
  readonly long?: string;
  /** More long names. */
  readonly aliases?: readonly string[];
  /** llama.cpp's spellings of several letters behind one dash, such as `ngl`. */
  readonly single?: readonly string[];
  /** Heading in the help; `flagGroup` sets it. */
  readonly group?: string;
  readonly hidden?: boolean;
  /** May also come from `LLMX_<LONG>` and from the configuration files. */
  readonly setting?: boolean;
  /** Not together with the flags of these keys. */
  readonly conflicts?: readonly string[];
}

interface ValueText extends FlagText {
  /** Name of the value in the help. */
  readonly value?: string;
  /** What the flag means when it is given without a value; makes the value optional. */
  readonly bare?: string;
}

export interface BooleanFlag extends FlagText {
  readonly kind: 'boolean';
  readonly default?: boolean;
}
export interface CountFlag extends FlagText {
  readonly kind: 'count';
}
export interface StringFlag extends ValueText {
  readonly kind: 'string';
  readonly default?: string;
}
/** `integer` reads 8k as 8192; `bytes` reads 4G as 4e9 and 4GiB as 2^32. */
export interface NumberFlag extends ValueText {
  readonly kind: 'integer' | 'number' | 'bytes';
  readonly default?: number | string;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Words that stand beside numbers, such as `auto`. */
  readonly words?: readonly string[];
}
export interface ChoiceFlag extends ValueText {
  readonly kind: 'choice';
  readonly choices: readonly string[];
  /** Choices that take more behind a colon: `webgpu:NAME`. */
  readonly detailed?: readonly string[];
  readonly default?: string;
  /** Given several times, all must say the same; this is why. */
  readonly agree?: string;
}
/** By repetition, and by comma unless `comma` is false. */
export interface ListFlag extends ValueText {
  readonly kind: 'list';
  readonly comma?: boolean;
  readonly choices?: readonly string[];
  readonly default?: readonly string[];
}
/** Integers by repetition, comma and range: `128,256`, `1-8`, `1-8+2`, `1-8*2` (llama-bench's grammar). */
export interface IntegersFlag extends ValueText {
  readonly kind: 'integers';
  readonly default?: readonly number[];
  readonly minimum?: number;
  readonly maximum?: number;
}

export type Flag = BooleanFlag | CountFlag | StringFlag | NumberFlag | ChoiceFlag | ListFlag | IntegersFlag;
export type FlagTable = Readonly<Record<string, Flag>>;

type OrDefault<F, V> = F extends { default: unknown } ? V : V | undefined;
type Detailed<F> = F extends { detailed: readonly (infer D extends string)[] } ? `${D}:${string}` : never;
type Words<F> = F extends { words: readonly (infer W)[] } ? W : never;

export type FlagValue<F extends Flag> = F extends { kind: 'boolean' }
  ? boolean
  : F extends { kind: 'count' }
    ? number
    : F extends { kind: 'integer' | 'number' | 'bytes' }
      ? OrDefault<F, number | Words<F>>
      : F extends { kind: 'choice'; choices: readonly (infer C)[] }
        ? OrDefault<F, C | Detailed<F>>
        : F extends { kind: 'list'; choices: readonly (infer C)[] }
          ? readonly C[]
          : F extends { kind: 'list' }
            ? readonly string[]
            : F extends { kind: 'integers' }
              ? readonly number[]
              : OrDefault<F, string>;

export type FlagValues<Flags extends FlagTable> = { readonly [K in keyof Flags]: FlagValue<Flags[K]> };

export interface Argument {
  readonly help: string;
  readonly optional?: boolean;
  /** Takes all that follow; only the last argument may. May be empty unless `optional` is false. */
  readonly variadic?: boolean;
  readonly choices?: readonly string[];
  /** Words that completion offers beside what else may be given. */
  readonly suggest?: { readonly words: readonly string[]; readonly commands: boolean };
}
export type ArgumentTable = Readonly<Record<string, Argument>>;

type ArgumentText<A> = A extends { choices: readonly (infer C)[] } ? C : string;
export type ArgumentValue<A extends Argument> = A extends { variadic: true }
  ? readonly ArgumentText<A>[]
  : A extends { optional: true }
    ? ArgumentText<A> | undefined
    : ArgumentText<A>;
export type ArgumentValues<Arguments extends ArgumentTable> = { readonly [K in keyof Arguments]: ArgumentValue<Arguments[K]> };

/** Flags that several commands share, under one heading of the help. Spread the result into a command's `flags`. */
export function flagGroup<const Flags extends FlagTable>(group: string, flags: Flags): Flags {
  return Object.fromEntries(Object.entries(flags).map(([key, flag]) => [key, { group, ...flag }])) as unknown as Flags;
}

export const longName = (key: string, flag: Flag): string => flag.long ?? key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** True for flags that stand alone. */
export const takesNoValue = (flag: Flag): flag is BooleanFlag | CountFlag => flag.kind === 'boolean' || flag.kind === 'count';
