// A LLaMA of 44 MB of random weights, as a folder: large enough that headers are a small part of it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [width, hidden, heads, layers, vocabulary] = [512, 1536, 8, 2, 4096];

const shapes: readonly (readonly [name: string, shape: readonly number[]])[] = [
  ['lm_head.weight', [vocabulary, width]],
  ['model.embed_tokens.weight', [vocabulary, width]],
  ['model.norm.weight', [width]],
  ...Array.from({ length: layers }, (_, layer) =>
    (
      [
        ['input_layernorm', [width]],
        ['mlp.down_proj', [width, hidden]],
        ['mlp.gate_proj', [hidden, width]],
        ['mlp.up_proj', [hidden, width]],
        ['post_attention_layernorm', [width]],
        ['self_attn.k_proj', [width, width]],
        ['self_attn.o_proj', [width, width]],
        ['self_attn.q_proj', [width, width]],
        ['self_attn.v_proj', [width, width]],
      ] as const
    ).map(([name, shape]) => [`model.layers.${layer}.${name}.weight`, shape] as const),
  ).flat(),
];

const config = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: width,
  intermediate_size: hidden,
  num_attention_heads: heads,
  num_key_value_heads: heads,
  num_hidden_layers: layers,
  vocab_size: vocabulary,
  max_position_embeddings: 256,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  tie_word_embeddings: false,
  hidden_act: 'silu',
  torch_dtype: 'float32',
};

/** Writes config.json and model.safetensors (F32) into a new folder, and returns their bytes by name. */
export function largeModel(folder: string): Readonly<Record<string, Buffer>> {
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const [name, shape] of shapes) {
    const bytes = 4 * shape.reduce((product, side) => product * side, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + bytes] };
    end += bytes;
  }
  const values = new Float32Array(end / 4);
  let state = 1;
  for (let index = 0; index < values.length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    values[index] = state * 2 ** -36;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const files = {
    'config.json': Buffer.from(JSON.stringify(config)),
    'model.safetensors': Buffer.concat([length, text, Buffer.from(values.buffer)]),
  };
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  return files;
}
