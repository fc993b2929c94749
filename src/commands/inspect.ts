// llmx inspect: what a model is and what it needs, from its headers.
import { LlmxError } from '../core/base/error.js';
import type { InspectReport } from '../core/jobs/inspect.js';
import { inspectText } from './inspect/text.js';
import { defineCommand } from './shell/command.js';
import { bytesText, plural } from './shell/quantity.js';
import { modelChoice, modelFlags } from './shell/flags/model.js';

const { model, hfRepo, contextSize, batchSize, cacheType } = modelFlags;
const [everyTensor, everyField, noFile] = ['.', '*', '-'];

export const command = defineCommand({
  examples: [
    'llmx inspect model.gguf',
    'llmx inspect hf:org/model:Q4_K_M',
    "llmx inspect model.gguf --tensors attn_k --json | jq '.tensors[].dtype'",
    'llmx inspect model.gguf --memory -c 8k',
    'llmx inspect model.gguf --check --hash',
  ],
  description:
    'Reads headers only, unless --check or --hash asks for the contents. Of a model on the hub that is not in the cache (HF_HUB_CACHE) the headers are read by range and nothing is stored; --check then reads all of it over the network, and --hash prints the digests that the hub lists. With options that ask for a part, prints those parts alone; the report of --json always has the overview.',
  arguments: { model: { optional: true, help: 'Model: a file, a folder, hf:org/name or builtin:storyteller' } },
  flags: {
    tensors: { kind: 'string', value: 'RE', bare: everyTensor, help: 'List the tensors, or those whose names match' },
    metadata: { kind: 'string', value: 'KEY', bare: everyField, help: 'Print the metadata, or one field of it' },
    tokenizer: { kind: 'string', value: 'FILE', bare: noFile, help: 'Describe the tokenizer; FILE for a model that carries none' },
    chatTemplate: { kind: 'boolean', help: 'Print the chat template' },
    memory: { kind: 'boolean', help: 'Print the memory that a context of -c tokens needs' },
    check: { kind: 'boolean', help: 'Read all tensors and look for NaN, infinity and overlaps; a problem exits 4' },
    hash: { kind: 'boolean', help: 'Print the SHA-256 of each file' },
    diff: { kind: 'string', value: 'REF', help: 'Compare config, tensors, tokenizer and template with another model; a difference exits 3' },
    model,
    hfRepo,
    contextSize: { ...contextSize, help: "Context to plan memory for; 0 is the model's, at most 4096" },
    batchSize,
    cacheType,
  },
  exits: [0, 2, 3, 4, 5, 130],
  async *run(given, flags, context) {
    const named = ['model', 'hfRepo'].find((key) => context.source(key) === 'flag');
    if (given.model !== undefined && named !== undefined)
      throw new LlmxError(
        'usage',
        `two models: ${named === 'model' ? flags.model : flags.hfRepo} and ${given.model}`,
        'llmx inspect takes one; --diff REF compares it with another',
      );
    const tensors = flags.tensors === undefined ? undefined : readPattern(flags.tensors);
    const { inspect } = await import('../core/jobs/inspect.js');
    const { tokenizer, metadata, diff } = flags;
    const report: InspectReport = yield* inspect(
      {
        ...modelChoice({ ...flags, model: given.model ?? flags.model, tokenizer: tokenizer === noFile ? undefined : tokenizer }, context),
        ...(tensors === undefined ? {} : { tensors }),
        ...(metadata === undefined ? {} : { metadata: metadata === everyField ? '' : metadata }),
        ...(diff === undefined ? {} : { diff }),
        chatTemplate: flags.chatTemplate,
        check: flags.check,
        hash: flags.hash,
        contextLength: flags.contextSize,
        chunk: flags.batchSize,
        cacheFormat: flags.cacheType,
      },
      context.signal,
    );
    return report;
  },
  human: (report, { terminal: { stdout } }, flags) =>
    inspectText(report, { ...flags, tokenizer: flags.tokenizer !== undefined, key: flags.metadata }, stdout.tty ? stdout.columns : Infinity),
  notes: ({ check, diff, chat_template: template, received_bytes: received, bytes }) => [
    ...(received > 0 ? [`${bytesText(received)} of ${bytesText(bytes)} were read from the hub`] : []),
    ...(check !== undefined && check.problems.length > 0 ? [plural(check.problems.length, 'problem')] : []),
    ...(diff !== undefined && diff.differences.length > 0 ? [plural(diff.differences.length, 'difference')] : []),
    ...(template === null ? ['the model has no chat template'] : []),
  ],
  exit: ({ check, diff }) => (check !== undefined && check.problems.length > 0 ? 4 : diff !== undefined && diff.differences.length > 0 ? 3 : 0),
});

function readPattern(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (error) {
    throw new LlmxError('usage', `--tensors takes a regular expression: ${(error as Error).message}`, "For example --tensors 'attn_(k|v)'", {
      cause: error,
    });
  }
}
