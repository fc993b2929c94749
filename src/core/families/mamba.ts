// Mamba (Gu and Dao 2023): no attention; a convolution and a selective scan carry the past.
import type { Hyperparameters } from '../blocks/block.js';
import { decoder, rmsNormBlock, tokenEmbedding } from '../blocks/decoder.js';
import { mambaMixer } from '../blocks/state-space.js';
import type { Family, TensorRow } from './family.js';
import { harmlessRows, numberRow, siluRow, vocabularyRow } from './fields.js';
import { perLayer } from './tensor-rows.js';

function layerRows(h: Hyperparameters): readonly TensorRow[] {
  const row = (role: string, shape: readonly number[], hf: string, gguf: string, extra: Partial<TensorRow> = {}): TensorRow => ({
    role,
    shape,
    names: { huggingface: `backbone.layers.{layer}.${hf}`, gguf: `blk.{layer}.${gguf}` },
    ...extra,
  });
  return [
    row('mixer-norm.weight', [h.width], 'norm.weight', 'attn_norm.weight'),
    row('state-in.weight', [2 * h.innerWidth, h.width], 'mixer.in_proj.weight', 'ssm_in.weight'),
    row('state-in.bias', [2 * h.innerWidth], 'mixer.in_proj.bias', 'ssm_in.bias', { optional: true }),
    row('state-conv.weight', [h.innerWidth, h.convolution], 'mixer.conv1d.weight', 'ssm_conv1d.weight', {
      layouts: { huggingface: 'unsqueezed' },
      small: true,
    }),
    row('state-conv.bias', [h.innerWidth], 'mixer.conv1d.bias', 'ssm_conv1d.bias', { optional: true }),
    row('state-x.weight', [h.stepRank + 2 * h.stateWidth, h.innerWidth], 'mixer.x_proj.weight', 'ssm_x.weight'),
    row('state-dt.weight', [h.innerWidth, h.stepRank], 'mixer.dt_proj.weight', 'ssm_dt.weight'),
    row('state-dt.bias', [h.innerWidth], 'mixer.dt_proj.bias', 'ssm_dt.bias'),
    row('state-a', [h.innerWidth, h.stateWidth], 'mixer.A_log', 'ssm_a', { layouts: { huggingface: 'negative-exponential' }, small: true }),
    row('state-d', [h.innerWidth], 'mixer.D', 'ssm_d'),
    row('state-out.weight', [h.width, h.innerWidth], 'mixer.out_proj.weight', 'ssm_out.weight'),
    row('state-out.bias', [h.width], 'mixer.out_proj.bias', 'ssm_out.bias', { optional: true }),
  ];
}

export const mamba: Family = {
  names: { huggingface: ['mamba'], gguf: ['mamba'] },
  huggingfaceClass: 'MambaForCausalLM',
  fields: [
    numberRow('layers', ['num_hidden_layers', 'n_layer'], 'block_count'),
    numberRow('width', ['hidden_size', 'd_model'], 'embedding_length'),
    // A recurrent state has no window; checkpoints that name none may run to this many positions.
    numberRow('contextLength', [], 'context_length', undefined, () => 1 << 20),
    vocabularyRow,
    numberRow('stateWidth', 'state_size', 'ssm.state_size'),
    numberRow('convolution', 'conv_kernel', 'ssm.conv_kernel'),
    numberRow('innerWidth', 'intermediate_size', 'ssm.inner_size', undefined, ({ width = NaN }) => 2 * width),
    numberRow('stepRank', 'time_step_rank', 'ssm.time_step_rank', undefined, ({ width = NaN }) => Math.ceil(width / 16)),
    numberRow('normEpsilon', 'layer_norm_epsilon', 'attention.layer_norm_rms_epsilon'),
    ...harmlessRows,
    siluRow,
    { use: 'derived', names: { huggingface: 'expand' }, value: ({ innerWidth, width }) => innerWidth / width },
    { use: 'derived', names: { huggingface: 'use_bias' }, value: (_, has) => has('layer.0.state-in.bias'), isSwitch: true },
    { use: 'derived', names: { huggingface: 'use_conv_bias' }, value: (_, has) => has('layer.0.state-conv.bias'), isSwitch: true },
    { use: 'derived', names: { gguf: 'feed_forward_length' }, value: () => 0 },
    { use: 'derived', names: { gguf: 'attention.head_count' }, value: () => 0 },
    { use: 'accept', names: { huggingface: 'use_falcon_mamba', gguf: 'ssm.dt_b_c_rms' }, values: [false] },
    {
      use: 'ignore',
      names: {
        huggingface: [
          'residual_in_fp32',
          'rescale_prenorm_residual',
          'use_mambapy',
          'time_step_floor',
          'time_step_init_scheme',
          'time_step_max',
          'time_step_min',
          'time_step_scale',
          'fused_add_norm',
          'rms_norm',
          'pad_vocab_size_multiple',
          'ssm_cfg',
          'use_associative_scan',
        ],
        gguf: ['attention.head_count_kv'],
      },
    },
  ],
  tensors: (h) => [
    {
      role: 'token-embedding.weight',
      shape: [h.vocabulary, h.width],
      names: { huggingface: 'backbone.embeddings.weight', gguf: 'token_embd.weight' },
    },
    { role: 'output-norm.weight', shape: [h.width], names: { huggingface: 'backbone.norm_f.weight', gguf: 'output_norm.weight' } },
    { role: 'output.weight', shape: [h.vocabulary, h.width], names: { huggingface: 'lm_head.weight', gguf: 'output.weight' }, optional: true },
    ...perLayer(h, layerRows(h)),
  ],
  build: (g, h, context) => decoder(g, h, context, rmsNormBlock, [{ norm: 'mixer-norm', block: mambaMixer }], tokenEmbedding(g)),
};
