// llmx convert against cp and sync of the same bytes, in the same run: `npx tsx bench/convert.ts [--shape 2b] [--rounds 3] [--folder DIR]`.
// Re-layout (GGUF to safetensors, rotary rows moved) and bf16 to f16; peak anonymous memory; what verification and digests cost beside it.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeSynthetic } from './synthetic/checkpoint.js';
import { blockTypes } from './synthetic/blocks.js';
import { shapes, type Shape } from './synthetic/shapes.js';

const bin = new URL('../bin/llmx.js', import.meta.url).pathname;
const sampleMilliseconds = 20;

interface Job {
  readonly name: string;
  readonly args: (input: string, output: string) => readonly string[];
  /** Share of the speed of cp and sync that it must reach. */
  readonly target?: number;
}

const jobs: readonly Job[] = [
  { name: 're-layout', args: (input, output) => [input, '-o', output, '--to', 'safetensors', '--verify', 'none'], target: 0.8 },
  { name: 'bf16 -> f16', args: (input, output) => [input, '-o', `${output}.gguf`, '--outtype', 'f16', '--verify', 'none'], target: 0.6 },
];

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly seconds: number;
  /** Most bytes of anonymous memory, looked at every 20 ms. */
  readonly anonymous: number;
}

function anonymousBytes(pid: number | undefined): number {
  try {
    return 1024 * Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function run(command: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const began = performance.now();
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let stdout = '';
    let anonymous = 0;
    const timer = setInterval(() => (anonymous = Math.max(anonymous, anonymousBytes(child.pid))), sampleMilliseconds);
    child.stdout.on('data', (part: Buffer) => (stdout += part.toString()));
    child.on('close', (code) => {
      clearInterval(timer);
      resolve({ code, stdout, seconds: (performance.now() - began) / 1000, anonymous });
    });
  });
}

async function copy(input: string, folder: string): Promise<number> {
  const target = join(folder, 'copy');
  const { seconds } = await run('sh', ['-c', 'cp "$0" "$1" && sync "$1"', input, target]);
  rmSync(target);
  return seconds;
}

interface Converted {
  readonly write: number;
  readonly verify: number;
  readonly hash: number;
  readonly anonymous: number;
}

async function convert(args: readonly string[], folder: string): Promise<Converted> {
  const { code, stdout, anonymous } = await run(process.execPath, [bin, 'convert', ...args, '--force', '--json', '-q']);
  if (code !== 0 && code !== 3) throw new Error(`llmx convert ${args.join(' ')} exited ${code}: ${stdout}`);
  const { seconds } = JSON.parse(stdout) as { seconds: Omit<Converted, 'anonymous'> };
  rmSync(join(folder, 'out'), { recursive: true, force: true });
  rmSync(join(folder, 'out.gguf'), { force: true });
  return { ...seconds, anonymous };
}

const median = (values: readonly number[]): number => [...values].sort((left, right) => left - right)[values.length >> 1]!;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      shape: { type: 'string', default: '2b' },
      rounds: { type: 'string', default: '3' },
      folder: { type: 'string' },
      input: { type: 'string' },
    },
  });
  const folder = mkdtempSync(join(values.folder ?? tmpdir(), 'llmx-bench-convert-'));
  const input = values.input ?? join(folder, 'input.gguf');
  if (!existsSync(input)) writeSynthetic(input, 'synthetic', (shapes as Readonly<Record<string, Shape>>)[values.shape]!, blockTypes.BF16, 1);
  const bytes = statSync(input).size;
  console.log(`${(bytes / 1e9).toFixed(2)} GB, ${values.rounds} rounds; cp and sync, then llmx, in turns`);
  try {
    const records: object[] = [];
    for (const { name, args, target } of jobs) {
      const pairs: { readonly copy: number; readonly converted: Converted }[] = [];
      for (let round = 0; round < Number(values.rounds); round++)
        pairs.push({ copy: await copy(input, folder), converted: await convert(args(input, join(folder, 'out')), folder) });
      const ratio = median(pairs.map((pair) => pair.copy / pair.converted.write));
      const write = median(pairs.map(({ converted }) => converted.write));
      const peak = Math.max(...pairs.map(({ converted }) => converted.anonymous));
      const hash = median(pairs.map(({ converted }) => converted.hash));
      const speed = (seconds: number): string => `${(bytes / 1e6 / seconds).toFixed(0)} MB/s`;
      console.log(
        `${name.padEnd(12)} ${speed(write)}, cp and sync ${speed(median(pairs.map((pair) => pair.copy)))}: ${(100 * ratio).toFixed(0)} % ` +
          `(target ${100 * (target ?? 0)} %: ${ratio >= (target ?? 0) ? 'met' : 'missed'}); peak anonymous memory ${megabytes(peak)}; digests ${hash.toFixed(1)} s`,
      );
      records.push({ name, ratio, target, pairs });
    }
    const quick = await convert([input, '-o', join(folder, 'out'), '--to', 'safetensors', '--verify', 'quick'], folder);
    console.log(
      `verify quick ${quick.verify.toFixed(1)} s beside ${quick.write.toFixed(1)} s of writing; peak anonymous memory with it ${megabytes(quick.anonymous)}`,
    );
    console.log(JSON.stringify({ bytes, records, quick }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
