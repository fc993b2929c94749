// Reads a family's hyperparameters from a checkpoint's config. Everything that is wrong is collected, not thrown one by one.
import type { Json, JsonObject } from '../base/event.js';
import type { Hyperparameters } from '../blocks/block.js';
import type { Checkpoint } from '../checkpoints/checkpoint.js';
import { named, shown } from '../text/quoted.js';
import { hyperparameterProblems } from './check-hyperparameters.js';
import type { Family, FieldRow } from './family.js';

interface ReadFields {
  readonly h: Hyperparameters;
  readonly refusals: readonly string[];
}

const none: Hyperparameters = {
  layers: 0,
  width: 0,
  vocabulary: 0,
  contextLength: 0,
  normEpsilon: 0,
  heads: 0,
  keyValueHeads: 0,
  headWidth: 0,
  hiddenWidth: 0,
  experts: 0,
  expertsPerToken: 0,
  innerWidth: 0,
  stateWidth: 0,
  convolution: 0,
  stepRank: 0,
};

/** The prefix that a dialect puts before its config names. */
export const configPrefix = ({ dialect, config }: Checkpoint): string => (dialect === 'gguf' ? `${String(config['general.architecture'])}.` : '');

/** A row's names in a dialect, the one that is written first. */
export const namesOf = (row: FieldRow, dialect: Checkpoint['dialect']): readonly string[] => {
  const names = row.names[dialect];
  return names === undefined ? [] : typeof names === 'string' ? [names] : names;
};

/** A number, also where GGUF writes one for each layer and all are equal. */
function asNumber(value: Json, dialect: Checkpoint['dialect']): number | undefined {
  const items = dialect === 'gguf' && Array.isArray(value) ? (value as readonly Json[]) : [value];
  const [first] = items;
  return typeof first === 'number' && items.every((item) => Object.is(item, first)) ? first : undefined;
}

/** Fields that say nothing. Hugging Face configs write out what is off; GGUF writers write what is meant. */
const isQuiet = (value: Json | undefined, dialect: Checkpoint['dialect']): boolean =>
  value === null || value === undefined || (value === false && dialect !== 'gguf') || (Array.isArray(value) && value.length === 0);

export function readFields(family: Family, checkpoint: Checkpoint): ReadFields {
  const { config, dialect, path } = checkpoint;
  const prefix = configPrefix(checkpoint);
  const refusals: string[] = [];
  const h: Partial<Record<keyof Hyperparameters, number>> = {};
  for (const row of family.fields) {
    const names = namesOf(row, dialect);
    const name = names.find((candidate) => config[prefix + candidate] !== undefined && config[prefix + candidate] !== null);
    const value = name === undefined ? undefined : config[prefix + name];
    if (row.use === 'number') {
      const read = value === undefined || value === null ? row.default?.(h, dialect) : asNumber(value, dialect);
      if (read !== undefined) h[row.key] = read;
      else if (name !== undefined) refusals.push(`${path}: ${named(prefix + name)} is ${shown(value)}, expected one number`);
      else if (row.optional !== true && names.length > 0) refusals.push(`${path}: ${named(prefix + names[0])} is missing`);
    } else if (row.use === 'accept') {
      for (const each of names) {
        const given = config[prefix + each];
        if (given !== undefined && !row.values.includes(given))
          refusals.push(
            `${path}: ${named(prefix + each)} is ${shown(given)}; only ${row.values.map((item) => JSON.stringify(item)).join(', ')} is supported`,
          );
      }
    }
  }
  refusals.push(...unknownFields(family, checkpoint, config, prefix));
  const vocabulary = h.vocabulary ?? vocabularyOf(family, checkpoint);
  const all: Hyperparameters = { ...none, ...h, vocabulary: vocabulary ?? 0 };
  const asked = calledBy(family, dialect, prefix);
  if (refusals.length === 0) refusals.push(...hyperparameterProblems(all, asked).map((problem) => `${path}: ${problem}`));
  if (refusals.length === 0) refusals.push(...contradictions(family, checkpoint, all));
  return { h: all, refusals };
}

/** What a dialect's files call the hyperparameters that a family reads. */
const calledBy = (family: Family, dialect: Checkpoint['dialect'], prefix: string): ReadonlyMap<keyof Hyperparameters, string> =>
  new Map(
    family.fields.flatMap((row) => {
      if (row.use !== 'number') return [];
      const [name] = namesOf(row, dialect);
      return [[row.key, name === undefined ? row.key : prefix + name] as const];
    }),
  );

/** Fields that say again what others say, and say otherwise. */
function contradictions(family: Family, checkpoint: Checkpoint, h: Hyperparameters): readonly string[] {
  const { config, dialect, path } = checkpoint;
  const prefix = configPrefix(checkpoint);
  return family.fields.flatMap((row) => {
    if (row.use !== 'derived' || row.exact !== true) return [];
    const wanted = row.value(h, () => false);
    return namesOf(row, dialect)
      .filter((name) => wanted !== undefined && config[prefix + name] !== undefined && config[prefix + name] !== wanted)
      .map((name) => `${path}: ${named(prefix + name)} is ${shown(config[prefix + name])}; only ${JSON.stringify(wanted)} is supported here`);
  });
}

/** Config fields that no row names and that say something: each may change the mathematics. */
function unknownFields(family: Family, { dialect, path }: Checkpoint, config: JsonObject, prefix: string): readonly string[] {
  const known = new Set(family.fields.flatMap((row) => namesOf(row, dialect)).map((name) => prefix + name));
  return Object.keys(config)
    .filter((name) => name.startsWith(prefix) && !known.has(name) && !isQuiet(config[name], dialect))
    .map((name) => `${path}: config field ${named(name)} = ${shown(config[name])} is unknown to this family and may change the mathematics`);
}

/** The rows of the token embedding, for dialects that do not write the vocabulary's size; where there is none, the tokenizer's pieces. */
function vocabularyOf(family: Family, { dialect, tensors, tokenizer }: Checkpoint): number | undefined {
  const row = family.tensors(none).find(({ role }) => role === 'token-embedding.weight');
  const pieces = tokenizer !== undefined && 'pieces' in tokenizer ? tokenizer.pieces.length : undefined;
  return tensors.get(row?.names[dialect] ?? '')?.shape[0] ?? pieces;
}
