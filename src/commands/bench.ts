// llmx bench: how fast models run here, in the shapes and fields of llama-bench.
import { randomInt } from 'node:crypto';
import type { BenchReport } from '../core/jobs/bench.js';
import { benchFormats } from './bench/formats.js';
import { defineCommand } from './shell/command.js';
import { gateFlags } from './shell/flags/gate.js';
import { modelFlags, mostThreads } from './shell/flags/model.js';

const { model, tokenizer, device, cacheType, seed } = modelFlags;

export const command = defineCommand({
  examples: [
    'llmx bench',
    'llmx bench -m q4.gguf -m q8.gguf -p 512 -n 128 -t 1-8*2',
    "llmx bench -m q4.gguf -o json --compare base.json --gate 'regress<=10%'",
  ],
  description:
    'Measures every combination of its lists; lists are 128,256, ranges 1-8, 1-8+2 and 1-8*2. Tokens are random. Shares are of what this machine reads and computes at most, measured in the same run; a model that fits the caches may read faster than memory.',
  arguments: {},
  flags: {
    model: { ...model, kind: 'list', default: ['builtin:storyteller'], help: 'Model, by repetition or comma' },
    hfRepo: { kind: 'list', value: 'REPO', aliases: ['hf'], single: ['hf', 'hfr'], hidden: true, conflicts: ['model'], help: 'Same as -m hf:REPO' },
    prompt: { kind: 'integers', short: 'p', long: 'n-prompt', value: 'N', default: [512], minimum: 0, help: 'Tokens of a prompt; 0 measures none' },
    generate: { kind: 'integers', short: 'n', long: 'n-gen', value: 'N', default: [128], minimum: 0, help: 'Tokens to generate; 0 measures none' },
    depth: {
      kind: 'integers',
      short: 'd',
      long: 'n-depth',
      value: 'N',
      default: [0],
      minimum: 0,
      help: 'Tokens that are held before the measured ones',
    },
    repetitions: { kind: 'integer', short: 'r', value: 'N', default: 5, minimum: 1, maximum: 10000, help: 'Runs of each test' },
    threads: { kind: 'integers', short: 't', value: 'N', minimum: 1, maximum: mostThreads, setting: true, help: 'Threads (default: all cores)' },
    batchSize: {
      kind: 'integers',
      short: 'b',
      aliases: ['ubatch-size'],
      single: ['ub'],
      value: 'N',
      default: [0],
      minimum: 0,
      maximum: 65536,
      help: 'Tokens of a prompt in one step; 0 lets the device choose',
    },
    warmup: { kind: 'boolean', default: true, help: 'Do not run once before the first measured run' },
    ops: { kind: 'boolean', help: 'Also time each op: where the time goes (in md, json and jsonl)' },
    output: {
      kind: 'choice',
      short: 'o',
      choices: ['md', 'csv', 'json', 'jsonl'],
      default: 'md',
      value: 'FORMAT',
      help: 'Form of the rows on stdout',
    },
    compare: { kind: 'string', value: 'FILE', help: 'Rows of an older run (json or jsonl of llmx bench or llama-bench)' },
    ...gateFlags,
    tokenizer,
    device,
    cacheType,
    seed,
  },
  exits: [0, 1, 2, 3, 4, 5, 130],
  async *run(_, flags, context) {
    const { bench } = await import('../core/jobs/bench.js');
    const report: BenchReport = yield* bench(
      {
        references: flags.hfRepo.length > 0 ? flags.hfRepo.map((each) => `hf:${each.replace(/^hf:/, '')}`) : flags.model,
        offline: context.global.offline,
        ...(flags.tokenizer === undefined ? {} : { tokenizer: flags.tokenizer }),
        ...(context.global.cacheDir === undefined ? {} : { cacheFolder: context.global.cacheDir }),
        prompts: flags.prompt,
        generations: flags.generate,
        depths: flags.depth,
        threads: flags.threads,
        batches: flags.batchSize,
        repeats: flags.repetitions,
        warmup: flags.warmup,
        ops: flags.ops,
        device: flags.device,
        cacheFormat: flags.cacheType,
        seed: flags.seed < 0 ? randomInt(2 ** 32) : flags.seed,
        ...(flags.compare === undefined ? {} : { compare: flags.compare }),
        gates: flags.gate,
        build: context.version,
      },
      context.signal,
    );
    return report;
  },
  human: (report, { terminal: { stdout } }, flags) => benchFormats[flags.output](report, stdout.tty ? stdout.columns : Infinity),
  notes: ({ complete, compare = [] }) => [
    ...(complete ? [] : ['the rows are of what was measured until then']),
    ...compare.map(
      ({ test, base_ts: base, avg_ts: now, regress }) =>
        `${test}: ${now.toFixed(2)} tokens/s, ${base.toFixed(2)} before (${regress > 0 ? '-' : '+'}${(Math.abs(regress) * 100).toFixed(1)} %)`,
    ),
  ],
});
