// The vocabulary of a tokenizer.json: pieces and their ids, words added to them, and the marks around a text.
import type { Json, JsonObject } from '../base/event.js';
import { LlmxError } from '../base/error.js';
import { asList, asObject, asString } from './json-fields.js';
import { quoted, shown } from './quoted.js';
import type { SpecialPiece } from './special-pieces.js';
import type { SpecialIds } from './tokenizer.js';

interface AddedPiece extends SpecialPiece {
  /** A control piece: it does not print, and is only read where control pieces are wanted. */
  readonly isSpecial: boolean;
  /** It is looked for in the normalized text. */
  readonly normalized: boolean;
}

export interface Vocabulary {
  /** Ids of the model's own pieces. */
  readonly ids: ReadonlyMap<string, number>;
  /** Spelling of every id, added words included; holes where the file skips an id. */
  readonly pieces: readonly (string | undefined)[];
  readonly added: readonly AddedPiece[];
}

/** Ids beyond this are no vocabulary but an attack on memory. */
const mostIds = 2 ** 24;
const longestPiece = 2 ** 16;

const malformed = (problem: string): LlmxError => new LlmxError('malformed', `tokenizer.json: ${problem}`);

/** Says whose id or spelling it is; asked only where something is wrong, for vocabularies are long. */
type Owner = () => string;

function checkId(value: Json | undefined, owner: Owner): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < mostIds) return value;
  throw malformed(`${owner()} has the id ${shown(value)}, not a whole number below ${mostIds}`);
}

function checkPiece(value: Json | undefined, owner: Owner): string {
  if (typeof value !== 'string') throw malformed(`${owner()} is spelled ${shown(value)}, not a text`);
  if (value.length > longestPiece) throw malformed(`${owner()} has ${value.length} characters, more than ${longestPiece}`);
  return value;
}

/** Gives each piece of `model.vocab` with its id: an object of ids, or (unigram) a list of pieces with scores. */
function eachPiece(vocabulary: Json | undefined, put: (piece: string, id: number) => void): void {
  if (Array.isArray(vocabulary)) {
    (vocabulary as readonly Json[]).forEach((entry, id) =>
      put(
        checkPiece(asList(entry)[0], () => `piece ${id}`),
        id,
      ),
    );
    return;
  }
  const object = asObject(vocabulary);
  if (object === undefined) throw malformed('its model has no vocabulary');
  for (const piece of Object.keys(object)) {
    const owner = (): string => `the piece ${quoted(piece)}`;
    put(checkPiece(piece, owner), checkId(object[piece], owner));
  }
}

function readAdded(value: Json): AddedPiece {
  const entry = asObject(value) ?? {};
  const text = checkPiece(entry['content'], () => 'an added word');
  return {
    text,
    id: checkId(entry['id'], () => `the added word ${quoted(text)}`),
    isSpecial: entry['special'] === true,
    normalized: entry['normalized'] === true,
    trimsLeft: entry['lstrip'] === true,
    trimsRight: entry['rstrip'] === true,
    wholeWord: entry['single_word'] === true,
  };
}

export function readVocabulary(tokenizer: JsonObject): Vocabulary {
  const ids = new Map<string, number>();
  const pieces: (string | undefined)[] = [];
  const put = (piece: string, id: number): void => {
    const other = pieces[id];
    if (other !== undefined && other !== piece) throw malformed(`the id ${id} belongs to ${quoted(other)} and to ${quoted(piece)}`);
    pieces[id] = piece;
  };
  eachPiece(asObject(tokenizer['model'])?.['vocab'], (piece, id) => {
    if (!ids.has(piece)) ids.set(piece, id);
    put(piece, id);
  });
  const added = asList(tokenizer['added_tokens']).map(readAdded);
  for (const { text, id } of added) put(text, id);
  return { ids, pieces, added };
}

/** An id of the vocabulary, or an error that says whose it is. */
function existing(value: Json | undefined, owner: Owner, { pieces }: Vocabulary): number {
  const id = checkId(value, owner);
  if (pieces[id] !== undefined) return id;
  throw malformed(`${owner()} has the id ${id}, which the vocabulary of ${pieces.length} ids does not have`);
}

interface Marks {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Ids that the post-processor puts before and after a text; undefined when the file has no post-processor that says so. */
function readTemplate(value: Json | undefined, vocabulary: Vocabulary): Marks | undefined {
  const step = asObject(value);
  const type = asString(step?.['type']);
  if (step === undefined) return undefined;
  if (type === 'Sequence')
    return asList(step['processors'])
      .map((processor) => readTemplate(processor, vocabulary))
      .find((template) => template !== undefined);
  if (type === 'BertProcessing' || type === 'RobertaProcessing') {
    const id = (name: string): number[] => [existing(asList(step[name])[1], () => `the post-processor's ${name}`, vocabulary)];
    return { before: id('cls'), after: id('sep') };
  }
  if (type !== 'TemplateProcessing') return undefined;
  const [before, after]: [number[], number[]] = [[], []];
  const tokens = asObject(step['special_tokens']) ?? {};
  let seenText = false;
  for (const part of asList(step['single'])) {
    const mark = asString(asObject(asObject(part)?.['SpecialToken'])?.['id']);
    if (mark === undefined) seenText = true;
    else if (!Object.hasOwn(tokens, mark)) throw malformed(`the post-processor names ${quoted(mark)}, which its special_tokens do not have`);
    else
      for (const id of asList(asObject(tokens[mark])?.['ids']))
        (seenText ? after : before).push(existing(id, () => `the post-processor's ${quoted(mark)}`, vocabulary));
  }
  return { before, after };
}

/** The marks around a text. Without a post-processor for them tokenizer_config.json decides. */
export function readMarks(tokenizer: JsonObject, config: JsonObject, vocabulary: Vocabulary): Marks & { readonly special: SpecialIds } {
  const { ids, added } = vocabulary;
  const find = (text: string | undefined): number | undefined =>
    text === undefined ? undefined : (added.find((piece) => piece.text === text)?.id ?? ids.get(text));
  const named = (name: string): number | undefined => find(asString(config[name]) ?? asString(asObject(config[name])?.['content']));
  const model = asObject(tokenizer['model']);
  const [bos, eos] = [named('bos_token'), named('eos_token')];
  const unknownId = model?.['unk_id'] ?? undefined;
  const unknown =
    unknownId === undefined
      ? (find(asString(model?.['unk_token'])) ?? named('unk_token'))
      : existing(unknownId, () => "the model's unk_id", vocabulary);
  const isSilent = asObject(tokenizer['post_processor']) === undefined;
  const template = readTemplate(tokenizer['post_processor'], vocabulary) ?? {
    before: isSilent && config['add_bos_token'] === true && bos !== undefined ? [bos] : [],
    after: isSilent && config['add_eos_token'] === true && eos !== undefined ? [eos] : [],
  };
  const special: SpecialIds = {
    ...(bos !== undefined && { bos }),
    ...(eos !== undefined && { eos }),
    ...(unknown !== undefined && { unknown }),
    addBos: bos !== undefined && template.before.includes(bos),
    addEos: eos !== undefined && template.after.includes(eos),
  };
  return { special, ...template };
}
