// A plain vocabulary, templates and generation defaults as GGUF's `tokenizer.*` and `general.sampling.*` keys.
import type { PlainSource } from '../../text/plain-vocabulary.js';
import type { Checkpoint, GenerationDefaults } from '../checkpoint.js';
import type { GgufValue } from '../gguf-value.js';
import { endIdsKey, pieceTypeNumbers, spacePrefixKey, tokenizerModels } from '../gguf-tokenizer.js';
import { templateKey } from './chat-templates.js';

type Keys = readonly (readonly [string, GgufValue])[];

const ggml = 'tokenizer.ggml.';
const text = (value: string): GgufValue => ({ type: 'string', value });
const flag = (value: boolean): GgufValue => ({ type: 'bool', value });
const id = (name: string, value: number | undefined): Keys => (value === undefined ? [] : [[`${ggml}${name}_token_id`, { type: 'u32', value }]]);

/** Pieces that end a turn or a message, as models spell them: what llama.cpp takes for one, the likeliest first. */
const turnEnds = ['<|eot_id|>', '<|im_end|>', '<|end|>', '<end_of_turn>', '<turn|>', '<|endoftext|>', '<|end_of_text|>', '<end_of_utterance>'];
const messageEnds = ['<|eom_id|>'];

function endKeys(plain: PlainSource, ends: readonly number[]): Keys {
  // an ordinary word named as eos would be cut out of texts
  const eos = plain.special.eos ?? ends.find((end) => plain.types[end] !== undefined && plain.types[end] !== 'normal');
  const named = (spellings: readonly string[]): number | undefined =>
    spellings.map((piece) => ends.find((end) => end !== eos && plain.pieces[end] === piece)).find((end) => end !== undefined);
  const [eot, eom] = [named(turnEnds), named(messageEnds)];
  const said = [eos, eot, eom].filter((end) => end !== undefined);
  const isComplete = said.length === ends.length && said.every((end, index) => end === ends[index]);
  return [
    ...id('eos', eos),
    ...id('eot', eot),
    ...id('eom', eom),
    ...(isComplete || ends.length === 0 ? [] : [[endIdsKey, { type: 'array', of: 'u32', value: ends }] as const]),
  ];
}

/** `padding` is the id that fills batches. */
export function vocabularyKeys(plain: PlainSource, generation: GenerationDefaults, padding: number | undefined): Keys {
  const { pieces, types, special } = plain;
  const isScored = plain.kind === 'sentencepiece';
  return [
    [`${ggml}model`, text(tokenizerModels[plain.kind])],
    [`${ggml}pre`, text(isScored ? 'default' : plain.preTokenizer)],
    [`${ggml}tokens`, { type: 'array', of: 'string', value: pieces }],
    ...(isScored ? ([[`${ggml}scores`, { type: 'array', of: 'f32', value: plain.scores }]] as const) : []),
    [`${ggml}token_type`, { type: 'array', of: 'i32', value: types.map((type) => pieceTypeNumbers[type]) }],
    ...(isScored ? [] : ([[`${ggml}merges`, { type: 'array', of: 'string', value: plain.merges }]] as const)),
    ...id('bos', special.bos),
    ...endKeys(plain, generation.eos),
    ...id('unknown', special.unknown),
    ...id('padding', padding),
    [`${ggml}add_bos_token`, flag(special.addBos)],
    [`${ggml}add_eos_token`, flag(special.addEos)],
    ...(isScored ? ([[`${ggml}add_space_prefix`, flag(plain.addSpacePrefix)]] as const) : []),
    ...(isScored && plain.spacePrefix !== undefined ? ([[spacePrefixKey, text(plain.spacePrefix)]] as const) : []),
  ];
}

/** A name within a key, as llama.cpp's converter writes it. */
const keyName = (name: string): string => name.replace(/[^A-Za-z0-9_]/g, '_');

export function templateKeys({ chatTemplate, chatTemplates }: Checkpoint): Keys {
  const named = [...(chatTemplates ?? [])]
    .filter(([, template]) => template !== chatTemplate)
    .map(([name, template]) => [keyName(name), template] as const);
  return [
    ...named.map(([name, template]) => [`${templateKey}.${name}`, text(template)] as const),
    ...(named.length > 0 ? [['tokenizer.chat_templates', { type: 'array', of: 'string', value: named.map(([name]) => name) }] as const] : []),
    ...(chatTemplate === undefined ? [] : [[templateKey, text(chatTemplate)] as const]),
  ];
}

export function samplingKeys({ temperature, topK, topP }: GenerationDefaults): Keys {
  const real = (name: string, value: number | undefined): Keys => (value === undefined ? [] : [[`general.sampling.${name}`, { type: 'f32', value }]]);
  return [
    ...(topK === undefined ? [] : [['general.sampling.top_k', { type: 'i32', value: Math.round(topK) }] as const]),
    ...real('top_p', topP),
    ...real('temp', temperature),
  ];
}
