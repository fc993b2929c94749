// The vocabulary of a tokenizer.json: pieces and their ids, words added to them, and the marks around a text.
import type { Json, JsonObject } from '../base/event.js';
import { LlmxError } from '../base/error.js';
import { asId, asList, asObject, asString } from './json-fields.js';
import type { SpecialPiece } from './special-pieces.js';
import type { SpecialIds } from './tokenizer.js';

export interface AddedPiece extends SpecialPiece {
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

const checkId = (id: number | undefined, piece: string): number => {
  if (id !== undefined && id < mostIds) return id;
  throw new LlmxError('malformed', `tokenizer.json: the piece ${JSON.stringify(piece)} has no proper id`);
};

/** Gives each piece of `model.vocab` with its id: an object of ids, or (unigram) a list of pieces with scores. */
function eachPiece(vocabulary: Json | undefined, put: (piece: string, id: number) => void): void {
  if (Array.isArray(vocabulary)) {
    (vocabulary as readonly Json[]).forEach((entry, id) => put(asString(asList(entry)[0]) ?? '', id));
    return;
  }
  const object = asObject(vocabulary);
  if (object === undefined) throw new LlmxError('malformed', 'tokenizer.json: its model has no vocabulary');
  for (const piece of Object.keys(object)) put(piece, checkId(asId(object[piece]), piece));
}

export function readVocabulary(tokenizer: JsonObject): Vocabulary {
  const ids = new Map<string, number>();
  const pieces: (string | undefined)[] = [];
  eachPiece(asObject(tokenizer['model'])?.['vocab'], (piece, id) => {
    if (!ids.has(piece)) ids.set(piece, id);
    pieces[id] = piece;
  });
  const added = asList(tokenizer['added_tokens']).map((value): AddedPiece => {
    const entry = asObject(value) ?? {};
    const text = asString(entry['content']) ?? '';
    const id = checkId(asId(entry['id']), text);
    pieces[id] = text;
    return {
      text,
      id,
      isSpecial: entry['special'] === true,
      normalized: entry['normalized'] === true,
      trimsLeft: entry['lstrip'] === true,
      trimsRight: entry['rstrip'] === true,
      wholeWord: entry['single_word'] === true,
    };
  });
  return { ids, pieces, added };
}

/** Ids that the post-processor puts before and after a text; undefined when the file has no post-processor that says so. */
function readTemplate(value: Json | undefined): { before: number[]; after: number[] } | undefined {
  const step = asObject(value);
  const type = asString(step?.['type']);
  if (step === undefined) return undefined;
  if (type === 'Sequence')
    return asList(step['processors'])
      .map(readTemplate)
      .find((template) => template !== undefined);
  if (type === 'BertProcessing' || type === 'RobertaProcessing') {
    const id = (name: string): number[] => [asId(asList(step[name])[1])].filter((found) => found !== undefined);
    return { before: id('cls'), after: id('sep') };
  }
  if (type !== 'TemplateProcessing') return undefined;
  const [before, after]: [number[], number[]] = [[], []];
  let seenText = false;
  for (const part of asList(step['single'])) {
    const mark = asString(asObject(asObject(part)?.['SpecialToken'])?.['id']);
    if (mark === undefined) seenText = true;
    else for (const id of asList(asObject(asObject(step['special_tokens'])?.[mark])?.['ids'])) (seenText ? after : before).push(asId(id) ?? -1);
  }
  return { before: before.filter((id) => id >= 0), after: after.filter((id) => id >= 0) };
}

/** The marks around a text. Without a post-processor for them tokenizer_config.json decides. */
export function readMarks(
  tokenizer: JsonObject,
  config: JsonObject,
  { ids, added }: Vocabulary,
): { special: SpecialIds; before: number[]; after: number[] } {
  const find = (text: string | undefined): number | undefined =>
    text === undefined ? undefined : (added.find((piece) => piece.text === text)?.id ?? ids.get(text));
  const named = (name: string): number | undefined => find(asString(config[name]) ?? asString(asObject(config[name])?.['content']));
  const model = asObject(tokenizer['model']);
  const [bos, eos] = [named('bos_token'), named('eos_token')];
  const unknown = asId(model?.['unk_id']) ?? find(asString(model?.['unk_token'])) ?? named('unk_token');
  const isSilent = asObject(tokenizer['post_processor']) === undefined;
  const template = readTemplate(tokenizer['post_processor']) ?? {
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
