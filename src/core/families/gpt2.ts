// GPT-2 (Radford et al. 2019): learned positions, LayerNorm before attention and a tanh-gelu layer, biases everywhere.
// Its Hugging Face checkpoints store linear weights as (in, out): Conv1D.
import { fusedAttention } from '../blocks/attention.js';
import type { Hyperparameters } from '../blocks/block.js';
import { decoder, layerNormBlock, tokenEmbedding } from '../blocks/decoder.js';
import { geluMlp } from '../blocks/mlp.js';
import type { Family, TensorRow } from './family.js';
import { harmlessRows, numberRow, vocabularyRow } from './fields.js';
import { perLayer } from './tensor-rows.js';

const transposed = { layouts: { huggingface: 'transposed' } } as const;

/** Weight and bias of one linear layer or norm. */
function pair(role: string, shape: readonly number[], hf: string, gguf: string, extra: Partial<TensorRow> = {}): readonly TensorRow[] {
  return [
    { role: `${role}.weight`, shape, names: { huggingface: `${hf}.weight`, gguf: `${gguf}.weight` }, ...extra },
    { role: `${role}.bias`, shape: [shape[0]!], names: { huggingface: `${hf}.bias`, gguf: `${gguf}.bias` } },
  ];
}

const layerRows = (h: Hyperparameters): readonly TensorRow[] => [
  ...pair('attention-norm', [h.width], 'transformer.h.{layer}.ln_1', 'blk.{layer}.attn_norm'),
  ...pair('attention-query-key-value', [3 * h.width, h.width], 'transformer.h.{layer}.attn.c_attn', 'blk.{layer}.attn_qkv', transposed),
  ...pair('attention-output', [h.width, h.width], 'transformer.h.{layer}.attn.c_proj', 'blk.{layer}.attn_output', transposed),
  ...pair('mlp-norm', [h.width], 'transformer.h.{layer}.ln_2', 'blk.{layer}.ffn_norm'),
  ...pair('mlp-up', [h.hiddenWidth, h.width], 'transformer.h.{layer}.mlp.c_fc', 'blk.{layer}.ffn_up', transposed),
  ...pair('mlp-down', [h.width, h.hiddenWidth], 'transformer.h.{layer}.mlp.c_proj', 'blk.{layer}.ffn_down', transposed),
];

export const gpt2: Family = {
  names: { huggingface: ['gpt2'], gguf: ['gpt2'] },
  huggingfaceClass: 'GPT2LMHeadModel',
  fields: [
    numberRow('layers', ['n_layer', 'num_hidden_layers'], 'block_count'),
    numberRow('width', ['n_embd', 'hidden_size'], 'embedding_length'),
    numberRow('contextLength', ['n_positions', 'max_position_embeddings', 'n_ctx'], 'context_length'),
    vocabularyRow,
    numberRow('heads', ['n_head', 'num_attention_heads'], 'attention.head_count'),
    numberRow('keyValueHeads', [], 'attention.head_count_kv', undefined, ({ heads = NaN }) => heads),
    numberRow('headWidth', [], 'attention.key_length', undefined, ({ width = NaN, heads = NaN }) => width / heads),
    numberRow('hiddenWidth', 'n_inner', 'feed_forward_length', undefined, ({ width = NaN }) => 4 * width),
    numberRow('normEpsilon', 'layer_norm_epsilon', 'attention.layer_norm_epsilon'),
    ...harmlessRows,
    { use: 'accept', names: { huggingface: 'activation_function' }, values: ['gelu_new', 'gelu_pytorch_tanh', 'gelu_fast'] },
    { use: 'accept', names: { huggingface: 'scale_attn_weights' }, values: [true] },
    { use: 'accept', names: { huggingface: ['scale_attn_by_inverse_layer_idx', 'add_cross_attention'] }, values: [false] },
    {
      use: 'ignore',
      names: {
        huggingface: [
          'reorder_and_upcast_attn',
          'resid_pdrop',
          'embd_pdrop',
          'attn_pdrop',
          'summary_type',
          'summary_use_proj',
          'summary_activation',
          'summary_proj_to_labels',
          'summary_first_dropout',
        ],
      },
    },
  ],
  tensors: (h) => [
    { role: 'token-embedding.weight', shape: [h.vocabulary, h.width], names: { huggingface: 'transformer.wte.weight', gguf: 'token_embd.weight' } },
    {
      role: 'position-embedding.weight',
      shape: [h.contextLength, h.width],
      precise: true,
      names: { huggingface: 'transformer.wpe.weight', gguf: 'position_embd.weight' },
    },
    ...pair('output-norm', [h.width], 'transformer.ln_f', 'output_norm'),
    { role: 'output.weight', shape: [h.vocabulary, h.width], names: { huggingface: 'lm_head.weight', gguf: 'output.weight' }, optional: true },
    ...perLayer(h, layerRows(h)),
  ],
  ignoredTensors: [/\.attn\.(masked_)?bias$/],
  build: (g, h, context) =>
    decoder(
      g,
      h,
      context,
      layerNormBlock,
      [
        { norm: 'attention-norm', block: fusedAttention },
        { norm: 'mlp-norm', block: geluMlp },
      ],
      g.add(tokenEmbedding(g), g.embed(g.input('positions'), g.weight('position-embedding.weight'))),
    ),
};
