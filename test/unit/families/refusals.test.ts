// Configs that would be computed wrongly, or not at all, are refused in words that name the field; nothing is refused in silence or crashes.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LlmxError } from '../../../src/core/base/error.js';
import type { Json } from '../../../src/core/base/event.js';
import type { Checkpoint, Tensor } from '../../../src/core/checkpoints/checkpoint.js';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { understand } from '../../../src/core/families/model.js';
import { temporaryFolder } from '../../support/hostile-files.js';

const root = join(import.meta.dirname, '../../../fixtures/families');
type Change = Readonly<Record<string, Json | undefined>>;

/** A fixture with fields of its config changed; undefined takes one away. */
async function changed(name: string, change: Change): Promise<Checkpoint> {
  const checkpoint = await openCheckpoint(join(root, name));
  return { ...checkpoint, config: { ...checkpoint.config, ...change } };
}

async function refusal(checkpoint: Checkpoint): Promise<LlmxError> {
  const start = performance.now();
  const error = await understand(checkpoint).then(
    () => expect.fail('it was understood'),
    (thrown: unknown) => thrown as LlmxError,
  );
  expect(error).toBeInstanceOf(LlmxError);
  expect(error.exitCode).toBe(4);
  expect(error.message).not.toMatch(/[\0-\x1f\x7f]/);
  expect(performance.now() - start).toBeLessThan(3000);
  return error;
}

const dynamic = { rope_type: 'dynamic', factor: 4, rope_theta: 10000 };
const yarn = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 16, rope_theta: 10000 };
const longrope = { rope_type: 'longrope', original_max_position_embeddings: 16, short_factor: [1, 1, 1] };
const llama3 = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 64, rope_theta: 1e4 };

describe.each<readonly [string, Change, RegExp]>([
  ['llama', { hidden_act: 'gelu' }, /hidden_act is "gelu"/],
  ['llama', { embedding_multiplier: 12 }, /embedding_multiplier = 12 is unknown/],
  ['llama', { 'a\u001b[31m': 'x'.repeat(100) }, /config field "a\\u001b\[31m" = "x{77}\.\.\." is unknown/],
  ['llama', { sliding_window: 128 }, /sliding_window is 128/],
  ['llama', { num_attention_heads: -4 }, /heads is -4/],
  ['llama', { num_attention_heads: 4.5 }, /heads is 4.5/],
  ['llama', { num_attention_heads: 3 }, /3 heads cannot share 2/],
  ['llama', { num_attention_heads: undefined }, /num_attention_heads is missing$/],
  ['llama', { num_hidden_layers: 0 }, /layers is 0/],
  ['llama', { num_hidden_layers: 1e9 }, /layers is 1000000000/],
  ['llama', { num_hidden_layers: 2048 }, /2048 layers take at least 18434 tensors, the checkpoint has 30/],
  ['llama', { num_hidden_layers: '3' }, /num_hidden_layers is "3", expected one number/],
  ['llama', { num_hidden_layers: [3] }, /num_hidden_layers is a list, expected one number/],
  ['llama', { num_hidden_layers: true }, /num_hidden_layers is true, expected one number/],
  ['llama', { num_hidden_layers: 4 }, /tensor model\.layers\.3\.[a-z_.]+ is missing/],
  ['llama', { num_hidden_layers: 2 }, /tensors belong to nothing/],
  ['llama', { vocab_size: 100 }, /is \[99, 64\], the config asks for \[100, 64\]/],
  ['llama', { max_position_embeddings: 2 ** 40 }, /max_position_embeddings is 1099511627776/],
  ['llama', { head_dim: 7 }, /asks for|rotary width 7/],
  ['llama', { head_dim: 1e9 }, /head_dim is 1000000000/],
  ['llama', { model_type: 'martian' }, /architecture "martian" is not supported/],
  ['llama', { model_type: '__proto__' }, /architecture "__proto__" is not supported/],
  ...[0, -1, 1e9, NaN, -0].map((rms_norm_eps) => ['llama', { rms_norm_eps }, /rms_norm_eps is [-\w]+, expected a number above 0/] as const),
  ['llama', { rms_norm_eps: 'x' }, /rms_norm_eps is "x", expected one number/],
  ['llama', { rms_norm_eps: null }, /rms_norm_eps is missing/],
  ['llama', { rms_norm_eps: undefined }, /rms_norm_eps is missing/],
  ['gpt2', { layer_norm_epsilon: 0 }, /layer_norm_epsilon is 0/],
  ['llama', { tie_word_embeddings: 'true' }, /tie_word_embeddings is "true", expected true or false/],
  ['llama-tied', { tie_word_embeddings: false }, /tensor lm_head\.weight is missing, and tie_word_embeddings is false/],
  ['mixtral', { num_experts_per_tok: 9 }, /wants 9 of 4 experts/],
  ['mixtral', { num_local_experts: 3e7 }, /experts is 30000000, expected a whole number/],
  ['mixtral', { num_local_experts: 65536 }, /layers of 65536 experts take at least \d{6} tensors, the checkpoint has \d+$/],
  ['mixtral', { num_local_experts: 65536, num_hidden_layers: 2048 }, /2048 layers of 65536 experts take at least 402667522 tensors/],
  ['mixtral', { num_local_experts: 5 }, /tensor model\.layers\.0\.block_sparse_moe\.experts\.4\.w1\.weight is missing|asks for \[5, /],
  ['gpt2', { scale_attn_by_inverse_layer_idx: true }, /scale_attn_by_inverse_layer_idx is true/],
  ['mamba', { conv_kernel: 0 }, /conv_kernel is 0/],
  ['mamba', { time_step_rank: 'auto' }, /time_step_rank is "auto", expected one number/],
  // what the tensors contradict
  ['llama', { attention_bias: true }, /attention_bias is true, and the checkpoint lacks the tensors/],
  ['llama-tied', { attention_bias: false }, /attention_bias is false, and the checkpoint has the tensors/],
  ['llama', { mlp_bias: true }, /mlp_bias is true/],
  ['mamba', { use_conv_bias: false }, /use_conv_bias is false, and the checkpoint has the tensors/],
  ['llama', { tie_word_embeddings: true }, /lm_head\.weight is not model\.embed_tokens\.weight, and tie_word_embeddings is true/],
  ['llama', { is_causal: false }, /is_causal is false/],
  ['llama/model.gguf', { 'llama.attention.causal': false }, /llama\.attention\.causal is false/],
  ['llama/model.gguf', { 'llama.unheard': false }, /llama\.unheard = false is unknown/],
  // rotary positions
  ['llama', { rope_parameters: dynamic }, /rope scaling "dynamic"/],
  ['llama', { rope_parameters: null, rope_scaling: dynamic }, /rope scaling "dynamic"/],
  ['llama', { rope_parameters: { ...yarn, factor: 0 } }, /rope scaling factor is 0/],
  ['llama', { rope_parameters: { ...yarn, rope_theta: 1 } }, /rotary base is 1, yarn needs one above 1/],
  ['llama', { rope_parameters: { ...yarn, beta_slow: -1 } }, /rope scaling factor is -1/],
  ['llama', { rope_parameters: { ...yarn, truncate: 1 } }, /truncate is 1, expected true or false/],
  ['llama', { rope_parameters: { ...yarn, attention_factor: '1' } }, /attention_factor is "1", expected a number/],
  ['llama', { rope_parameters: longrope }, /short_factor is a list, expected 4 numbers/],
  ['llama', { rope_parameters: { ...longrope, short_factor: [1, 1, 1, 1] } }, /long_factor is missing/],
  ['llama', { rope_parameters: { ...longrope, short_factor: [1, 1, 1, 1], long_factor: [1, 1, 0, 1] } }, /rope scaling factor is 0/],
  ['llama', { rope_parameters: { ...longrope, short_factor: [1, 1, 1, 1], long_factor: [1, 1, '1', 1] } }, /long_factor is a list, expected 4/],
  ...['constructor', 'toString', '__proto__', 'hasOwnProperty'].map(
    (rope_type) => ['llama', { rope_parameters: { rope_type } }, new RegExp(`rope scaling "${rope_type}" is not supported`)] as const,
  ),
  ['llama', { rope_parameters: { rope_type: 7 } }, /rope scaling 7 is not supported/],
  ['llama', { rope_parameters: 'yarn' }, /rope_parameters is "yarn", expected an object/],
  ['llama', { rope_scaling: [1] }, /rope_scaling is a list, expected an object/],
  ['llama', { rope_parameters: { full_attention: dynamic } }, /rope parameter "full_attention" = an object is unknown/],
  ['llama', { rope_parameters: { rope_theta: '10000' } }, /rope_theta is "10000", expected a number/],
  ['llama', { rope_parameters: { rope_theta: null } }, /rope_theta is null, expected a number/],
  ['llama', { rope_parameters: {}, rope_theta: null }, /rope_theta is null, expected a number/],
  ['llama', { rope_parameters: { rope_theta: 0 } }, /rotary base is 0/],
  ['llama', { rope_parameters: { rope_theta: Infinity } }, /rotary base is Infinity/],
  ['llama', { rope_parameters: { partial_rotary_factor: '0.5' } }, /partial_rotary_factor is "0.5", expected a number/],
  ['llama', { rope_parameters: { partial_rotary_factor: null } }, /partial_rotary_factor is null, expected a number/],
  ...[2, -1, 1e9, 0, 0.1].map(
    (partial_rotary_factor) => ['llama', { rope_parameters: { partial_rotary_factor } }, /the rotary width is -?\d+, expected an even/] as const,
  ),
  ['llama', { rope_parameters: { rope_type: 'linear' } }, /factor is missing/],
  ['llama', { rope_parameters: { rope_type: 'linear', factor: -2 } }, /rope scaling factor is -2/],
  ['llama', { rope_parameters: { rope_type: 'linear', factor: '2' } }, /factor is "2", expected a number/],
  ['llama', { rope_parameters: { ...llama3, low_freq_factor: undefined } }, /low_freq_factor is missing/],
  ['llama', { rope_parameters: { ...llama3, low_freq_factor: 4 } }, /low_freq_factor 4 is not below high_freq_factor 4/],
  ['llama', { rope_parameters: { ...llama3, original_max_position_embeddings: 0 } }, /rope scaling factor is 0/],
  ['llama/model.gguf', { 'llama.rope.scaling.type': 'yarn' }, /llama\.rope\.scaling\.factor is missing/],
  ['llama/model.gguf', { 'llama.rope.scaling.type': 'yarn', 'llama.rope.scaling.yarn_ext_factor': 0.5 }, /yarn_ext_factor is 0\.5/],
  ['llama/model.gguf', { 'llama.rope.scaling.type': 'yarn', 'llama.rope.scaling.yarn_log_multiplier': 0.1 }, /yarn_log_multiplier is 0\.1/],
  ['llama/model.gguf', { 'llama.rope.scaling.attn_factor': 2 }, /rope\.scaling\.attn_factor is 2 beside default scaling/],
  ['llama/model.gguf', { 'llama.rope.scaling.type': 'constructor' }, /rope scaling "constructor" is not supported/],
  ['llama3/model.gguf', { 'llama.rope.scaling.type': 'yarn', 'llama.rope.scaling.factor': 4 }, /rope_freqs\.weight lies beside yarn scaling/],
  ['llama3/model.gguf', { 'llama.rope.scaling.type': 'longrope' }, /tensor rope_factors_short\.weight is missing/],
  ['llama/model.gguf', { 'llama.rope.freq_base': '10000' }, /llama\.rope\.freq_base is "10000", expected a number/],
  ['llama/model.gguf', { 'llama.rope.freq_base': NaN }, /rotary base is NaN/],
  ...[0, 7, -4, 64, 1e9, 2 ** 32 - 1].map(
    (width) => ['llama/model.gguf', { 'llama.rope.dimension_count': width }, new RegExp(`the rotary width is ${width}, expected an even`)] as const,
  ),
  ['llama/model.gguf', { 'llama.rope.dimension_count': '16' }, /rope\.dimension_count is "16", expected a number/],
  ['llama3/model.gguf', { 'llama.rope.dimension_count': 8 }, /rope_freqs\.weight is \[\d+\], a rotary width of 8 needs 4 divisors/],
  ['llama/model.gguf', { 'llama.rope.scaling.factor': 0 }, /rope scaling factor is 0/],
  ['llama/model.gguf', { 'llama.attention.layer_norm_rms_epsilon': undefined }, /layer_norm_rms_epsilon is missing/],
  ['llama/model.gguf', { 'llama.block_count': [3, 4] }, /llama\.block_count is a list, expected one number/],
  ['llama/model.gguf', { 'llama.block_count': [[3]] }, /llama\.block_count is a list, expected one number/],
  ['llama/model.gguf', { 'llama.block_count': 1e8 }, /llama\.block_count is 100000000/],
  ['llama/model.gguf', { 'llama.context_length': Infinity }, /llama\.context_length is Infinity/],
  ['llama/model.gguf', { 'llama.expert_count': 1e9, 'llama.expert_used_count': 2 }, /llama\.expert_count is 1000000000/],
  ['llama/model.gguf', { 'general.architecture': 1 }, /names no architecture/],
])('%s with %j', (name, change, message) => {
  test('is refused by name', async () => {
    const error = await refusal(await changed(name, change));
    expect([error.message, ...error.details].join('\n')).toMatch(message);
    expect(error.message.length).toBeLessThan(1000);
  });
});

test('of several problems the message says the first, and the details all', async () => {
  const error = await refusal(await changed('llama', { hidden_act: 'gelu', sliding_window: 5, odd: 1 }));
  expect(error.message).toMatch(/: hidden_act is "gelu"; only "silu", "swish" is supported \(and 2 more\)$/);
  expect(error.details).toHaveLength(3);
  expect(error.details[2]).toMatch(/odd = 1 is unknown/);
});

test('a thousand problems are not all listed', async () => {
  const fields = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`odd${index}`, 1]));
  const error = await refusal(await changed('llama', fields));
  expect(error.details).toHaveLength(65);
  expect(error.details.at(-1)).toBe('and 936 more');
});

const put = temporaryFolder();
const withTensors = (checkpoint: Checkpoint, change: (tensors: Map<string, Tensor>) => void): Checkpoint => {
  const tensors = new Map(checkpoint.tensors);
  change(tensors);
  return { ...checkpoint, tensors };
};

test('the expert that is missing is the one that is named', async () => {
  const name = 'model.layers.0.block_sparse_moe.experts.1.w3.weight';
  const error = await refusal(withTensors(await changed('mixtral', {}), (tensors) => void tensors.delete(name)));
  expect(error.message).toContain(`tensor ${name} is missing`);
});

test('a tensor of a type that is not read is named with its type', async () => {
  const name = 'model.layers.1.mlp.up_proj.weight';
  const checkpoint = withTensors(await changed('llama', {}), (tensors) => void tensors.delete(name));
  const error = await refusal({ ...checkpoint, skipped: new Map([[name, 'F8_E4M3']]) });
  expect(error.message).toMatch(/tensor model\.layers\.1\.mlp\.up_proj\.weight is stored as F8_E4M3, which llmx cannot read$/);
});

test.each([0, -1, NaN])('rope_freqs with %d is refused', async (wrong) => {
  const checkpoint = await changed('llama3/model.gguf', {});
  const divisors = checkpoint.tensors.get('rope_freqs.weight')!;
  const values = Float32Array.from({ length: divisors.shape[0]! }, (_, index) => (index === 1 ? wrong : 1));
  const path = put('divisors', new Uint8Array(values.buffer));
  const tensors = new Map(checkpoint.tensors).set('rope_freqs.weight', {
    ...divisors,
    planes: [{ file: path, offset: 0, length: 4 * divisors.shape[0]! }],
  });
  expect((await refusal({ ...checkpoint, tensors })).message).toMatch(/rope scaling factor is (0|-1|NaN), expected a positive/);
});

test('a huge rope_freqs is refused unread', async () => {
  const checkpoint = await changed('llama3/model.gguf', {});
  const huge: Tensor = { name: 'rope_freqs.weight', shape: [2 ** 40], format: 'f32', planes: [{ file: '/nowhere', offset: 0, length: 2 ** 42 }] };
  expect((await refusal(withTensors(checkpoint, (tensors) => void tensors.set(huge.name, huge)))).message).toMatch(/is \[1099511627776\], a rotary/);
});

describe('what is accepted', () => {
  test.each<readonly [string, Change]>([
    ['llama-tied', { head_dim: null }],
    ['llama', { rope_parameters: null, rope_theta: 10000 }],
    ['llama', { rope_scaling: null }],
    ['llama', { tie_word_embeddings: undefined }],
    ['llama-tied', { tie_word_embeddings: undefined }],
    ['llama-tied/model.gguf', {}],
    ['gpt2', { n_inner: null }],
    ['llama/model.gguf', { 'llama.attention.head_count_kv': [2, 2, 2] }],
    ['llama/model.gguf', { 'llama.rope.scaling.type': 'none', 'llama.rope.scaling.factor': 4 }],
  ])('%s with %j', async (name, change) => {
    expect((await understand(await changed(name, change))).h.layers).toBeGreaterThan(0);
  });

  test('a linear factor besides rope_freqs stretches all of them', async () => {
    const plain = (await understand(await changed('llama3/model.gguf', {}))).rope!.scaling;
    const stretched = (await understand(await changed('llama3/model.gguf', { 'llama.rope.scaling.factor': 2 }))).rope!.scaling;
    if (plain.type !== 'divisors') throw new Error('the fixture has no rope_freqs');
    expect(stretched).toEqual({ type: 'divisors', divisors: plain.divisors.map((divisor) => divisor * 2) });
  });
});
