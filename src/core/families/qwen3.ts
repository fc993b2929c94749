// Qwen 3 (Yang et al. 2025): the llama block with an RMS norm over each query and key head.
import { rotaryAttention } from '../blocks/attention.js';
import { decoder, rmsNormBlock, tokenEmbedding } from '../blocks/decoder.js';
import { gatedMlp } from '../blocks/mlp.js';
import type { Family, TensorRow } from './family.js';
import { attentionRows as attentionFields, harmlessRows, noWindowRows, rotaryRows, siluRow, sizeRows } from './fields.js';
import { ropeBuffers } from './rope-names.js';
import { attentionRows, embeddingRows, gatedMlpRows, perLayer } from './tensor-rows.js';

const headNorms = (headWidth: number): readonly TensorRow[] =>
  (['query', 'key'] as const).map((side) => ({
    role: `attention-${side}-norm.weight`,
    shape: [headWidth],
    names: { huggingface: `model.layers.{layer}.self_attn.${side[0]}_norm.weight`, gguf: `blk.{layer}.attn_${side[0]}_norm.weight` },
  }));

export const qwen3: Family = {
  names: { huggingface: ['qwen3'], gguf: ['qwen3'] },
  huggingfaceClass: 'Qwen3ForCausalLM',
  fields: [
    ...sizeRows,
    ...attentionFields,
    ...rotaryRows,
    ...harmlessRows,
    siluRow,
    ...noWindowRows,
    // Without `use_sliding_window` the number of window layers says nothing; `layer_types` must then be full attention throughout.
    { use: 'ignore', names: { huggingface: ['max_window_layers', 'layer_types'] } },
  ],
  ropeStyle: { huggingface: 'half', gguf: 'half' },
  tensors: (h) => [...embeddingRows(h), ...perLayer(h, [...attentionRows(h, false), ...headNorms(h.headWidth), ...gatedMlpRows(h)])],
  ignoredTensors: ropeBuffers,
  build: (g, h, context) =>
    decoder(
      g,
      h,
      context,
      rmsNormBlock,
      [
        { norm: 'attention-norm', block: rotaryAttention },
        { norm: 'mlp-norm', block: gatedMlp },
      ],
      tokenEmbedding(g),
    ),
};
