// One part of gpu.sh: makes each synthetic checkpoint, measures llmx and llama.cpp on it and deletes it. `part.mjs PART RECORDS FOLDER SECONDS`
// appends its rows to the file RECORDS; whatever fails is a row that says why. The LLMX_GPU_ variables stand in bench/README.md.
import { existsSync, rmSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchRow } from '../../src/core/jobs/bench-rows.js';
import { blockTypes } from '../synthetic/blocks.js';
import { syntheticBytes } from '../synthetic/checkpoint.js';
import { shapes } from '../synthetic/shapes.js';
import { addRecord, type Peer, type TestRow } from './records.js';
import { runStep } from './step.js';

type ShapeName = keyof typeof shapes;
type TypeName = keyof typeof blockTypes;

interface Model {
  readonly shape: ShapeName;
  readonly type: TypeName;
}

interface Plan {
  readonly models: readonly Model[];
  readonly ops: boolean;
}

/** What counts most comes first: later models get the time that is left. */
const types = ['Q4_K', 'Q4_0', 'Q8_0', 'F16'] as const;
const allTypes = (shape: ShapeName): Plan => ({ models: types.map((type) => ({ shape, type })), ops: false });

const plans: Readonly<Record<string, Plan>> = {
  '1b': allTypes('1b'),
  '8b': allTypes('8b'),
  ops: { models: (['1b', '8b'] as const).map((shape) => ({ shape, type: 'Q4_K' })), ops: true },
};

const root = join(import.meta.dirname, '..');
const llmx = join(root, 'llmx/bin/llmx.js');
const synthetic = join(root, 'bench/synthetic.mjs');
const peerScript = join(process.env['LLMX_GPU_PEER'] ?? join(root, 'peer'), 'peer.mjs');

/** An empty variable counts as none. */
const variable = (name: string, otherwise: string): string => process.env[`LLMX_GPU_${name}`] || otherwise;
const device = variable('DEVICE', 'webgpu');
const prompts = variable('PROMPTS', '512,2048').split(',').map(Number);
const generate = Number(variable('GENERATE', '64'));
const repeats = variable('REPEAT', '3');

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;

const [part, records, folder, seconds] = process.argv.slice(2) as [string, string, string, string];
const deadline = performance.now() + Number(seconds) * 1000;
const secondsUntil = (moment: number): number => (moment - performance.now()) / 1000;

const nameOf = ({ shape, type }: Model): string => `${shape}-${type}`;
const testsOf = ({ ops }: Plan): readonly string[] => [...(ops ? prompts.slice(0, 1) : prompts).map((tokens) => `pp${tokens}`), `tg${generate}`];

function failed(plan: Plan, model: Model, problem: string, status = 1): void {
  say(`${nameOf(model)}: ${problem}`);
  for (const test of testsOf(plan)) addRecord(records, { kind: 'row', part, model: nameOf(model), test, problem, status });
}

function parsed<Value>(text: string): Value | undefined {
  try {
    return JSON.parse(text) as Value;
  } catch {
    return undefined;
  }
}

/** Of peer.mjs's last line. */
interface PeerReport extends Pick<Peer, 'engine' | 'settings'> {
  readonly rates: Readonly<Record<string, readonly number[]>>;
}

/** llama.cpp on the same file; undefined where it was not packed. */
async function race(file: string, until: number): Promise<{ report?: PeerReport; problem?: string } | undefined> {
  if (!existsSync(peerScript)) return undefined;
  if (secondsUntil(until) < 5) return { problem: 'no time left' };
  const words = ['--gpu', 'vulkan', '--prompt', prompts.join(), '--generate', String(generate), '--repeat', repeats];
  const { stdout, problem } = await runStep([peerScript, file, ...words], secondsUntil(until));
  const report = parsed<PeerReport>(stdout.trim().split('\n').at(-1)!);
  return report?.rates === undefined ? { problem: problem ?? 'it printed no rates' } : { report };
}

async function measure(plan: Plan, model: Model, file: string, until: number): Promise<void> {
  const lengths = plan.ops ? prompts.slice(0, 1) : prompts;
  const words = ['-p', lengths.join(), '-n', String(generate), '-r', plan.ops ? '1' : repeats, '-o', 'json', ...(plan.ops ? ['--ops'] : [])];
  const { stdout, problem, status } = await runStep([llmx, 'bench', '--device', device, '-m', file, ...words], secondsUntil(until));
  const rows = parsed<readonly BenchRow[]>(stdout) ?? [];
  const peer = plan.ops ? undefined : await race(file, until);
  for (const test of testsOf(plan)) {
    const row = rows.find((each) => each.test === test);
    const rates = peer?.report?.rates[test];
    const record: TestRow = {
      kind: 'row',
      part,
      model: nameOf(model),
      test,
      ...(row === undefined ? { problem: problem ?? 'llmx bench gave no such row', status } : { llmx: row }),
      ...(rates === undefined ? {} : { peer: { engine: peer!.report!.engine, settings: peer!.report!.settings, rates } }),
      ...(peer?.problem === undefined ? {} : { peerProblem: peer.problem }),
    };
    addRecord(records, record);
    const beside = record.peer === undefined ? '' : `, llama.cpp ${record.peer.rates.map((rate) => rate.toFixed(1)).join(' ')}`;
    say(`${record.model} ${test}: ${row === undefined ? record.problem : `${row.avg_ts.toFixed(1)} tokens/s`}${beside}`);
  }
}

async function runModel(plan: Plan, model: Model, until: number): Promise<void> {
  if (secondsUntil(until) < 10) return failed(plan, model, 'no time left in this part');
  const bytes = syntheticBytes(shapes[model.shape], blockTypes[model.type]) + 2 ** 24;
  const { bavail, bsize } = statfsSync(folder);
  if (bytes > bavail * bsize) return failed(plan, model, `skipped: it takes ${gigabytes(bytes)} of disk, ${gigabytes(bavail * bsize)} are free`);
  const file = join(folder, `${nameOf(model)}.gguf`);
  try {
    const made = await runStep([synthetic, '--shape', model.shape, '--type', model.type, '--out', file], secondsUntil(until));
    if (made.problem !== undefined) return failed(plan, model, `the checkpoint was not made: ${made.problem}`);
    say(`${nameOf(model)}: ${gigabytes(statSync(file).size)} made in ${made.seconds.toFixed(1)} s`);
    await measure(plan, model, file, until);
  } finally {
    for (const each of [file, `${file}.partial`]) rmSync(each, { force: true });
  }
}

/** Whether there is a device at all, before gigabytes are written for it. */
async function deviceProblem(): Promise<Pick<TestRow, 'problem' | 'status'>> {
  const file = join(folder, 'probe.gguf');
  const made = await runStep([synthetic, '--shape', 'tiny', '--type', 'F16', '--out', file], 60);
  if (made.problem !== undefined) return { problem: `the checkpoint was not made: ${made.problem}`, status: 1 };
  const { problem, status } = await runStep([llmx, 'bench', '--device', device, '-m', file, '-p', '1', '-n', '1', '-r', '1'], 60);
  rmSync(file);
  return status === 4 && problem !== undefined ? { problem, status } : {};
}

async function look(): Promise<void> {
  const { stdout, problem } = await runStep([llmx, 'doctor', '--json'], secondsUntil(deadline));
  const report = parsed<{ checks: readonly { id: string; status: string; detail: string; hint: string }[] }>(stdout);
  const findings = (report?.checks ?? []).filter(({ id }) => id === 'webgpu');
  const lines = [
    ...variable('NOTES', '').split('\n'),
    ...findings.map(({ status, detail, hint }) => `${status.padEnd(4)}  ${detail}${hint === '' ? '' : `. ${hint}`}`),
    ...(findings.length > 0 ? [] : [`llmx doctor: ${problem ?? 'it said nothing of graphics devices'}`]),
  ].filter((line) => line !== '');
  addRecord(records, { kind: 'machine', device, lines });
  for (const line of lines) say(line);
}

async function runPart(planned: Plan): Promise<void> {
  const shape = variable('SHAPE', '') as ShapeName | '';
  const plan: Plan = { ...planned, models: planned.models.map((model) => (shape === '' ? model : { ...model, shape })) };
  const { problem, status } = await deviceProblem();
  for (const [index, model] of plan.models.entries()) {
    if (problem !== undefined) failed(plan, model, problem, status);
    else await runModel(plan, model, performance.now() + (deadline - performance.now()) / (plan.models.length - index));
  }
}

const plan = plans[part];
if (part === 'doctor') await look();
else if (plan === undefined) throw new Error(`no part ${part}: one of doctor, ${Object.keys(plans).join(', ')}`);
else await runPart(plan);
