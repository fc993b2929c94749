// llama2.c's `.bin` files, versions 0 (float32 behind seven integers), 1 (float32) and 2 (int8 groups).
import { basename, dirname, join } from 'node:path';
import { LlmxError } from '../base/error.js';
import { numberFormatByName } from '../numbers/index.js';
import type { TokenizerSource } from '../text/tokenizer.js';
import type { Checkpoint, Tensor } from './checkpoint.js';
import { listFolder, malformed } from './files.js';
import { llama2cWriter } from './llama2c-writer.js';
import type { CheckpointFormat, PathFacts } from './format.js';
import { llama2cMagic, parseHeader, placeTensors, type Llama2cHeader, type PlacedTensor } from './llama2c-layout.js';
import { readTokenizerFile, vocabularySize } from './tokenizer-file.js';

const longestTokenizer = 64;

/** The tokenizer files beside a model, the likeliest first. */
async function besides(path: string): Promise<readonly string[]> {
  const names = await listFolder(dirname(path)).catch(() => []);
  const rank = (name: string): number => (name === 'tokenizer.model' ? 2 : name === 'tokenizer.bin' ? 1 : 0);
  return names
    .filter((name) => (/^tok.*\.bin$/.test(name) || name === 'tokenizer.model') && name !== basename(path))
    .sort((left, right) => rank(left) - rank(right) || (left < right ? -1 : 1))
    .slice(0, longestTokenizer);
}

/** The first one whose vocabulary has the model's size, or why none has. */
async function findTokenizer(
  path: string,
  size: number,
): Promise<{ readonly tokenizer: TokenizerSource } | { readonly tokenizer: undefined; readonly tokenizerProblem: string }> {
  const seen: string[] = [];
  for (const name of await besides(path)) {
    try {
      const tokenizer = await readTokenizerFile(join(dirname(path), name));
      if (vocabularySize(tokenizer) === size) return { tokenizer };
      seen.push(`${name} has ${vocabularySize(tokenizer)}`);
    } catch (thrown) {
      if (!(thrown instanceof LlmxError)) throw thrown;
      seen.push(`${name} is no tokenizer`);
    }
  }
  return {
    tokenizer: undefined,
    tokenizerProblem: `no tokenizer beside ${path} fits its vocabulary of ${size}${seen.length > 0 ? ` (${seen.join(', ')})` : ''}`,
  };
}

function lazyTensor(path: string, placed: PlacedTensor, header: Llama2cHeader): Tensor {
  const planes = placed.planes.map((plane) => ({ file: path, ...plane }));
  const format = planes.length === 1 ? 'f32' : numberFormatByName(`INT8_G${header.group_size}`);
  if (format !== undefined) return { name: placed.name, shape: placed.shape, format, planes };
  throw new LlmxError('unsupported', `${path}: a group size of ${header.group_size}`, 'Groups of 32 and 64 values are read');
}

async function readLlama2c({ path, head, size }: PathFacts): Promise<Checkpoint> {
  const header = parseHeader(head);
  if (header === undefined) throw malformed(path, 'its llama2.c header holds impossible numbers, or a version other than 0, 1 and 2');
  const { tensors, end } = placeTensors(path, header);
  if (end !== size) throw malformed(path, `as a llama2.c file of version ${header.version} it needs ${end} bytes, the file has ${size}`);
  const { version, ...fields } = header;
  return {
    format: 'llama2c',
    dialect: 'llama2c',
    path,
    files: [{ path, bytes: size }],
    config: { version, ...fields },
    ...(await findTokenizer(path, header.vocab_size)),
    chatTemplate: undefined,
    // Training texts follow one another with <s> (1) between them, so llama2.c ends at either mark.
    generation: header.vocab_size > 2 ? { bos: 1, eos: [2, 1] } : { eos: [] },
    tensors: new Map(tensors.map((placed) => [placed.name, lazyTensor(path, placed, header)])),
    skipped: new Map(),
  };
}

export const llama2c: CheckpointFormat = {
  name: 'llama2c',
  dialect: 'llama2c',
  recognise: ({ folder, head }) =>
    folder === undefined &&
    (parseHeader(head) !== undefined || (head.length >= 8 && new DataView(head.buffer, head.byteOffset).getUint32(0, true) === llama2cMagic)),
  read: readLlama2c,
  write: llama2cWriter,
};
