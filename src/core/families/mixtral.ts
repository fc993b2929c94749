// Mixtral (Jiang et al. 2024): the llama block with routed experts instead of one feed-forward layer.
import { rotaryAttention } from '../blocks/attention.js';
import type { Hyperparameters } from '../blocks/block.js';
import { decoder, rmsNormBlock, tokenEmbedding } from '../blocks/decoder.js';
import { routedExperts } from '../blocks/experts.js';
import type { Family, TensorRow } from './family.js';
import { attentionRows as attentionFields, harmlessRows, noWindowRows, numberRow, rotaryRows, siluRow, sizeRows } from './fields.js';
import { ropeBuffers } from './rope-names.js';
import { attentionRows, embeddingRows, perLayer } from './tensor-rows.js';

function expertRows(h: Hyperparameters): readonly TensorRow[] {
  const row = (role: string, shape: readonly [number, number], hf: string, mlx: string, gguf: string): TensorRow => ({
    role: `${role}.weight`,
    shape: [h.experts, ...shape],
    names: { huggingface: `model.layers.{layer}.block_sparse_moe.experts.{expert}.${hf}.weight`, gguf: `blk.{layer}.${gguf}.weight` },
    // As mlx-lm keeps them.
    stacked: { huggingface: `model.layers.{layer}.block_sparse_moe.switch_mlp.${mlx}.weight` },
  });
  return [
    {
      role: 'router.weight',
      shape: [h.experts, h.width],
      precise: true,
      names: { huggingface: 'model.layers.{layer}.block_sparse_moe.gate.weight', gguf: 'blk.{layer}.ffn_gate_inp.weight' },
    },
    row('expert-gate', [h.hiddenWidth, h.width], 'w1', 'gate_proj', 'ffn_gate_exps'),
    row('expert-up', [h.hiddenWidth, h.width], 'w3', 'up_proj', 'ffn_up_exps'),
    row('expert-down', [h.width, h.hiddenWidth], 'w2', 'down_proj', 'ffn_down_exps'),
  ];
}

export const mixtral: Family = {
  names: { huggingface: ['mixtral'], gguf: ['llama'] },
  huggingfaceClass: 'MixtralForCausalLM',
  recognise: (number) => (number('expert_count') ?? number('num_local_experts') ?? 0) > 0,
  fields: [
    ...sizeRows,
    ...attentionFields,
    ...rotaryRows,
    ...harmlessRows,
    siluRow,
    ...noWindowRows,
    numberRow('experts', ['num_local_experts', 'num_experts'], 'expert_count'),
    numberRow('expertsPerToken', 'num_experts_per_tok', 'expert_used_count'),
    { use: 'ignore', names: { huggingface: ['router_aux_loss_coef', 'output_router_logits', 'router_jitter_noise'] } },
  ],
  ropeStyle: { huggingface: 'half', gguf: 'pair' },
  tensors: (h) => [...embeddingRows(h), ...perLayer(h, [...attentionRows(h, true), ...expertRows(h)])],
  ignoredTensors: ropeBuffers,
  build: (g, h, context) =>
    decoder(
      g,
      h,
      context,
      rmsNormBlock,
      [
        { norm: 'attention-norm', block: rotaryAttention },
        { norm: 'mlp-norm', block: routedExperts },
      ],
      tokenEmbedding(g),
    ),
};
