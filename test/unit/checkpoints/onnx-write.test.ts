// Written ONNX models: decoded by `onnx-proto`, their graphs run by an interpreter of their own against the families' golden logits.
// ONNX's checker and ONNX Runtime judge them too, by hand: fixtures/make/goldens/judge-onnx.py.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { onnx as Onnx } from 'onnx-proto';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { onnx } from '../../../src/core/checkpoints/onnx.js';
import { translate } from '../../../src/core/checkpoints/onnx/translate.js';
import { plannedFileBytes } from '../../../src/core/checkpoints/planned-file.js';
import { readTensorBytes } from '../../../src/core/checkpoints/read-tensor.js';
import type { StepProgram } from '../../../src/core/checkpoints/writer.js';
import { numberFormats } from '../../../src/core/numbers/index.js';
import { createGraphBuilder } from '../../../src/core/graph/builder.js';
import { disagreement } from '../../support/compare.js';
import { convertTo, familyFolder, newFolder } from '../../support/convert.js';
import { familyFixtureNames } from '../../support/family-suite.js';
import { readGolden } from '../../support/golden.js';
import { failure } from '../../support/hostile-files.js';
import { interpreter, type Array64, type Interpreter } from '../../support/onnx-interpreter.js';

const formats: Readonly<Record<number, keyof typeof numberFormats>> = { 1: 'f32', 10: 'f16', 16: 'bf16' };
const entriesOf = ({ externalData }: Onnx.ITensorProto): Readonly<Record<string, string>> =>
  Object.fromEntries(externalData!.map(({ key, value }) => [key!, value!]));

/** The values of an initializer, in place or in the file beside the model. */
function values(folder: string, initializer: Onnx.ITensorProto): Array64 {
  const shape = initializer.dims!.map(Number);
  const { location, offset, length } = entriesOf(initializer);
  const outside = location === undefined ? undefined : readFileSync(join(folder, location)).subarray(Number(offset), Number(offset) + Number(length));
  const bytes = Uint8Array.from(outside ?? initializer.rawData!);
  if (initializer.dataType === 7) return { shape, data: Float64Array.from(new BigInt64Array(bytes.buffer), Number) };
  const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
  numberFormats[formats[initializer.dataType!]!].decode([bytes], data);
  return { shape, data: Float64Array.from(data) };
}

const open = (folder: string, name = 'model.onnx'): Interpreter =>
  interpreter(readFileSync(join(folder, name)), (initializer) => values(folder, initializer));

const array = (shape: readonly number[], data: ArrayLike<number>): Array64 => ({ shape, data: Float64Array.from(data) });
const sidesOf = (value: Onnx.IValueInfoProto): readonly (number | string)[] =>
  value.type!.tensorType!.shape!.dim!.map(({ dimValue, dimParam }) => dimParam || Number(dimValue));

/** Both rows of a golden prompt as one batch, `chunk` tokens at a time, states handed on. */
function logitsOf({ model, run }: Interpreter, ids: readonly (readonly number[])[], chunk: number): readonly Float32Array[] {
  const given = model.graph!.input!;
  const names = given.map(({ name }) => name!);
  const [batch, length] = [ids.length, ids[0]!.length];
  const empty = (value: Onnx.IValueInfoProto): Array64 => {
    const shape = sidesOf(value).map((side) => (side === 'batch_size' ? batch : side === 'past_sequence_length' ? 0 : Number(side)));
    return array(shape, new Float64Array(shape.reduce((product, side) => product * side, 1)));
  };
  let states = Object.fromEntries(given.filter(({ name }) => name!.startsWith('past_')).map((value) => [value.name!, empty(value)]));
  const rows = ids.map((): number[] => []);
  for (let begin = 0; begin < length; begin += chunk) {
    const count = Math.min(chunk, length - begin);
    const inputs: Record<string, Array64> = {
      input_ids: array(
        [batch, count],
        ids.flatMap((row) => row.slice(begin, begin + count)),
      ),
      attention_mask: array([batch, begin + count], new Array<number>(batch * (begin + count)).fill(1)),
      position_ids: array(
        [batch, count],
        ids.flatMap(() => Array.from({ length: count }, (_, at) => begin + at)),
      ),
      ...states,
    };
    const outputs = run(Object.fromEntries(Object.entries(inputs).filter(([name]) => names.includes(name))));
    states = Object.fromEntries(Object.keys(states).map((name) => [name, outputs.get(name.replace(/^past(_key_values)?/, 'present'))!]));
    const logits = outputs.get('logits')!;
    expect(logits.shape.slice(0, 2)).toEqual([batch, count]);
    const width = logits.data.length / batch;
    for (const [row, all] of rows.entries()) all.push(...logits.data.subarray(row * width, (row + 1) * width));
  }
  return rows.map((row) => Float32Array.from(row));
}

async function agree(model: Interpreter, name: string, chunk: number, tolerance = 1e-10): Promise<void> {
  const golden = await readGolden(familyFolder(name));
  for (const [row, logits] of logitsOf(model, golden.ids, chunk).entries())
    expect(disagreement(logits, golden.logits[row]!, tolerance), `row ${row}, chunks of ${chunk}`).toBeUndefined();
}

test('a rotary table that changes with the context is refused', async () => {
  const written = convertTo(familyFolder('llama-longrope'), [join(newFolder(), 'out')], { to: ['onnx'] });
  await expect(written).rejects.toMatchObject({ code: 'unsupported', message: expect.stringMatching(/longrope .* a graph holds one/) as string });
});

describe.each(familyFixtureNames.filter((name) => name !== 'llama-longrope'))('%s', (name) => {
  test('the graph computes the golden logits at once and in chunks; weights are the files own', async () => {
    const folder = newFolder();
    await convertTo(familyFolder(name), [join(folder, 'out')], { to: ['onnx'] });
    const model = open(join(folder, 'out'));
    await agree(model, name, 24);
    await agree(model, name, 7);
    const source = await openCheckpoint(familyFolder(name));
    const back = await openCheckpoint(join(folder, 'out'));
    expect([...back.tensors.keys()].sort()).toEqual([...source.tensors.keys()].sort());
    for (const [tensor, { shape }] of source.tensors) {
      expect(back.tensors.get(tensor)!.shape).toEqual(shape);
      expect(back.tensors.get(tensor)!.transposed).toBeUndefined();
      expect(await readTensorBytes(back.tensors.get(tensor)!), tensor).toEqual(await readTensorBytes(source.tensors.get(tensor)!));
    }
  });
});

test('a GGUF in pair order, weights outside, halves: the same logits as far as the type allows', async () => {
  const folder = newFolder();
  const path = join(folder, 'm.onnx');
  await convertTo(join(familyFolder('llama'), 'model.gguf'), [path], { layout: { externalData: 'always' } });
  expect(readdirSync(folder).sort()).toEqual(['config.json', 'm.onnx', 'm.onnx.lineage.json', 'm.onnx_data']);
  const model = open(folder, 'm.onnx');
  await agree(model, 'llama', 24);
  const outside = model.model.graph!.initializer!.filter(({ externalData }) => externalData!.length > 0);
  expect(outside.length).toBeGreaterThan(20);
  const ends = outside.map(entriesOf).map(({ location, offset, length }) => {
    expect([location, Number(offset) % 4096]).toEqual(['m.onnx_data', 0]);
    return Number(offset) + Number(length);
  });
  expect(Math.max(...ends)).toBe(readFileSync(join(folder, 'm.onnx_data')).length);
  for (const [type, tolerance] of [
    ['f16', 1e-5],
    ['bf16', 1e-3],
  ] as const) {
    await convertTo(familyFolder('mixtral'), [join(folder, type)], { to: ['onnx'], types: { format: type, rules: [] } });
    await agree(open(join(folder, type)), 'mixtral', 24, tolerance);
  }
});

test.each([13, 17, 18, 21])('operator set %i', async (opset) => {
  const folder = newFolder();
  await convertTo(familyFolder('gpt2'), [join(folder, 'out')], { to: ['onnx'], layout: { opset } });
  const model = open(join(folder, 'out'));
  expect(model.model.opsetImport!.map(({ domain, version }) => [domain, Number(version)])).toEqual([['', opset]]);
  await agree(model, 'gpt2', 24);
});

test('inputs and outputs have the names and shapes that Optimum gives them', async () => {
  const folder = newFolder();
  await convertTo(familyFolder('llama'), [join(folder, 'out')], { to: ['onnx'] });
  const { graph, irVersion } = open(join(folder, 'out')).model;
  const shapes = (of: readonly Onnx.IValueInfoProto[]) => Object.fromEntries(of.map((value) => [value.name!, sidesOf(value)]));
  const [batch, sequence, past, total] = ['batch_size', 'sequence_length', 'past_sequence_length', 'past_sequence_length + sequence_length'];
  const cache = (begin: string, side: string) =>
    Object.fromEntries([0, 1, 2].flatMap((layer) => ['key', 'value'].map((kind) => [`${begin}.${layer}.${kind}`, [batch, 2, side, 8]])));
  expect(Number(irVersion)).toBe(8);
  expect(shapes(graph!.input!)).toEqual({
    input_ids: [batch, sequence],
    attention_mask: [batch, total],
    position_ids: [batch, sequence],
    ...cache('past_key_values', past!),
  });
  expect(shapes(graph!.output!)).toEqual({ logits: [batch, sequence, 99], ...cache('present', total!) });
  const names = graph!.node!.map(({ name }) => name!);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toContain('/model/layers.2/mlp/down_proj/Gemm');
  // Tied weights are one initializer.
  await convertTo(familyFolder('llama-tied'), [join(folder, 'tied')], { to: ['onnx'] });
  const tied = open(join(folder, 'tied')).model.graph!.initializer!.filter(({ dims }) => Number(dims![0]) === 256);
  expect(tied.map(({ name }) => name)).toEqual(['model.embed_tokens.weight']);
});

test('left padding: a row that begins later has the logits of the row alone', async () => {
  const folder = newFolder();
  await convertTo(familyFolder('qwen3'), [join(folder, 'out')], { to: ['onnx'] });
  const model = open(join(folder, 'out'));
  const { ids, logits } = await readGolden(familyFolder('qwen3'));
  const empty = model.model.graph!.input!.filter(({ name }) => name!.startsWith('past_'));
  const outputs = model.run({
    input_ids: array([2, 8], [...ids[0]!.slice(0, 8), 0, 0, 0, ...ids[1]!.slice(0, 5)]),
    attention_mask: array([2, 8], [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1]),
    position_ids: array([2, 8], [0, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 1, 2, 3, 4]),
    ...Object.fromEntries(empty.map((value) => [value.name!, array([2, Number(sidesOf(value)[1]), 0, Number(sidesOf(value)[3])], [])])),
  });
  const [width, all] = [logits[1]!.length / 24, outputs.get('logits')!.data];
  expect(disagreement(Float32Array.from(all.subarray(11 * width)), logits[1]!.subarray(0, 5 * width), 1e-10)).toBeUndefined();
});

/** A graph of a few nodes over one weight. */
function programOf(build: (g: ReturnType<typeof createGraphBuilder>) => void): StepProgram {
  const g = createGraphBuilder({ find: (name) => (name === 'w.weight' ? { leaf: 'weight', type: { shape: [4, 4], format: 'f32' } } : undefined) });
  build(g);
  return { graph: g.finish(), weights: new Map([['w.weight', { tensors: ['a.w.weight'], transposed: false }]]), constants: new Map() };
}
const plan = { name: 'a.w.weight', shape: [4, 4], format: 'f32' } as const;

test('a window hides what lies further back', () => {
  const program = programOf((g) => {
    const x = g.reshape(g.embed(g.input('ids'), g.weight('w.weight')), ['tokens', 1, 4]);
    const [keys, cached] = [g.cacheWrite(g.state('k', ['pages', 1, 1, 4], 'f32'), x), g.cacheWrite(g.state('v', ['pages', 1, 1, 4], 'f32'), x)];
    g.output('logits', g.reshape(g.attention(x, keys, cached, { scale: 1, window: 2 }), ['tokens', 4]));
  });
  const files = onnx.write!.layout({ config: {}, beside: new Map(), metadata: new Map(), tensors: [plan], program }, {});
  const identity = new Float32Array(16).map((_, index) => (index % 5 === 0 ? 1 : 0));
  const bytes = Buffer.concat(files[0]!.pieces.map((piece) => (piece.kind === 'bytes' ? piece.bytes : new Uint8Array(identity.buffer))));
  const { run } = interpreter(bytes, (initializer) => values('', initializer));
  const state = array([1, 1, 0, 4], []);
  const outputs = run({
    input_ids: array([1, 3], [0, 1, 2]),
    attention_mask: array([1, 3], [1, 1, 1]),
    'past_key_values.0.key': state,
    'past_key_values.0.value': state,
  });
  const [near, far] = [1 / (1 + Math.exp(-1)), 1 / (1 + Math.exp(1))];
  const wanted = [1, 0, 0, 0, far, near, 0, 0, 0, far, near, 0];
  outputs.get('logits')!.data.forEach((value, index) => expect(value).toBeCloseTo(wanted[index]!, 12));
});

test('what cannot be written is said', async () => {
  const folder = newFolder();
  expect(await failure(convertTo(familyFolder('llama'), [join(folder, 'a')], { to: ['onnx'], layout: { opset: 12 } }))).toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('operator set 12') as string,
  });
  expect(
    await failure(convertTo(familyFolder('llama'), [join(folder, 'b')], { to: ['onnx'], selection: { vocabularyOnly: false, exclude: /mlp-up/ } })),
  ).toMatchObject({ code: 'unsupported', message: expect.stringContaining('layer.0.mlp-up.weight is left out') as string });
  const huge = { name: 'a.w.weight', shape: [2 ** 15, 2 ** 15], format: 'f32' } as const;
  const program = programOf((g) => g.output('logits', g.embed(g.input('ids'), g.weight('w.weight'))));
  const contents = { config: {}, beside: new Map(), metadata: new Map(), tensors: [huge], program };
  const layout = (externalData: 'auto' | 'never') => onnx.write!.layout(contents, { fileName: 'm.onnx', externalData });
  expect(() => layout('never')).toThrow(/m\.onnx: 4294\d{6} bytes in one ONNX file, which holds at most 2147483647/);
  const [model, data, config] = layout('auto');
  expect([model!.name, data!.name, config!.name]).toEqual(['m.onnx', 'm.onnx_data', 'config.json']);
  expect([plannedFileBytes(model!) < 2000, plannedFileBytes(data!)]).toEqual([true, 2 ** 32]);
  const fused = programOf((g) =>
    g.output(
      'logits',
      g.apply('linear-gated', [g.embed(g.input('ids'), g.weight('w.weight')), g.weight('w.weight'), g.weight('w.weight')], {
        expression: ['a', 'b', 'add'],
      })[0]!,
    ),
  );
  expect(() => translate(fused, [plan], 17)).toThrow(/the graph's op linear-gated has no form in ONNX/);
  expect(() => translate(fused, [], 17)).toThrow(/an ONNX graph needs the tensor a\.w\.weight/);
});
