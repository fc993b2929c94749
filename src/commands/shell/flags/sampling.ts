// Options that choose the next token. Names and defaults are llama.cpp's and Hugging Face's.
import { randomInt } from 'node:crypto';
import { LlmxError } from '../../../core/base/error.js';
import type { SamplingSettings } from '../../../core/generate/index.js';
import type { FlagValues } from '../flag.js';
import { flagGroup } from '../flag.js';

export const samplingFlags = flagGroup('Sampling options', {
  temperature: {
    kind: 'number',
    long: 'temp',
    aliases: ['temperature'],
    value: 'F',
    default: 0.8,
    minimum: 0,
    maximum: 100,
    setting: true,
    help: 'Temperature; 0 always takes the likeliest token',
  },
  greedy: { kind: 'boolean', help: 'Same as --temp 0' },
  topK: { kind: 'integer', value: 'N', default: 40, minimum: 0, setting: true, help: 'Keep the N likeliest tokens; 0 keeps all' },
  topP: {
    kind: 'number',
    value: 'F',
    default: 0.95,
    minimum: 0,
    maximum: 1,
    setting: true,
    help: 'Keep the likeliest tokens whose probabilities reach F; 1 keeps all',
  },
  minP: {
    kind: 'number',
    value: 'F',
    default: 0.05,
    minimum: 0,
    maximum: 1,
    setting: true,
    help: 'Drop tokens below F times the likeliest; 0 keeps all',
  },
  typical: {
    kind: 'number',
    aliases: ['typical-p'],
    value: 'F',
    default: 1,
    minimum: 0,
    maximum: 1,
    setting: true,
    help: 'Locally typical sampling; 1 is off',
  },
  repeatPenalty: {
    kind: 'number',
    aliases: ['repetition-penalty'],
    value: 'F',
    default: 1,
    minimum: 0.01,
    maximum: 100,
    setting: true,
    help: 'Divide the logits of recent tokens; 1 is off',
  },
  repeatLastN: {
    kind: 'integer',
    value: 'N',
    default: 64,
    minimum: -1,
    setting: true,
    help: 'How many recent tokens the penalties see; 0 none, -1 all',
  },
  presencePenalty: {
    kind: 'number',
    value: 'F',
    default: 0,
    minimum: -100,
    maximum: 100,
    setting: true,
    help: 'Subtract from tokens that have occurred',
  },
  frequencyPenalty: {
    kind: 'number',
    value: 'F',
    default: 0,
    minimum: -100,
    maximum: 100,
    setting: true,
    help: 'Subtract for every time that a token has occurred',
  },
  logitBias: { kind: 'list', value: 'ID±F', short: 'l', help: 'Add to the logit of a token: 15043+1 or 15043-inf' },
});

/** The settings that the flags ask for. A seed of -1 becomes one that is drawn here, so that the report can name it. */
export function readSampling(flags: FlagValues<typeof samplingFlags> & { readonly seed: number }): SamplingSettings {
  const { temperature, greedy, topK, topP, minP, typical, repeatPenalty, repeatLastN, presencePenalty, frequencyPenalty, logitBias, seed } = flags;
  return {
    temperature: greedy ? 0 : temperature,
    ...{ topK, topP, minP, typical, repeatPenalty, repeatLastN, presencePenalty, frequencyPenalty },
    logitBias: new Map(logitBias.map(readBias)),
    seed: seed < 0 ? randomInt(2 ** 32) : seed,
  };
}

function readBias(text: string): [number, number] {
  const [, id, value] = /^(\d+)([+-](?:\d+\.?\d*|\.\d+|inf))$/i.exec(text) ?? [];
  if (id === undefined || value === undefined)
    throw new LlmxError(
      'usage',
      `--logit-bias takes a token id, a sign and a number, not '${text}'`,
      'For example --logit-bias 15043+1 or 15043-inf',
    );
  return [Number(id), Number(value.replace(/inf/i, 'Infinity'))];
}
