// Which number format each tensor gets in a target. Pure; what had to give way is told.
import { LlmxError } from '../../base/error.js';
import type { CheckpointWriter } from '../../checkpoints/writer.js';
import type { Transfer } from '../../families/transfer.js';
import { numberFormatByName, numberFormatKeys, numberFormats, type NumberFormatKey } from '../../numbers/index.js';
import type { NumberFormat } from '../../numbers/number-format.js';

export interface TypeRule {
  readonly pattern: RegExp;
  readonly format: NumberFormatKey;
}

export interface TypeChoice {
  /** What all matrices shall be; undefined keeps each as it is, as far as the target can hold it. */
  readonly format: NumberFormatKey | undefined;
  /** The first rule whose pattern matches a role or a name decides for its tensor. */
  readonly rules: readonly TypeRule[];
  /** What tensors were before an earlier conversion made them wider, by their names in the source. */
  readonly widened: ReadonlyMap<string, NumberFormatKey>;
}

const row = (key: NumberFormatKey): NumberFormat => numberFormats[key];
const canEncode = (key: NumberFormatKey): boolean => row(key).encode !== undefined;
const isPlain = (key: NumberFormatKey): boolean => row(key).blockLength === 1;

/** Names that differ in numbers alone, and are many, as one: `mlx_q{2,3,4}_g{32,64}_f16`. */
export function foldedNames(names: readonly string[]): string {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const shape = name.replace(/\d+(?=_)/g, '#');
    groups.set(shape, [...(groups.get(shape) ?? []), name]);
  }
  return [...groups]
    .flatMap(([shape, members]) => {
      if (members.length < 4) return members;
      const columns = shape
        .split('#')
        .slice(1)
        .map((_, place) => [...new Set(members.map((name) => [...name.matchAll(/\d+(?=_)/g)][place]![0]))]);
      return [shape.replace(/#/g, () => `{${columns.shift()!.join(',')}}`)];
    })
    .join(', ');
}

/** Those that can be made, in the names that users write. */
export const writtenNames = (fits: (key: NumberFormatKey) => boolean = () => true): readonly string[] =>
  numberFormatKeys.filter((key) => canEncode(key) && fits(key)).map((key) => numberFormats[key].name.toLowerCase());

/** A number format by the name that users write. */
export function parseType(name: string): NumberFormatKey {
  const key = numberFormatByName(name);
  const names = foldedNames(writtenNames());
  if (key === undefined) throw new LlmxError('usage', `there is no number format ${name}`, `There is ${names}`);
  if (!canEncode(key)) throw new LlmxError('usage', `${numberFormats[key].name} is read, not written`, `Choose one of ${names}`);
  return key;
}

/** `RE=TYPE`. */
export function parseTypeRule(text: string): TypeRule {
  const at = text.lastIndexOf('=');
  if (at <= 0) throw new LlmxError('usage', `--dtype-map takes RE=TYPE, not '${text}'`, "For example --dtype-map 'mlp-down=f16'");
  return { pattern: parsePattern('--dtype-map', text.slice(0, at)), format: parseType(text.slice(at + 1)) };
}

export function parsePattern(flag: string, text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new LlmxError('usage', `${flag} takes a regular expression: ${(error as Error).message}`, `For example ${flag} 'attention-.*'`, {
      cause: error,
    });
  }
}

/** Where a wanted format does not fit a tensor's rows or its container, these are tried in turn. */
const fallbacks: readonly NumberFormatKey[] = [...numberFormatKeys.filter((key) => row(key).isFallback), 'f16', 'f32'];

export interface Chosen {
  readonly format: NumberFormatKey;
  /** The format that was wanted and did not fit. */
  readonly instead?: NumberFormatKey;
}

export function chooseFormat(
  { role, row: { small, precise, shape: whole }, sources, targets, steps }: Transfer,
  writer: CheckpointWriter,
  choice: TypeChoice,
): Chosen {
  const { name, shape } = targets[0]!;
  const source = sources[0]!.format;
  const columns = shape.at(-1) ?? 1;
  const fits = (key: NumberFormatKey): boolean =>
    writer.holds(key) && (key === source ? true : canEncode(key)) && columns % row(key).blockLength === 0;
  const settle = (wanted: NumberFormatKey): Chosen => {
    if (fits(wanted)) return { format: wanted };
    const format = fallbacks.find((key) => key !== wanted && fits(key) && (row(wanted).blockLength > 1 || isPlain(key))) ?? 'f32';
    return { format, instead: wanted };
  };
  const rule = choice.rules.find(({ pattern }) => pattern.test(role) || pattern.test(name));
  const isVector = whole.length === 1 || small === true;
  // A pattern for a matrix matches its bias too, and blocks are for matrices.
  if (rule !== undefined && (isPlain(rule.format) || !isVector)) return settle(rule.format);
  const isComputed = steps.some(({ kind }) => kind === 'values');
  if ((isVector || precise === true) && writer.smallFormat !== undefined) return { format: writer.smallFormat };
  const wanted = choice.format ?? choice.widened.get(sources[0]!.name) ?? source;
  if ((isVector || precise === true) && !isPlain(wanted)) return settle(isPlain(source) ? source : 'f32');
  // A computed value that is not asked for in another format stays as exact as it is.
  if (isComputed && choice.format === undefined && !choice.widened.has(sources[0]!.name)) return settle(isPlain(source) ? source : 'f32');
  // Blocks that the container cannot hold become halves without a word being lost on it: that is what a change of container asks for.
  return settle(wanted);
}
