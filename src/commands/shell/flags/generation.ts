// Options of a prompt, of the length of its answer, and of batches of prompts.
import { flagGroup } from '../flag.js';

export const promptFlags = flagGroup('Prompt options', {
  prompt: { kind: 'string', short: 'p', value: 'TEXT', help: 'Prompt text; same as giving it as an argument' },
  file: { kind: 'string', short: 'f', value: 'FILE', help: 'Read the prompt from a file; - is stdin' },
  stdin: { kind: 'boolean', default: true, help: 'Do not read stdin' },
  system: { kind: 'string', aliases: ['system-prompt'], single: ['sys'], value: 'TEXT', setting: true, help: 'System message' },
  systemFile: {
    kind: 'string',
    aliases: ['system-prompt-file'],
    single: ['sysf'],
    value: 'FILE',
    conflicts: ['system'],
    help: 'Read the system message from a file',
  },
  messages: { kind: 'string', value: 'FILE', help: 'OpenAI-style messages, one JSON object a line; - is stdin' },
  chatTemplate: { kind: 'string', value: 'NAME', default: 'auto', help: 'auto, none, the name of a template, or a file' },
  chatTemplateKwargs: { kind: 'string', value: 'JSON', help: 'Values for the chat template' },
  raw: { kind: 'boolean', help: 'Use no chat template: the model continues the text' },
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
    choices: ['error', 'truncate-start', 'truncate-middle', 'shift'],
    value: 'HOW',
    default: 'error',
    setting: true,
    help: 'What to do when the context is full',
  },
  stop: { kind: 'list', comma: false, short: 'r', aliases: ['reverse-prompt'], value: 'TEXT', help: 'Stop before this text; repeat for several' },
  ignoreEos: { kind: 'boolean', help: 'Go on after the end token' },
  stream: { kind: 'boolean', default: true, help: 'Print the text when it is complete' },
  reasoning: {
    kind: 'choice',
    choices: ['auto', 'on', 'off'],
    default: 'auto',
    value: 'MODE',
    help: 'Whether the model reasons, where its template can say so',
  },
  hideReasoning: { kind: 'boolean', short: 'R', help: 'Do not show reasoning on stderr' },
  stats: { kind: 'boolean', help: 'Print timings on stderr' },
  output: { kind: 'string', short: 'o', value: 'FILE', help: 'Write the text to a file' },
  logprobs: { kind: 'integer', value: 'N', minimum: 0, maximum: 100, help: 'Report the N likeliest tokens at each place' },
});

export const batchFlags = flagGroup('Batch options', {
  batch: { kind: 'string', value: 'FILE', help: 'Prompts as JSON lines: {id?, prompt or messages, options?}' },
  parallel: { kind: 'integer', value: 'N', default: 1, minimum: 1, maximum: 256, help: 'Prompts that share a step' },
  out: { kind: 'string', value: 'FILE', help: 'Where the answers of a batch go' },
  resume: { kind: 'boolean', help: 'Skip the ids that the output file holds' },
  failFast: { kind: 'boolean', help: 'Stop at the first prompt that fails' },
});
