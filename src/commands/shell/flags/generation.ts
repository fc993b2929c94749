// Options of a prompt and of the length of its answer.
import { overflows } from '../../../core/jobs/overflow.js';
import { flagGroup } from '../flag.js';

export const promptFlags = flagGroup('Prompt options', {
  prompt: { kind: 'string', short: 'p', value: 'TEXT', help: 'Prompt text; same as giving it as an argument' },
  file: { kind: 'string', short: 'f', value: 'FILE', help: 'Read the prompt from a file; - is stdin' },
  stdin: { kind: 'boolean', default: true, help: 'Do not read stdin' },
});

export const generationFlags = flagGroup('Generation options', {
  predict: {
    kind: 'integer',
    short: 'n',
    long: 'n-predict',
    aliases: ['predict', 'max-new-tokens', 'max-tokens'],
    value: 'N',
    default: 512,
    minimum: -1,
    setting: true,
    help: 'Tokens to generate; -1 until the model ends',
  },
  contextOverflow: {
    kind: 'choice',
    long: 'ctx-overflow',
    choices: overflows,
    value: 'HOW',
    default: 'error',
    setting: true,
    help: 'What to do with a prompt that is longer than the context',
  },
  stop: { kind: 'list', comma: false, short: 'r', aliases: ['reverse-prompt'], value: 'TEXT', help: 'Stop before this text; repeat for several' },
  ignoreEos: { kind: 'boolean', help: 'Go on after the end token' },
  stream: { kind: 'boolean', default: true, help: 'Print the text when it is complete' },
  stats: { kind: 'boolean', help: 'Print timings on stderr' },
  output: { kind: 'string', short: 'o', value: 'FILE', help: 'Write the text to a file' },
  logprobs: { kind: 'integer', value: 'N', minimum: 0, maximum: 100, help: 'Report the N likeliest tokens at each place (with --json, --jsonl)' },
  echo: { kind: 'boolean', help: 'Print the prompt before the text' },
});
