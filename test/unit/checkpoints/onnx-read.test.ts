// What exporters write (fixtures/onnx: Optimum, ONNX Runtime's quantizers) and small models by `onnx-proto`: which parameter is read from where.
import { copyFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { onnx as Onnx } from 'onnx-proto';
import { describe, expect, test } from 'vitest';
import { backends } from '../../../src/core/backends/index.js';
import { packageRoot } from '../../../src/core/base/package-root.js';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { decodeTensor } from '../../../src/core/checkpoints/read-tensor.js';
import { understand } from '../../../src/core/families/model.js';
import { createSequences } from '../../../src/core/generate/index.js';
import { disagreement } from '../../support/compare.js';
import { convertTo, familyFolder, newFolder, tensorsOf } from '../../support/convert.js';
import { loadFixture } from '../../support/family-suite.js';
import { readGolden } from '../../support/golden.js';
import { failure, temporaryFolder } from '../../support/hostile-files.js';
import { bytesOf, counting, floats, modelOf, node } from '../../support/onnx-model.js';

const put = temporaryFolder();
const fixture = (name: string): string => join(packageRoot(), 'fixtures', 'onnx', name);

/** A folder with a config and one model. */
function folder(name: string, model: Onnx.IModelProto, file = 'model.onnx'): string {
  const path = put(`${name}/${file}`, bytesOf(model));
  put(`${name}/config.json`, '{"model_type":"llama"}');
  return dirname(path);
}

describe.each(['llama-tied', 'gpt2'])("Optimum's export of %s", (name) => {
  test.each(Object.entries(backends))('has the golden logits on the %s backend', async (_, backend) => {
    if (backend.describe().text === undefined) return;
    const [loaded, golden] = await Promise.all([loadFixture(fixture(name), backend), readGolden(familyFolder(name))]);
    const sequences = createSequences(loaded.engine);
    const sequence = sequences.open();
    const [ids, wanted] = [golden.ids[0]!, golden.logits[0]!];
    await sequences.step([{ sequence, ids, rows: [...ids.keys()] }]);
    const width = wanted.length / ids.length;
    const logits = new Float32Array(wanted.length);
    for (const row of ids.keys()) await sequences.logits(row, logits.subarray(row * width, (row + 1) * width));
    expect(disagreement(logits, wanted, 1e-9)).toBeUndefined();
    await loaded.engine.close();
  });

  test('becomes the safetensors that it was exported from', async () => {
    const back = join(newFolder(), 'back');
    const { report } = await convertTo(fixture(name), [back], { to: ['safetensors'], verify: 'full' });
    expect(report.verify).toMatchObject({ 'tensor-mismatches': 0, top1: 1 });
    const [made, source] = [await tensorsOf(back), await tensorsOf(familyFolder(name))];
    for (const [tensor, facts] of source) expect(made.get(tensor), tensor).toEqual(facts);
  });
});

test('matrices that exporters turned are marked, and nothing else is a tensor', async () => {
  const { tensors, skipped, files } = await openCheckpoint(fixture('llama-tied'));
  expect(tensors.size).toBe(42);
  expect([...tensors.values()].filter(({ transposed }) => transposed === true).length).toBe(22);
  expect(tensors.get('model.layers.0.self_attn.k_proj.weight')).toMatchObject({ shape: [64, 32], transposed: true });
  expect(tensors.get('model.embed_tokens.weight')).not.toHaveProperty('transposed');
  expect([skipped.size, files.length]).toEqual([0, 1]);
  const outside = await openCheckpoint(fixture('gpt2'));
  expect(outside.files.map(({ bytes }) => bytes)).toEqual([132854, 180992]);
  // GPT-2's own files hold (in, out): only its output was turned.
  expect([...outside.tensors.values()].filter(({ transposed }) => transposed === true).map(({ name }) => name)).toEqual(['lm_head.weight']);
});

test.each([
  ['llama-tied-4-bits', 'model.layers.0.self_attn.q_proj.weight', 'MatMulNBits of 4 bits'],
  ['gpt2-int8', 'transformer.h.0.attn.c_attn.weight', 'MatMulInteger'],
  ['gpt2-int8', 'transformer.wte.weight', 'quantized UINT8'],
])('%s is refused by name: %s is %s', async (name, tensor, form) => {
  const checkpoint = await openCheckpoint(fixture(name));
  expect(checkpoint.skipped.get(tensor)).toBe(form);
  expect((await failure(understand(checkpoint)))?.message).toMatch(/is stored as (MatMulNBits of 4 bits|quantized UINT8), which llmx cannot read/);
});

const layer = '/model/layers.3/';
// Initializer and its sides, the node that reads it, and the parameter that it is.
test.each<[string, readonly number[], Onnx.INodeProto | undefined, string, boolean]>([
  [
    'onnx::MatMul_7',
    [2, 3],
    node('MatMul', `${layer}self_attn/q_proj/MatMul`, ['x', 'onnx::MatMul_7']),
    'model.layers.3.self_attn.q_proj.weight',
    true,
  ],
  ['onnx::MatMul_8', [2, 3], node('MatMul', '/lm_head/MatMul', ['x', 'onnx::MatMul_8']), 'lm_head.weight', true],
  ['onnx::Gather_1', [2, 3], node('Gather', '/model/embed_tokens/Gather', ['onnx::Gather_1', 'ids']), 'model.embed_tokens.weight', false],
  ['onnx::Mul_9', [3], node('Mul', `${layer}input_layernorm/Mul_1`, ['onnx::Mul_9', 'x']), 'model.layers.3.input_layernorm.weight', false],
  [
    'g',
    [3],
    node('SkipSimplifiedLayerNormalization', `${layer}post_attention_layernorm/SkipLayerNorm`, ['x', 'y', 'g']),
    'model.layers.3.post_attention_layernorm.weight',
    false,
  ],
  ['b', [3], node('LayerNormalization', '/transformer/ln_f/LayerNormalization', ['x', 'w', 'b']), 'transformer.ln_f.bias', false],
  // onnxruntime-genai
  ['model.layers.3.attn.o_proj.MatMul.weight', [2, 3], undefined, 'model.layers.3.self_attn.o_proj.weight', true],
  ['model.layers.3.attn.o_proj.Add.bias', [3], undefined, 'model.layers.3.self_attn.o_proj.bias', false],
  ['model.layers.3.attn.q_norm.layernorm.weight', [3], undefined, 'model.layers.3.self_attn.q_norm.weight', false],
  ['model.layers.28.final_norm_layernorm.weight', [3], undefined, 'model.norm.weight', false],
  ['lm_head.MatMul.weight', [2, 3], undefined, 'lm_head.weight', true],
  // Names of their own stay.
  [
    'transformer.h.0.attn.c_attn.weight',
    [2, 3],
    node('Gemm', '/transformer/h.0/attn/c_attn/Gemm', ['x', 'transformer.h.0.attn.c_attn.weight']),
    'transformer.h.0.attn.c_attn.weight',
    false,
  ],
  ['backbone.layers.0.mixer.A_log', [2, 3], undefined, 'backbone.layers.0.mixer.A_log', false],
])('%s %j', async (initializer, dims, reader, name, transposed) => {
  const { tensors } = await openCheckpoint(folder(`named-${name}-${dims.length}`, modelOf([counting(initializer, dims, 5)], reader ? [reader] : [])));
  expect([...tensors.keys()]).toEqual([name]);
  const tensor = tensors.get(name)!;
  expect([tensor.shape, tensor.transposed ?? false]).toEqual([dims, transposed]);
  expect((await decodeTensor(tensor))[1]).toBe(6);
});

test('constants of a graph are no parameters, nor are scales', async () => {
  const constants = ['/model/Constant_output_0', 'onnx::Add_4', 'val_17', 'cos_cache', 'model.embed_tokens.weight_scale', 'a.b_zero_point'];
  const nodes = [node('Mul', '/model/layers.0/self_attn/Mul', ['x', 'val_17']), node('Add', '/model/layers.0/mlp/Add', ['x', 'onnx::Add_4'])];
  const { tensors } = await openCheckpoint(
    folder(
      'constants',
      modelOf(
        constants.map((name) => counting(name, [3])),
        nodes,
      ),
    ),
  );
  expect([...tensors.keys()]).toEqual([]);
});

test('a node within a branch tells a name; a bias of a linear layer follows its weight', async () => {
  const linear = [node('MatMul', '/a/b/MatMul', ['x', 'w']), node('Add', '/a/b/Add', ['y', 'v'])];
  const branch = node('If', 'optimum::if', ['c'], { attribute: [{ name: 'then_branch', type: 5, g: { name: 'then', node: linear } }] });
  const { tensors } = await openCheckpoint(folder('branch', modelOf([counting('w', [2, 3]), counting('v', [3])], [branch])));
  expect([...tensors.keys()]).toEqual(['a.b.weight', 'a.b.bias']);
});

test('queries, keys and values in one turned matrix are told', async () => {
  const { tensors, skipped } = await openCheckpoint(folder('packed', modelOf([counting('model.layers.0.attn.qkv_proj.MatMul.weight', [2, 6])])));
  expect([tensors.size, [...skipped]]).toEqual([
    0,
    ['q', 'k', 'v'].map((part) => [`model.layers.0.self_attn.${part}_proj.weight`, 'columns of model.layers.0.attn.qkv_proj.MatMul.weight']),
  ]);
});

test('values in place, as floats, outside, of other types', async () => {
  const initializers: readonly Onnx.ITensorProto[] = [
    { name: 'a.packed', dims: [2, 2], dataType: 1, floatData: [1, 2, 3, 4] },
    { name: 'a.half', dims: [2], dataType: 10, rawData: new Uint8Array([0, 0x3c, 0, 0xc0]) },
    { name: 'a.brain', dims: [2], dataType: 16, rawData: new Uint8Array([0x80, 0x3f, 0, 0xc0]) },
    { name: 'a.words', dims: [2], dataType: 10, int32Data: [0x3c00, 0xc000] },
    { name: 'a.integers', dims: [2], dataType: 7, int64Data: [1, 2] },
    { name: 'a.later', dims: [2], dataType: 99, rawData: new Uint8Array(4) },
    { name: 'a.empty', dims: [0, 4], dataType: 1 },
    { name: 'a.whole', dims: [2], dataType: 1, dataLocation: 1, externalData: [{ key: 'location', value: 'd/w' }] },
    {
      name: 'a.part',
      dims: [1],
      dataType: 1,
      dataLocation: 1,
      externalData: Object.entries({ location: 'd/w', offset: '4', length: '4', checksum: 'x' }).map(([key, value]) => ({ key, value })),
    },
  ];
  const path = folder('values', modelOf(initializers));
  put('values/d/w', floats([7, 8]));
  const { tensors, skipped } = await openCheckpoint(path);
  const decoded = await Promise.all([...tensors].map(async ([name, tensor]) => [name, [...(await decodeTensor(tensor))]] as const));
  expect(Object.fromEntries(decoded)).toEqual({
    'a.packed': [1, 2, 3, 4],
    'a.half': [1, -2],
    'a.brain': [1, -2],
    'a.empty': [],
    'a.whole': [7, 8],
    'a.part': [8],
  });
  expect(Object.fromEntries(skipped)).toEqual({ 'a.words': 'FLOAT16 in single fields', 'a.integers': 'INT64', 'a.later': 'data type 99' });
});

test('where a model lies in a folder', async () => {
  const one = modelOf([counting('a.weight', [2])]);
  const repository = dirname(folder('repository/onnx', one, 'model_fp16.onnx'));
  put('repository/config.json', '{"model_type":"llama","here":1}');
  expect((await openCheckpoint(repository)).files[0]!.path).toBe(join(repository, 'onnx/model_fp16.onnx'));
  const inner = put('repository2/onnx/model.onnx', bytesOf(one));
  put('repository2/onnx/model_q4.onnx', bytesOf(one));
  put('repository2/config.json', '{"model_type":"llama","here":1}');
  for (const path of [inner, dirname(dirname(inner))]) expect(await openCheckpoint(path)).toMatchObject({ format: 'onnx', config: { here: 1 } });
  const several = folder('several', one, 'a.onnx');
  put('several/b.onnx', bytesOf(one));
  expect(await failure(openCheckpoint(several))).toMatchObject({ code: 'not-found', hint: 'Name one of a.onnx, b.onnx' });
  // Weights in a format that holds nothing else come first.
  copyFileSync(join(familyFolder('llama'), 'model.safetensors'), put('several/model.safetensors', ''));
  expect(await openCheckpoint(several)).toMatchObject({ format: 'safetensors' });
});

test('experts and tables of rows that lie transposed are refused', async () => {
  for (const [family, name] of [
    ['mixtral', 'model.layers.0.block_sparse_moe.experts.1.w2.weight'],
    ['llama', 'model.embed_tokens.weight'],
  ] as const) {
    const checkpoint = await openCheckpoint(familyFolder(family));
    const tensor = checkpoint.tensors.get(name)!;
    const turned = { ...tensor, shape: [...tensor.shape].reverse(), transposed: true as const };
    const error = await failure(understand({ ...checkpoint, tensors: new Map([...checkpoint.tensors, [name, turned]]) }));
    expect(error?.message).toMatch(/lies transposed, as \[\d+, \d+\]; llmx reads linear layers alone that way/);
  }
});
