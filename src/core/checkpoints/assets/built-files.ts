// The small files of a Hugging Face folder, made from a checkpoint that has none.
import { LlmxError } from '../../base/error.js';
import type { Json, JsonObject } from '../../base/event.js';
import type { PlainSource } from '../../text/plain-vocabulary.js';
import { writeSentencepieceModel } from '../../text/sentencepiece-model-writer.js';
import { addedPieces, addedToken, tokenizerJsonOf } from '../../text/tokenizer-json-writer.js';
import type { Checkpoint } from '../checkpoint.js';
import { isObject, parseJsonObject } from '../json.js';
import { names, type Files } from './travelling-files.js';

const deepest = 128;
export const print = (value: JsonObject): Uint8Array => Buffer.from(`${JSON.stringify(value, null, 2)}\n`, 'utf8');

/** Tokens that a window of the model holds, under the names that the dialects have for it. */
function contextLength({ config }: Checkpoint): number | undefined {
  const architecture = config['general.architecture'];
  const names = ['max_position_embeddings', 'max_seq_len', ...(typeof architecture === 'string' ? [`${architecture}.context_length`] : [])];
  return names.map((name) => config[name]).find((value): value is number => typeof value === 'number');
}

/** The id that fills batches: a GGUF key, a field of config.json, or the word that tokenizer_config.json names. */
export function paddingId(source: Checkpoint, plain: PlainSource, files: Files): number | undefined {
  const bytes = files.get(names.tokenizerConfig);
  const token = bytes === undefined ? undefined : parseJsonObject(names.tokenizerConfig, bytes, { depth: deepest })['pad_token'];
  const word = isObject(token) ? token['content'] : token;
  const spelled = typeof word === 'string' ? plain.pieces.indexOf(word) : -1;
  const found = [spelled, source.config['tokenizer.ggml.padding_token_id'], source.config['pad_token_id']];
  return found.find((id): id is number => typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < plain.pieces.length);
}

/** Special words by the names that tokenizer_config.json gives them. */
function specialWords({ pieces, special }: PlainSource, padding: number | undefined): JsonObject {
  const word = (name: string, id: number | undefined): JsonObject => (id === undefined ? {} : { [name]: pieces[id]! });
  return {
    ...word('bos_token', special.bos),
    ...word('eos_token', special.eos),
    ...word('unk_token', special.unknown),
    ...word('pad_token', padding),
  };
}

function chatTemplateField({ chatTemplate, chatTemplates }: Checkpoint): JsonObject {
  if (chatTemplates !== undefined && chatTemplates.size > 1)
    return { chat_template: [...chatTemplates].map(([name, template]): Json => ({ name, template })) };
  return chatTemplate === undefined ? {} : { chat_template: chatTemplate };
}

function tokenizerConfig(source: Checkpoint, plain: PlainSource, words: JsonObject): JsonObject {
  const length = contextLength(source);
  const added = addedPieces(plain).map((piece) => [String(piece.id), addedToken(piece)] as const);
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    ...words,
    add_bos_token: plain.special.addBos,
    add_eos_token: plain.special.addEos,
    added_tokens_decoder: Object.fromEntries(added),
    clean_up_tokenization_spaces: false,
    ...(length === undefined ? {} : { model_max_length: length }),
    ...chatTemplateField(source),
  };
}

function generationConfig({ generation }: Checkpoint, padding: number | undefined): JsonObject {
  const { bos, eos, temperature, topK, topP } = generation;
  const samples = temperature !== undefined || topK !== undefined || topP !== undefined;
  return {
    ...(bos === undefined ? {} : { bos_token_id: bos }),
    ...(eos.length === 0 ? {} : { eos_token_id: eos.length === 1 ? eos[0]! : eos }),
    ...(padding === undefined ? {} : { pad_token_id: padding }),
    ...(samples ? { do_sample: true } : {}),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topK === undefined ? {} : { top_k: topK }),
    ...(topP === undefined ? {} : { top_p: topP }),
  };
}

/** Files that spell a vocabulary. Scores go into a tokenizer.model; a tokenizer.json beside it where that can say the same. */
function builtTokenizer(plain: PlainSource): Files {
  const files = new Map<string, Uint8Array>();
  if (plain.kind === 'sentencepiece' && plain.spacePrefix === undefined && plain.special.unknown !== undefined)
    files.set(names.sentencepiece, writeSentencepieceModel(plain));
  try {
    files.set(names.tokenizer, Buffer.from(JSON.stringify(tokenizerJsonOf(plain), null, 1) + '\n', 'utf8'));
  } catch (thrown) {
    if (!(thrown instanceof LlmxError) || thrown.code !== 'unsupported' || files.size === 0) throw thrown;
  }
  return files;
}

/** All files that can be made. `tokenizer` is a tokenizer.json that is at hand already. */
export function builtFiles(source: Checkpoint, plain: PlainSource | undefined, tokenizer?: Uint8Array): Files {
  const padding = plain && paddingId(source, plain, new Map());
  const generation = generationConfig(source, padding);
  const files = new Map<string, Uint8Array>();
  if (plain !== undefined) {
    const words = specialWords(plain, padding);
    for (const [name, bytes] of tokenizer === undefined ? builtTokenizer(plain) : [[names.tokenizer, tokenizer] as const]) files.set(name, bytes);
    files.set(names.tokenizerConfig, print(tokenizerConfig(source, plain, words)));
    files.set(names.specialTokens, print(words));
  }
  if (Object.keys(generation).length > 0) files.set(names.generation, print(generation));
  return files;
}
