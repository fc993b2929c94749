// Lays out llama2.c's files: version 0 in float32, version 2 in int8 groups (what its run.c and runq.c read).
import { LlmxError } from '../base/error.js';
import { numberFormats } from '../numbers/index.js';
import type { NumberFormat } from '../numbers/number-format.js';
import { longHeaderBytes, llama2cMagic, llama2cOrder, type Llama2cHeader, type Part } from './llama2c-layout.js';
import type { Piece, TensorPlan } from './planned-file.js';
import type { CheckpointWriter, Contents } from './writer.js';

const grouped = (plan: TensorPlan): boolean => (numberFormats[plan.format] as NumberFormat).planes.length > 1;

function headerBytes(header: Llama2cHeader): Uint8Array {
  const { dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size, max_seq_len, shared_classifier, version } = header;
  const sign = version === 0 && !shared_classifier ? -1 : 1;
  const fields = Int32Array.of(dim, hidden_dim, n_layers, n_heads, n_kv_heads, sign * vocab_size, max_seq_len);
  if (version === 0) return new Uint8Array(fields.buffer);
  const bytes = new Uint8Array(longHeaderBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, llama2cMagic, true);
  view.setInt32(4, version, true);
  bytes.set(new Uint8Array(fields.buffer), 8);
  bytes[36] = shared_classifier ? 1 : 0;
  if (header.group_size !== undefined) view.setInt32(37, header.group_size, true);
  return bytes;
}

/** Of cosines, and of sines: a context of 262,144 and heads of 128. */
const mostTableBytes = 64 << 20;

/** Version 0 carries the cosines, then the sines, of every position and frequency: (positions, headWidth / 2). */
function angles({ dim, n_heads, max_seq_len }: Llama2cHeader, of: (angle: number) => number): Uint8Array {
  const half = dim / n_heads / 2;
  const bytes = 4 * max_seq_len * half;
  if (bytes > mostTableBytes)
    throw new LlmxError(
      'unsupported',
      `a llama2.c file has the angles of every position: ${bytes} bytes for a context of ${max_seq_len}, more than the ${mostTableBytes} that are written`,
      'Choose another format, or a type in groups (int8_g64), whose files have none',
    );
  const table = new Float32Array(max_seq_len * half);
  for (let position = 0; position < max_seq_len; position++)
    for (let k = 0; k < half; k++) table[position * half + k] = of(position * 10000 ** (-k / half));
  return new Uint8Array(table.buffer);
}

function headerOf({ config, tensors }: Contents): Llama2cHeader {
  const number = (name: string): number => {
    const value = config[name];
    if (typeof value === 'number') return value;
    throw new LlmxError('internal', `a llama2.c header needs ${name}`);
  };
  const common = {
    dim: number('dim'),
    hidden_dim: number('hidden_dim'),
    n_layers: number('n_layers'),
    n_heads: number('n_heads'),
    n_kv_heads: number('n_kv_heads'),
    vocab_size: number('vocab_size'),
    max_seq_len: number('max_seq_len'),
    shared_classifier: !tensors.some(({ name }) => name === 'output.weight'),
  };
  const blocks = tensors.find(grouped);
  return blocks === undefined ? { version: 0, ...common } : { version: 2, ...common, group_size: numberFormats[blocks.format].blockLength };
}

function tensorPieces(name: string, { quantized }: Part, header: Llama2cHeader, byName: ReadonlyMap<string, TensorPlan>): readonly Piece[] {
  const tensor = byName.get(name);
  if (tensor === undefined)
    throw new LlmxError('unsupported', `llama2.c needs the tensor ${name}`, 'Leave out --include and --exclude for this format');
  const wanted = header.version === 2 && quantized ? (header.group_size ?? 1) : 1;
  const columns = tensor.shape.at(-1) ?? 1;
  if (numberFormats[tensor.format].blockLength !== wanted)
    throw columns % wanted === 0
      ? new LlmxError(
          'unsupported',
          `${name}: ${numberFormats[tensor.format].name} in a llama2.c file of version ${header.version}`,
          'Give all matrices one type',
        )
      : new LlmxError(
          'unsupported',
          `${name}: its rows of ${columns} are no multiple of the groups of ${wanted} that all matrices of a llama2.c file share`,
          'Choose a smaller group, or leave out --outtype',
        );
  return numberFormats[tensor.format].planes.map((_, plane) => ({ kind: 'tensor', tensor, plane }));
}

export const llama2cWriter: CheckpointWriter = {
  dialect: 'llama2c',
  output: 'file',
  suffixes: ['.bin'],
  obeys: [],
  smallFormat: 'f32',
  holds: (format) => format === 'f32' || (numberFormats[format] as NumberFormat).planes.length === 2,
  layout(contents, { fileName = 'model.bin' }) {
    const header = headerOf(contents);
    const byName = new Map(contents.tensors.map((plan) => [plan.name, plan]));
    let table = 0;
    const pieces = llama2cOrder(header).flatMap(({ name, part }): readonly Piece[] =>
      name === undefined ? [{ kind: 'bytes', bytes: angles(header, table++ === 0 ? Math.cos : Math.sin) }] : tensorPieces(name, part, header, byName),
    );
    return [
      { name: fileName, pieces: [{ kind: 'bytes', bytes: headerBytes(header) }, ...pieces] },
      ...[...contents.beside].map(([name, bytes]) => ({ name, pieces: [{ kind: 'bytes', bytes } as const] })),
    ];
  },
};
