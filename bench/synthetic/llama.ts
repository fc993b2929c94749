// What a llama checkpoint of a shape holds: its GGUF metadata, and its tensors in file order.
import type { BlockType } from './blocks.js';
import type { MetadataValue } from './gguf.js';
import type { Shape } from './shapes.js';
import type { Vocabulary } from './vocabulary.js';

/** `matrix`: the file's number format. The others are float32: `ones` for norms, `rope` for the divisors of rope's angles. */
export interface LlamaTensor {
  readonly name: string;
  readonly extents: readonly number[];
  readonly content: 'matrix' | 'ones' | 'rope';
}

export function llamaTensors(shape: Shape): LlamaTensor[] {
  const { width, hiddenWidth, vocabulary } = shape;
  const queryWidth = shape.heads * shape.headWidth;
  const keyWidth = shape.keyValueHeads * shape.headWidth;
  const matrix = (name: string, columns: number, rows: number): LlamaTensor => ({
    name: `${name}.weight`,
    extents: [columns, rows],
    content: 'matrix',
  });
  const norm = (name: string): LlamaTensor => ({ name: `${name}.weight`, extents: [width], content: 'ones' });
  const layers = Array.from({ length: shape.layers }, (_, layer) => [
    norm(`blk.${layer}.attn_norm`),
    matrix(`blk.${layer}.attn_q`, width, queryWidth),
    matrix(`blk.${layer}.attn_k`, width, keyWidth),
    matrix(`blk.${layer}.attn_v`, width, keyWidth),
    matrix(`blk.${layer}.attn_output`, queryWidth, width),
    norm(`blk.${layer}.ffn_norm`),
    matrix(`blk.${layer}.ffn_gate`, width, hiddenWidth),
    matrix(`blk.${layer}.ffn_up`, width, hiddenWidth),
    matrix(`blk.${layer}.ffn_down`, hiddenWidth, width),
  ]);
  return [
    matrix('token_embd', width, vocabulary),
    norm('output_norm'),
    ...(shape.tied ? [] : [matrix('output', width, vocabulary)]),
    ...(shape.ropeFactor === undefined ? [] : [{ name: 'rope_freqs.weight', extents: [shape.headWidth / 2], content: 'rope' } as const]),
    ...layers.flat(),
  ];
}

export function llamaMetadata(name: string, shape: Shape, type: BlockType, vocabulary: Vocabulary): Record<string, MetadataValue> {
  return {
    'general.architecture': 'llama',
    'general.type': 'model',
    'general.name': name,
    'general.file_type': { u32: type.fileType },
    'general.quantization_version': { u32: 2 },
    'llama.block_count': { u32: shape.layers },
    'llama.context_length': { u32: shape.contextLength },
    'llama.embedding_length': { u32: shape.width },
    'llama.feed_forward_length': { u32: shape.hiddenWidth },
    'llama.attention.head_count': { u32: shape.heads },
    'llama.attention.head_count_kv': { u32: shape.keyValueHeads },
    'llama.attention.key_length': { u32: shape.headWidth },
    'llama.attention.value_length': { u32: shape.headWidth },
    'llama.attention.layer_norm_rms_epsilon': { f32: 1e-5 },
    'llama.rope.dimension_count': { u32: shape.headWidth },
    'llama.rope.freq_base': { f32: shape.ropeBase },
    'llama.vocab_size': { u32: shape.vocabulary },
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'llama-bpe',
    'tokenizer.ggml.tokens': { strings: vocabulary.tokens },
    'tokenizer.ggml.token_type': { i32s: vocabulary.types },
    'tokenizer.ggml.merges': { strings: vocabulary.merges },
    'tokenizer.ggml.bos_token_id': { u32: vocabulary.bos },
    'tokenizer.ggml.eos_token_id': { u32: vocabulary.eos },
    'tokenizer.ggml.add_bos_token': true,
  };
}

/** Llama 3.1's divisors of the angles: 1 for short waves, the factor for long ones, a blend between. */
export function ropeDivisors(shape: Shape): Float32Array {
  const [lowFactor, highFactor, trained] = [1, 4, 8192];
  const factor = shape.ropeFactor ?? 1;
  return Float32Array.from({ length: shape.headWidth / 2 }, (_, pair) => {
    const wave = 2 * Math.PI * shape.ropeBase ** ((2 * pair) / shape.headWidth);
    if (wave < trained / highFactor) return 1;
    if (wave > trained / lowFactor) return factor;
    const blend = (trained / wave - lowFactor) / (highFactor - lowFactor);
    return 1 / ((1 - blend) / factor + blend);
  });
}
