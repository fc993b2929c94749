// The three layouts of llama2.c's `.bin` files as data: header fields, and the tensors in the order in which they lie.
import { malformed } from './files.js';

export interface Llama2cHeader {
  readonly version: 0 | 1 | 2;
  readonly dim: number;
  readonly hidden_dim: number;
  readonly n_layers: number;
  readonly n_heads: number;
  readonly n_kv_heads: number;
  readonly vocab_size: number;
  readonly max_seq_len: number;
  readonly shared_classifier: boolean;
  /** Values that share one scale, in version 2. */
  readonly group_size?: number;
}

export const llama2cMagic = 0x616b3432; // "ak42" as an integer
export const longHeaderBytes = 256;
const shortHeaderBytes = 28;

/** Largest sane values of the seven integers; what goes beyond is not such a file. */
const limits = [1 << 18, 1 << 22, 1 << 12, 1 << 12, 1 << 12, 1 << 24, 1 << 24];

/** The header in a file's first bytes, or undefined where they are no such header. Version 0 has neither magic nor version. */
export function parseHeader(head: Uint8Array): Llama2cHeader | undefined {
  if (head.length < shortHeaderBytes) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const marked = view.getUint32(0, true) === llama2cMagic;
  const version = marked ? view.getInt32(4, true) : 0;
  if (marked && (head.length < 41 || (version !== 1 && version !== 2))) return undefined;
  const fields = limits.map((_, index) => view.getInt32((marked ? 8 : 0) + 4 * index, true));
  const [dim, hidden_dim, n_layers, n_heads, n_kv_heads, signedVocabulary, max_seq_len] = fields as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const vocab_size = marked ? signedVocabulary : Math.abs(signedVocabulary);
  const sane = [dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size, max_seq_len].every(
    (value, index) => value > 0 && value <= limits[index]!,
  );
  if (!sane || dim % n_heads !== 0 || n_heads % n_kv_heads !== 0) return undefined;
  const shared_classifier = marked ? head[36] === 1 : signedVocabulary > 0;
  const common = { dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size, max_seq_len, shared_classifier };
  if (!marked) return { version: 0, ...common };
  return version === 2 ? { version: 2, ...common, group_size: view.getInt32(37, true) } : { version: 1, ...common };
}

/** A tensor as it lies: its shape, and its name for each layer where it has one per layer. Nameless parts are passed over. */
export interface Part {
  readonly name: string | undefined;
  readonly perLayer: boolean;
  readonly shape: readonly number[];
  readonly quantized: boolean;
}

function parts(header: Llama2cHeader): readonly Part[] {
  const { dim, hidden_dim, n_heads, n_kv_heads, vocab_size, max_seq_len } = header;
  const keyWidth = (dim / n_heads) * n_kv_heads;
  const layer = (name: string, ...shape: number[]): Part => ({ name, perLayer: true, shape, quantized: shape.length === 2 });
  const one = (name: string | undefined, ...shape: number[]): Part => ({ name, perLayer: false, shape, quantized: shape.length === 2 });
  const embeddings = one('tok_embeddings.weight', vocab_size, dim);
  const attentionNorms = layer('attention_norm', dim);
  const mlpNorms = layer('ffn_norm', dim);
  const attention = [
    layer('attention.wq', dim, dim),
    layer('attention.wk', keyWidth, dim),
    layer('attention.wv', keyWidth, dim),
    layer('attention.wo', dim, dim),
  ];
  const mlp = [layer('feed_forward.w1', hidden_dim, dim), layer('feed_forward.w2', dim, hidden_dim), layer('feed_forward.w3', hidden_dim, dim)];
  const norm = one('norm.weight', dim);
  const classifier = header.shared_classifier ? [] : [one('output.weight', vocab_size, dim)];
  const angles = one(undefined, max_seq_len, dim / n_heads / 2); // cosines, then sines; every reader computes its own
  if (header.version === 0) return [embeddings, attentionNorms, ...attention, mlpNorms, ...mlp, norm, angles, angles, ...classifier];
  return [attentionNorms, mlpNorms, norm, embeddings, ...attention, ...mlp, ...classifier];
}

/** Every tensor in the order in which it lies, by its full name; the tables of version 0 have none. */
export function llama2cOrder(header: Llama2cHeader): readonly { readonly name: string | undefined; readonly part: Part }[] {
  return parts(header).flatMap((part) =>
    part.perLayer
      ? Array.from({ length: header.n_layers }, (_, layer) => ({ name: `layers.${layer}.${part.name}.weight`, part }))
      : [{ name: part.name, part }],
  );
}

export interface PlacedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly planes: readonly { readonly offset: number; readonly length: number }[];
}

/** Every tensor with its place, and the size that the file must have. Version 2 puts int8 codes, then float32 scales, for each matrix. */
export function placeTensors(path: string, header: Llama2cHeader): { readonly tensors: readonly PlacedTensor[]; readonly end: number } {
  const group = header.group_size ?? 0;
  const tensors: PlacedTensor[] = [];
  let end = header.version === 0 ? shortHeaderBytes : longHeaderBytes;
  const place = (name: string | undefined, { shape, quantized }: Part): void => {
    const values = shape.reduce((product, side) => product * side, 1);
    if (header.version === 2 && quantized && (group <= 0 || shape.at(-1)! % group !== 0))
      throw malformed(path, `a group size of ${group} does not divide the rows of ${name}, ${shape.at(-1)} values long`);
    const lengths = header.version === 2 && quantized ? [values, (values / group) * 4] : [values * 4];
    const planes = lengths.map((length) => ({ offset: (end += length) - length, length }));
    if (name !== undefined) tensors.push({ name, shape, planes });
  };
  for (const { name, part } of llama2cOrder(header)) place(name, part);
  return { tensors, end };
}
