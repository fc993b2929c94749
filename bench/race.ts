// Races llmx against llama.cpp on the same files, in turns A B B A, and prints tokens/s, the median of the pairs' ratios and the share of
// the read ceiling that was measured in the same pairs. Last line JSON. `npx tsx bench/race.ts FILE...`; exit status 3 below the targets.
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { startEngine, type EngineProcess } from './engine-process.js';
import { waitForQuiet } from './quiet.js';
import { startReadBandwidth } from './read-bandwidth.js';

interface Options {
  readonly threads: number;
  readonly pairs: number;
  readonly prompt: number;
  readonly generate: number;
  readonly depth: number;
  readonly batch: number;
  /** Seconds that a pair waits at most for other work on the machine to pause. */
  readonly patience: number;
}

interface Pair {
  /** Tokens/s of both sides. */
  readonly llmx: number;
  readonly peer: number;
  /** GB/s: the best reading before, between and after them. */
  readonly ceiling: number;
  /** Share of all cores that other work took when the pair began. */
  readonly busy: number;
}

const jobs = ['prompt', 'generate'] as const;
type Job = (typeof jobs)[number];

/** The least median ratio to llama.cpp that is asked of llmx. */
const targets = { prompt: 0.5, generate: 0.8 } as const satisfies Record<Job, number>;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

async function rate(engine: EngineProcess, job: Job, options: Options): Promise<number> {
  const seconds = job === 'prompt' ? await engine.prompt(options.prompt) : await engine.generate(options.generate, options.depth);
  return options[job] / seconds;
}

async function racePairs(llmx: EngineProcess, peer: EngineProcess, job: Job, options: Options, ceiling: () => Promise<number>): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let index = 0; index < options.pairs; index++) {
    const busy = await waitForQuiet(options.patience);
    const llmxFirst = index % 2 === 0;
    const readings = [await ceiling()];
    const first = await rate(llmxFirst ? llmx : peer, job, options);
    readings.push(await ceiling());
    const second = await rate(llmxFirst ? peer : llmx, job, options);
    readings.push(await ceiling());
    pairs.push({ llmx: llmxFirst ? first : second, peer: llmxFirst ? second : first, ceiling: Math.max(...readings), busy });
  }
  return pairs;
}

/** `bytes`: what a generated token reads, taken as the whole file; the share of the ceiling means nothing for a prompt. */
function summarize(pairs: readonly Pair[], job: Job, bytes: number) {
  const ratios = pairs.map(({ llmx, peer }) => llmx / peer);
  const share = (side: 'llmx' | 'peer') =>
    job === 'generate' ? median(pairs.map((pair) => (bytes * pair[side]) / (pair.ceiling * 1e9))) : undefined;
  return {
    job,
    llmx: median(pairs.map(({ llmx }) => llmx)),
    peer: median(pairs.map(({ peer }) => peer)),
    ratio: median(ratios),
    least: Math.min(...ratios),
    most: Math.max(...ratios),
    target: targets[job],
    ceiling: median(pairs.map(({ ceiling }) => ceiling)),
    share: { llmx: share('llmx'), peer: share('peer') },
    pairs,
  };
}

type Summary = ReturnType<typeof summarize>;

const percent = (share: number | undefined): string => (share === undefined ? '-' : `${(share * 100).toFixed(0)} %`);
const widths = [10, 12, 17, 26, 14, 10, 12, 17];
const line = (cells: readonly string[]): string =>
  cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('');
const heading = line(['', 'llmx tok/s', 'llama.cpp tok/s', 'ratio [least..most]', 'target', 'read GB/s', 'llmx share', 'llama.cpp share']);

function row(summary: Summary): string {
  const { job, llmx, peer, ratio, least, most, target, ceiling, share } = summary;
  const ratios = `${ratio.toFixed(3)} [${least.toFixed(2)}..${most.toFixed(2)}]`;
  const verdict = `${target} ${ratio >= target ? 'met' : 'missed'}`;
  return line([job, llmx.toFixed(2), peer.toFixed(2), ratios, verdict, ceiling.toFixed(1), percent(share.llmx), percent(share.peer)]);
}

async function raceFile(file: string, options: Options, ceiling: () => Promise<number>) {
  const settings = { file, threads: options.threads, batch: options.batch, context: Math.max(options.prompt, options.depth + options.generate) };
  await using llmx = await startEngine('contender.ts', settings);
  await using peer = await startEngine('peer.mjs', settings);
  const { size: bytes } = statSync(file);
  console.log(
    `\n${basename(file)}, ${(bytes / 1e9).toFixed(3)} GB, ${options.threads} threads, prompt ${options.prompt}, generate ${options.generate} at depth ${options.depth}`,
  );
  for (const { description } of [llmx, peer]) console.log(`${description.engine}: ${description.settings}`);
  console.log(heading);
  const summaries: Summary[] = [];
  for (const job of jobs) {
    const summary = summarize(await racePairs(llmx, peer, job, options, ceiling), job, bytes);
    console.log(row(summary));
    summaries.push(summary);
  }
  return { file: basename(file), bytes, llmx: llmx.description, peer: peer.description, jobs: summaries };
}

function readArguments(): { files: readonly string[]; options: Options } {
  const number = (value: number) => ({ type: 'string', default: String(value) }) as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      threads: number(2),
      pairs: number(9),
      prompt: number(512),
      generate: number(64),
      depth: number(0),
      batch: number(512),
      patience: number(20),
    },
  });
  if (positionals.length === 0) throw new Error('name the files to race on');
  const options = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)])) as { [Name in keyof Options]: number };
  return { files: positionals, options };
}

const { files, options } = readArguments();
using bandwidth = startReadBandwidth(options.threads);
const races = [];
for (const file of files) races.push(await raceFile(file, options, () => bandwidth.measure()));
console.log(JSON.stringify({ options, races }));
if (races.some(({ jobs: summaries }) => summaries.some(({ ratio, target }) => ratio < target))) process.exitCode = 3;
