// Field rows that several families share, and config fields that change no mathematics.
import type { FieldRow } from './family.js';

type NumberRow = Extract<FieldRow, { use: 'number' }>;

export const numberRow = (
  key: NumberRow['key'],
  huggingface: string | readonly string[],
  gguf: string,
  llama2c?: string,
  fallback?: NumberRow['default'],
): NumberRow => ({
  use: 'number',
  key,
  names: { huggingface, gguf, ...(llama2c === undefined ? {} : { llama2c }) },
  ...(fallback === undefined ? {} : { default: fallback }),
});
const number = numberRow;

/** Where a file does not name the vocabulary's size, the token embedding has it. */
export const vocabularyRow: FieldRow = { ...number('vocabulary', 'vocab_size', 'vocab_size', 'vocab_size'), optional: true };

/** llama2.c's code fixes it; other files must say it, for publishers differ. */
const llama2cEpsilon: NumberRow['default'] = (_, dialect) => (dialect === 'llama2c' ? 1e-5 : undefined);

/** Depth, width, vocabulary and context, by the names that most decoders use. */
export const sizeRows: readonly FieldRow[] = [
  number('layers', 'num_hidden_layers', 'block_count', 'n_layers'),
  number('width', 'hidden_size', 'embedding_length', 'dim'),
  number('contextLength', 'max_position_embeddings', 'context_length', 'max_seq_len'),
  vocabularyRow,
];

export const attentionRows: readonly FieldRow[] = [
  number('heads', 'num_attention_heads', 'attention.head_count', 'n_heads'),
  number('keyValueHeads', 'num_key_value_heads', 'attention.head_count_kv', 'n_kv_heads', ({ heads = NaN }) => heads),
  number('headWidth', 'head_dim', 'attention.key_length', undefined, ({ width = NaN, heads = NaN }) => width / heads),
  number('hiddenWidth', 'intermediate_size', 'feed_forward_length', 'hidden_dim'),
  number('normEpsilon', 'rms_norm_eps', 'attention.layer_norm_rms_epsilon', undefined, llama2cEpsilon),
];

export const rotaryRows: readonly FieldRow[] = [
  {
    use: 'ignore',
    names: {
      huggingface: ['rope_theta', 'rope_scaling', 'rope_parameters', 'partial_rotary_factor', 'original_max_position_embeddings'],
      gguf: [
        'rope.dimension_count',
        'rope.freq_base',
        'rope.scaling.type',
        'rope.scaling.factor',
        'rope.scale_linear',
        'rope.scaling.original_context_length',
        'rope.scaling.finetuned',
        'rope.scaling.attn_factor',
        'rope.scaling.yarn_beta_fast',
        'rope.scaling.yarn_beta_slow',
      ],
    },
  },
  { use: 'accept', names: { gguf: ['rope.scaling.yarn_ext_factor', 'rope.scaling.yarn_attn_factor'] }, values: [1] },
  { use: 'accept', names: { gguf: 'rope.scaling.yarn_log_multiplier' }, values: [0] },
];

/** Read elsewhere (tokens, generation, tying) or without effect on the forward pass. */
export const harmlessRows: readonly FieldRow[] = [
  { use: 'derived', names: { huggingface: 'tie_word_embeddings' }, value: (_, has) => !has('output.weight') },
  // Absent means false to Transformers, and families without the switch have no such role.
  { use: 'derived', names: { huggingface: 'attention_bias' }, value: (_, has) => has('layer.0.attention-query.bias') || undefined, isSwitch: true },
  { use: 'derived', names: { huggingface: 'mlp_bias' }, value: (_, has) => has('layer.0.mlp-gate.bias') || undefined, isSwitch: true },
  { use: 'accept', names: { huggingface: ['is_causal', 'use_causal_mask'], gguf: 'attention.causal' }, values: [true, null] },
  { use: 'derived', names: { gguf: 'vocab_size' }, value: ({ vocabulary }) => vocabulary },
  { use: 'derived', names: { gguf: 'attention.value_length' }, value: ({ headWidth }) => headWidth || undefined, exact: true },
  {
    use: 'ignore',
    names: {
      huggingface: [
        'model_type',
        'architectures',
        'torch_dtype',
        'dtype',
        'transformers_version',
        'use_cache',
        '_name_or_path',
        'bos_token_id',
        'eos_token_id',
        'pad_token_id',
        'unk_token_id',
        'sep_token_id',
        'initializer_range',
        'attention_dropout',
        'pretraining_tp',
        'output_attentions',
        'output_hidden_states',
        'return_dict',
        'is_decoder',
        'is_encoder_decoder',
        'chunk_size_feed_forward',
        'id2label',
        'label2id',
        'problem_type',
        'name_or_path',
        'auto_map',
        'use_return_dict',
        'task_specific_params',
        'gradient_checkpointing',
      ],
      llama2c: ['version', 'shared_classifier', 'group_size', 'head_size'],
    },
  },
];

export const siluRow: FieldRow = { use: 'accept', names: { huggingface: 'hidden_act' }, values: ['silu', 'swish'] };
export const noWindowRows: readonly FieldRow[] = [
  { use: 'accept', names: { huggingface: ['sliding_window', 'use_sliding_window'], gguf: 'attention.sliding_window' }, values: [null, false, 0] },
];
