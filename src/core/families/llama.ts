// LLaMA 1, 2, 3 (Touvron et al. 2023): RMS norms before attention and SwiGLU, rotary positions, grouped heads.
import { rotaryAttention } from '../blocks/attention.js';
import { decoder, rmsNormBlock, tokenEmbedding } from '../blocks/decoder.js';
import { gatedMlp } from '../blocks/mlp.js';
import type { Family } from './family.js';
import { attentionRows as attentionFields, harmlessRows, noWindowRows, rotaryRows, siluRow, sizeRows } from './fields.js';
import { ropeBuffers } from './rope-names.js';
import { attentionRows, embeddingRows, gatedMlpRows, perLayer } from './tensor-rows.js';

export const llama: Family = {
  names: { huggingface: ['llama'], gguf: ['llama'], llama2c: ['llama'] },
  huggingfaceClass: 'LlamaForCausalLM',
  recognise: (number) => (number('expert_count') ?? 0) === 0,
  fields: [
    ...sizeRows,
    ...attentionFields,
    ...rotaryRows,
    ...harmlessRows,
    siluRow,
    ...noWindowRows,
    { use: 'ignore', names: { gguf: ['expert_count', 'expert_used_count'] } },
  ],
  ropeStyle: { huggingface: 'half', gguf: 'pair', llama2c: 'pair' },
  tensors: (h) => [...embeddingRows(h), ...perLayer(h, [...attentionRows(h, true), ...gatedMlpRows(h)])],
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
