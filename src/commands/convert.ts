// llmx convert: another format or precision, planned, streamed, and measured against its source.
import { LlmxError } from '../core/base/error.js';
import type { JsonObject } from '../core/base/event.js';
import type { ConvertReport } from '../core/jobs/convert/options.js';
import { convertText } from './convert/text.js';
import { defineCommand } from './shell/command.js';
import { gateFlags } from './shell/flags/gate.js';
import { modelChoice, modelFlags } from './shell/flags/model.js';
import { readTextOf } from './shell/read-text.js';
import { bytesText } from './shell/quantity.js';
import { shellWord } from './shell/shell-word.js';

const { model, hfRepo, tokenizer, threads } = modelFlags;

/** Bytes of a source in memory at once, at most: a share of --max-memory. */
const chunkShare = 16;
const mostChunk = 8 << 20;

export const command = defineCommand({
  examples: [
    'llmx convert hf:org/model -o model-{ftype}.gguf --outtype bf16 --remote',
    "llmx convert ./model.gguf --to safetensors -o out/ --verify full --gate 'logit-nmse<=1e-6'",
    'llmx convert builtin:storyteller story.gguf --outtype f16 --dry-run',
    'llmx convert ./folder -o a.gguf -o b/ --to gguf --to pytorch',
  ],
  description:
    'Writes into OUTPUT.partial, reads the result back, compares tensors, token ids and logits with the source, then names it. A kill loses nothing: --resume goes on. The source is never replaced, nor anything else without --force. Reports go to stdout, the lineage (digests, options, measurements) lies beside the output. With --remote a model of the hub that is not in the cache (HF_HUB_CACHE) is read by range and stored nowhere: --verify then reads the tensors that it compares again (quick: three layers, full: all) and skips the logits; the digests of the source are those that the hub lists, which full holds against the bytes.',
  arguments: {
    input: { optional: true, help: 'Model: a file, a folder, hf:org/name or builtin:storyteller' },
    output: { optional: true, help: 'Where to write it; same as -o' },
  },
  flags: {
    outfile: {
      kind: 'list',
      comma: false,
      short: 'o',
      aliases: ['output'],
      value: 'PATH',
      help: 'Where to write; {ftype} becomes the type; repeat for several outputs from one read',
    },
    to: {
      kind: 'list',
      value: 'FORMAT',
      help: 'Format of each output; by default what its suffix says (.gguf, .safetensors, .pt, .pth, .onnx, .bin for llama2.c; / is a safetensors folder), else gguf',
    },
    outtype: {
      kind: 'string',
      value: 'TYPE',
      default: 'auto',
      help: 'Number format of the matrices, such as f16, bf16, q8_0, q4_k; auto keeps them as they are',
    },
    dtypeMap: {
      kind: 'list',
      comma: false,
      value: 'RE=TYPE',
      help: 'Number format of the tensors whose role or name matches; the first that matches decides',
    },
    include: { kind: 'string', value: 'RE', help: 'Convert only tensors whose role or name matches' },
    exclude: { kind: 'string', value: 'RE', help: 'Leave out tensors whose role or name matches' },
    vocabOnly: { kind: 'boolean', help: 'Convert config and tokenizer without a tensor' },
    modelName: { kind: 'string', value: 'NAME', help: 'Name of the model in the metadata' },
    metadata: { kind: 'string', value: 'FILE', help: 'JSON object of GGUF keys to add or replace' },
    splitMaxSize: { kind: 'bytes', value: 'SIZE', minimum: 1, help: 'Most bytes of tensors in one file, such as 4G' },
    splitMaxTensors: { kind: 'integer', value: 'N', minimum: 1, help: 'Most tensors in one file' },
    maxMemory: {
      kind: 'bytes',
      value: 'SIZE',
      minimum: 1_000_000,
      default: 256_000_000,
      help: 'Memory for what is on its way; a tensor of the hub that must be transposed needs its own size beside it',
    },
    opset: { kind: 'integer', value: 'N', default: 17, minimum: 13, maximum: 21, help: 'Operator set of an ONNX graph' },
    externalData: {
      kind: 'choice',
      choices: ['auto', 'always', 'never'],
      default: 'auto',
      value: 'WHEN',
      help: 'Put the weights of an ONNX model into a file of their own',
    },
    verify: {
      kind: 'choice',
      choices: ['none', 'quick', 'full'],
      default: 'quick',
      value: 'HOW',
      help: 'How thoroughly the result is compared with its source',
    },
    ...gateFlags,
    remote: { kind: 'boolean', help: 'Read a model of the hub by range while it is converted, without downloading it' },
    force: { kind: 'boolean', help: 'Replace what lies at the output' },
    resume: { kind: 'boolean', help: 'Go on with a conversion that was stopped' },
    dryRun: { kind: 'boolean', help: 'Print the plan: tensors, types, files, memory and disk' },
    model,
    hfRepo,
    tokenizer,
    threads,
  },
  exits: [0, 1, 2, 3, 4, 5, 130],
  writes: true,
  async *run(given, flags, context) {
    const { convert } = await import('../core/jobs/convert/convert.js');
    const { parsePattern, parseType, parseTypeRule } = await import('../core/jobs/convert/formats.js');
    const { chooseOutputs } = await import('../core/jobs/convert/outputs.js');
    const named = context.source('model') === 'flag' || context.source('hfRepo') === 'flag';
    // With -m the only argument is the output.
    const [input, output] = named && given.output === undefined ? [undefined, given.input] : [given.input, given.output];
    if (input === undefined && !named) throw new LlmxError('usage', 'no model to convert', 'llmx convert MODEL -o OUTPUT');
    const type = flags.outtype.toLowerCase() === 'auto' ? undefined : parseType(flags.outtype);
    const report: ConvertReport = yield* convert(
      {
        ...modelChoice({ ...flags, model: input ?? flags.model }, context),
        outputs: chooseOutputs(output === undefined ? flags.outfile : [output, ...flags.outfile], flags.to, flags.outtype),
        types: { format: type, rules: flags.dtypeMap.map(parseTypeRule) },
        selection: {
          vocabularyOnly: flags.vocabOnly,
          ...(flags.include === undefined ? {} : { include: parsePattern('--include', flags.include) }),
          ...(flags.exclude === undefined ? {} : { exclude: parsePattern('--exclude', flags.exclude) }),
        },
        naming: {
          ...(flags.modelName === undefined ? {} : { name: flags.modelName }),
          metadata: flags.metadata === undefined ? {} : parseMetadata(flags.metadata, await readTextOf(flags.metadata, '--metadata', context)),
        },
        layout: {
          ...(flags.splitMaxSize === undefined ? {} : { splitBytes: flags.splitMaxSize }),
          ...(flags.splitMaxTensors === undefined ? {} : { splitTensors: flags.splitMaxTensors }),
          ...(context.source('opset') === 'flag' ? { opset: flags.opset } : {}),
          ...(context.source('externalData') === 'flag' ? { externalData: flags.externalData } : {}),
        },
        remote: flags.remote,
        verify: flags.verify,
        gates: flags.gate,
        force: flags.force,
        resume: flags.resume,
        dryRun: flags.dryRun,
        chunkBytes: Math.min(mostChunk, Math.max(1 << 16, Math.floor(flags.maxMemory / chunkShare))),
        threads: flags.threads ?? 0,
        version: context.version,
      },
      context.signal,
    );
    return report;
  },
  human: (report, { terminal: { stdout } }) => convertText(report, stdout.tty ? stdout.columns : Infinity),
  notes: (report) => [
    ...(report.received_bytes > 0 ? [`${bytesText(report.received_bytes)} were read from the hub`] : []),
    ...(report.dry_run ? ['nothing was written; leave out --dry-run to do it'] : []),
    ...(report.dry_run || report.partial ? [] : [`try it: llmx run -m ${shellWord(String(report.output[0]?.['path']))} "Once upon a time"`]),
  ],
});

function parseMetadata(path: string, text: string): JsonObject {
  try {
    const value = JSON.parse(text) as JsonObject;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    throw new LlmxError('malformed', `${path}: not JSON: ${(error as Error).message}`, '--metadata takes an object of keys and values', {
      cause: error,
    });
  }
  throw new LlmxError('malformed', `${path}: not a JSON object`, '--metadata takes an object of keys and values');
}
