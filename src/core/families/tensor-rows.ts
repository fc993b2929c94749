// Tensor rows that the llama line shares: role, shape and the name in each dialect.
import type { Dialect } from '../checkpoints/checkpoint.js';
import type { Hyperparameters } from '../blocks/block.js';
import { layerName } from '../blocks/block.js';
import type { TensorRow } from './family.js';

const inLayer = (written: TensorRow['names'], layer: number): TensorRow['names'] =>
  Object.fromEntries(Object.entries(written).map(([dialect, name]) => [dialect, name.replace('{layer}', String(layer))]));

/** The rows of every layer: `{layer}` in names and roles is its number. */
export const perLayer = (h: Hyperparameters, rows: readonly TensorRow[]): readonly TensorRow[] =>
  Array.from({ length: h.layers }, (_, layer) =>
    rows.map((row) => ({
      ...row,
      role: layerName(layer, row.role),
      names: inLayer(row.names, layer),
      ...(row.stacked === undefined ? {} : { stacked: inLayer(row.stacked, layer) }),
    })),
  ).flat();

const names = (huggingface: string, gguf: string, llama2c?: string): Partial<Record<Dialect, string>> => ({
  huggingface,
  gguf,
  ...(llama2c === undefined ? {} : { llama2c }),
});

const ropePairs = { gguf: 'rope-pairs', llama2c: 'rope-pairs' } as const;

export const embeddingRows = (h: Hyperparameters): readonly TensorRow[] => [
  {
    role: 'token-embedding.weight',
    shape: [h.vocabulary, h.width],
    names: names('model.embed_tokens.weight', 'token_embd.weight', 'tok_embeddings.weight'),
  },
  { role: 'output-norm.weight', shape: [h.width], names: names('model.norm.weight', 'output_norm.weight', 'norm.weight') },
  { role: 'output.weight', shape: [h.vocabulary, h.width], names: names('lm_head.weight', 'output.weight', 'output.weight'), optional: true },
];

/** Attention with separate projections. `pairs`: GGUF stores query and key rows in pair order. */
export function attentionRows(h: Hyperparameters, pairs: boolean): readonly TensorRow[] {
  const [queries, keys] = [h.heads * h.headWidth, h.keyValueHeads * h.headWidth];
  const layouts = pairs ? { layouts: ropePairs } : {};
  const biased = (role: string, shape: number, stem: [string, string], extra: object = {}): TensorRow => ({
    role: `${role}.bias`,
    shape: [shape],
    names: names(`${stem[0]}.bias`, `${stem[1]}.bias`),
    optional: true,
    ...extra,
  });
  const hf = (name: string): string => `model.layers.{layer}.self_attn.${name}`;
  const gguf = (name: string): string => `blk.{layer}.${name}`;
  return [
    {
      role: 'attention-norm.weight',
      shape: [h.width],
      names: names('model.layers.{layer}.input_layernorm.weight', gguf('attn_norm.weight'), 'layers.{layer}.attention_norm.weight'),
    },
    {
      role: 'attention-query.weight',
      shape: [queries, h.width],
      names: names(hf('q_proj.weight'), gguf('attn_q.weight'), 'layers.{layer}.attention.wq.weight'),
      ...layouts,
    },
    biased('attention-query', queries, [hf('q_proj'), gguf('attn_q')], layouts),
    {
      role: 'attention-key.weight',
      shape: [keys, h.width],
      names: names(hf('k_proj.weight'), gguf('attn_k.weight'), 'layers.{layer}.attention.wk.weight'),
      ...layouts,
    },
    biased('attention-key', keys, [hf('k_proj'), gguf('attn_k')], layouts),
    {
      role: 'attention-value.weight',
      shape: [keys, h.width],
      names: names(hf('v_proj.weight'), gguf('attn_v.weight'), 'layers.{layer}.attention.wv.weight'),
    },
    biased('attention-value', keys, [hf('v_proj'), gguf('attn_v')]),
    {
      role: 'attention-output.weight',
      shape: [h.width, queries],
      names: names(hf('o_proj.weight'), gguf('attn_output.weight'), 'layers.{layer}.attention.wo.weight'),
    },
    biased('attention-output', h.width, [hf('o_proj'), gguf('attn_output')]),
    {
      role: 'mlp-norm.weight',
      shape: [h.width],
      names: names('model.layers.{layer}.post_attention_layernorm.weight', gguf('ffn_norm.weight'), 'layers.{layer}.ffn_norm.weight'),
    },
  ];
}

export function gatedMlpRows(h: Hyperparameters): readonly TensorRow[] {
  const row = (role: string, shape: readonly [number, number], hf: string, gguf: string, llama2c: string): readonly TensorRow[] => [
    {
      role: `${role}.weight`,
      shape,
      names: names(`model.layers.{layer}.mlp.${hf}.weight`, `blk.{layer}.${gguf}.weight`, `layers.{layer}.feed_forward.${llama2c}.weight`),
    },
    { role: `${role}.bias`, shape: [shape[0]], names: names(`model.layers.{layer}.mlp.${hf}.bias`, `blk.{layer}.${gguf}.bias`), optional: true },
  ];
  return [
    ...row('mlp-gate', [h.hiddenWidth, h.width], 'gate_proj', 'ffn_gate', 'w1'),
    ...row('mlp-up', [h.hiddenWidth, h.width], 'up_proj', 'ffn_up', 'w3'),
    ...row('mlp-down', [h.width, h.hiddenWidth], 'down_proj', 'ffn_down', 'w2'),
  ];
}
