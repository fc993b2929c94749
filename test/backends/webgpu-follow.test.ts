// Greedy steps that begin before their token is known: one at a time, the same text as without, and the right tokens left whatever ends it.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/core/backends/backend.js';
import type { Device } from '../../src/core/backends/webgpu/device.js';
import { WebGpuEngine } from '../../src/core/backends/webgpu/engine.js';
import { createWebGpu } from '../../src/core/backends/webgpu/index.js';
import { openCheckpoint } from '../../src/core/checkpoints/index.js';
import {
  createSequences,
  defaultSampling,
  generate,
  loadModel,
  type Generated,
  type GenerateOptions,
  type LoadedModel,
  type Sequences,
} from '../../src/core/generate/index.js';
import type { Tokenizer } from '../../src/core/text/tokenizer.js';
import { familyFixtures, loadFixture } from '../support/family-suite.js';
import { readGolden } from '../support/golden.js';
import { prepareSoftGpu, softGpuName, softGpuProblem } from '../support/soft-gpu.js';

await prepareSoftGpu();

const folder = join(familyFixtures, 'llama');
const golden = await readGolden(folder);
const prompt = golden.ids[0]!.slice(0, 8);
const greedy = { ...defaultSampling, temperature: 0 };

/** Every id as its number between brackets: the text says which ids there were. */
const tokenizer: Tokenizer = {
  kind: 'byte-bpe',
  size: 1000,
  special: { addBos: false, addEos: false },
  dropsFirstSpace: false,
  encode: () => [],
  bytes: (id) => Buffer.from(`<${id}>`),
  piece: (id) => `<${id}>`,
  decode: (ids) => ids.map((id) => `<${id}>`).join(''),
  isControl: () => false,
};

type Given = Partial<GenerateOptions>;

interface Outcome extends Pick<Generated, 'text' | 'ids' | 'finishReason'> {
  /** Of the sequence afterwards. */
  readonly held: readonly number[];
  readonly free: Sequences['free'];
}

/** Over one engine, and as if it could not follow where `follows` is false. `onToken` hears of each. */
async function outcome(loaded: LoadedModel, given: Given, follows = true, onToken: (i: number) => void = () => {}): Promise<Outcome> {
  const all = createSequences(loaded.engine);
  const { follow: _, ...others } = all;
  const sequences: Sequences = follows ? all : others;
  const sequence = sequences.open();
  const job = generate(loaded, tokenizer, sequences, sequence, prompt, { maxTokens: 10, sampling: greedy, eos: [], stop: [], ...given });
  for (;;) {
    const step = await job.next();
    if (step.done) {
      const { text, ids, finishReason } = step.value;
      return { text, ids, finishReason, held: [...sequence.tokens], free: { ...all.free } };
    }
    if (step.value.type === 'token') onToken(step.value.i);
  }
}

/** What a device is told, in order: submissions, the beginning of a readback, and when it is known here. */
type Told = 'submit' | 'read' | 'known';

/** The device, with a record of what it is told. */
function recorded(device: Device, told: Told[]): Device {
  const { queue } = device.gpu;
  const bound = (target: object, name: string | symbol): unknown => {
    const found: unknown = Reflect.get(target, name);
    return typeof found === 'function' ? (found as (...args: unknown[]) => unknown).bind(target) : found;
  };
  const ownQueue = new Proxy(queue, {
    get: (target, name) => {
      if (name !== 'submit') return bound(target, name);
      return (commands: GPUCommandBuffer[]) => {
        told.push('submit');
        target.submit(commands);
      };
    },
  });
  const ownBuffer = (descriptor: GPUBufferDescriptor): GPUBuffer => {
    const buffer = device.gpu.createBuffer(descriptor);
    const read = buffer.mapAsync.bind(buffer);
    buffer.mapAsync = async (...given) => {
      told.push('read');
      await read(...given);
      told.push('known');
    };
    // The null device leaves memory as it was.
    buffer.getMappedRange = (_offset, size = buffer.size) => new ArrayBuffer(size);
    return buffer;
  };
  const gpu = new Proxy(device.gpu, {
    get: (target, name) => (name === 'queue' ? ownQueue : name === 'createBuffer' ? ownBuffer : bound(target, name)),
  });
  return { ...device, gpu };
}

test('the step of a token is submitted before the token is known, and no step beyond it', async () => {
  const told: Told[] = [];
  const backend = createWebGpu({ api: 'null' });
  const recording: Backend = { ...backend, open: async (model, options) => WebGpuEngine.open(recorded(await backend.ready(), told), model, options) };
  const loaded = await loadFixture(folder, recording);
  const at: number[] = [];
  // Answers are zeros: token 0, again and again.
  const { ids } = await outcome(loaded, { maxTokens: 6 }, true, () => at.push(told.length));
  await loaded.engine.close();
  expect(ids).toEqual([0, 0, 0, 0, 0, 0]);
  const ofToken = at.map((end, i) => told.slice(i === 0 ? told.indexOf('read') - 1 : at[i - 1], end));
  for (const each of ofToken.slice(0, -1)) expect(each).toEqual(['submit', 'read', 'submit', 'known']);
  // The last token has no step.
  expect(ofToken[5]).toEqual(['submit', 'read', 'known']);
});

describe.skipIf(softGpuProblem !== undefined)(`on SwiftShader${softGpuProblem === undefined ? '' : ` (skipped: ${softGpuProblem})`}`, () => {
  let loaded: LoadedModel;
  let whole: Outcome;
  beforeAll(async () => {
    loaded = await loadFixture(folder, createWebGpu({ name: softGpuName }));
    whole = await outcome(loaded, {}, false);
    expect(whole.ids).toEqual(golden.greedy[0]!.slice(0, 10));
  });
  afterAll(async () => loaded.engine.close());

  const endings: readonly (readonly [what: string, given: () => Given])[] = [
    ['the most tokens', () => ({})],
    ['one token', () => ({ maxTokens: 1 })],
    ['the end of the context', () => ({ maxTokens: -1 })],
    ['an end token', () => ({ eos: [whole.ids[4]!] })],
    ['an end token at once', () => ({ eos: [whole.ids[0]!] })],
    ['a stop string', () => ({ stop: [`${whole.ids[3]}>`] })],
    ['a stop string in the last token', () => ({ stop: [tokenizer.decode(whole.ids.slice(-2))] })],
    [
      'an interruption',
      () => ({
        isInterrupted: (
          (calls) => () =>
            ++calls > 5
        )(0),
      }),
    ],
  ];
  for (const [what, given] of endings)
    test(`${what}: the same text and the same tokens held as without`, async () => {
      const without = await outcome(loaded, given(), false);
      expect(await outcome(loaded, given())).toEqual(without);
      expect(without.ids.length).toBeGreaterThan(0);
    });

  test('what comes behind a step that was taken back', async () => {
    const sequences = createSequences(loaded.engine);
    const logits = async (cut: boolean): Promise<Float32Array> => {
      const sequence = sequences.open();
      await sequences.step([{ sequence, ids: prompt, rows: [prompt.length - 1] }]);
      if (cut) {
        await sequences.follow!(sequence, 0);
        expect(sequence.tokens).toEqual([...prompt, whole.ids[0]]);
        await sequences.truncate(sequence, prompt.length);
      }
      await sequences.step([{ sequence, ids: [7], rows: [0] }]);
      const row = new Float32Array(loaded.model.h.vocabulary);
      await sequences.logits(0, row);
      sequences.close(sequence);
      return row;
    };
    expect(await logits(true)).toEqual(await logits(false));
  });

  test('nothing else runs while a token is not known', async () => {
    const sequences = createSequences(loaded.engine);
    const sequence = sequences.open();
    await sequences.step([{ sequence, ids: prompt, rows: [prompt.length - 1] }]);
    const first = sequences.follow!(sequence, 0);
    await expect(sequences.step([{ sequence, ids: [1], rows: [] }])).rejects.toThrow('a step is running');
    await first;
    expect(sequence.tokens).toHaveLength(prompt.length + 1);
  });

  test('a logit that is no number is told and appends nothing', async () => {
    const { engine } = loaded;
    const { values, outputs } = engine.program;
    const sequences = createSequences(engine);
    const sequence = sequences.open();
    await sequences.step([{ sequence, ids: prompt, rows: [prompt.length - 1] }]);
    await engine.write(outputs['logits']!, new Float32Array(values[outputs['logits']!]!.type.shape[1] as number).fill(NaN));
    const { logits } = await sequences.follow!(sequence, 0);
    expect(logits[0]).toBeNaN();
    expect(sequence.tokens).toEqual(prompt);
  });

  test('states that cannot go back are not followed, nor is an engine that times its ops', async () => {
    const backend = createWebGpu({ name: softGpuName });
    const recurrent = await loadFixture(join(familyFixtures, 'mamba'), backend);
    const timed = await loadModel(await openCheckpoint(folder), backend, { contextLength: 32, threads: 1, profile: true });
    expect([recurrent, timed].map(({ engine }) => createSequences(engine).follow)).toEqual([undefined, undefined]);
    await recurrent.engine.close();
    await timed.engine.close();
  });

  test('a device that is lost in between: the tokens before it are held, and the loss is told', async () => {
    const backend = createWebGpu({ name: softGpuName });
    const lost = await loadFixture(folder, backend);
    const sequences = createSequences(lost.engine);
    const sequence = sequences.open();
    await sequences.step([{ sequence, ids: prompt, rows: [prompt.length - 1] }]);
    const { ids } = await sequences.follow!(sequence, 0);
    const next = sequences.follow!(sequence, 0);
    (await backend.ready()).gpu.destroy();
    await expect(next).rejects.toMatchObject({ code: 'device-lost' });
    expect(sequence.tokens).toEqual([...prompt, ids[0]]);
    await lost.engine.close();
  });
});
