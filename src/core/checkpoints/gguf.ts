// GGUF versions 2 and 3, little-endian, whole or split. Reads the header of each part and nothing of the data.
import { basename, dirname, join } from 'node:path';
import { LlmxError } from '../base/error.js';
import type { Json } from '../base/event.js';
import { quoted, shown } from '../text/quoted.js';
import type { Checkpoint, Tensor } from './checkpoint.js';
import { malformed, openFile, refuseLfsPointer } from './files.js';
import { ggufWriter } from './gguf-writer.js';
import type { CheckpointFormat } from './format.js';
import { readGgufFront } from './gguf-metadata.js';
import { readGgufTensors, type TensorList } from './gguf-tensors.js';
import { defaultTemplate, ggufTemplates } from './assets/chat-templates.js';
import { ggufGeneration, ggufTokenizer, vocabularyKeys } from './gguf-tokenizer.js';
import type { GgufValue } from './gguf-value.js';

interface Part extends TensorList {
  readonly path: string;
  readonly bytes: number;
  readonly metadata: ReadonlyMap<string, Json>;
  readonly typed: ReadonlyMap<string, GgufValue>;
}

async function readPart(path: string): Promise<Part> {
  await using source = await openFile(path);
  await refuseLfsPointer(source);
  const front = await readGgufFront(source);
  return { path, bytes: source.size, metadata: front.metadata, typed: front.typed, ...(await readGgufTensors(source, front)) };
}

const splitName = /-(\d{5})-of-(\d{5})\.gguf$/;
const mostParts = 4096;

/** All parts of a model, in order, given the first; a file that is not split is its only part. */
async function readParts(path: string): Promise<readonly Part[]> {
  const first = await readPart(path);
  const count = first.metadata.get('split.count') ?? 0;
  if (typeof count !== 'number' || count <= 1) return [first];
  const number = first.metadata.get('split.no');
  const name = splitName.exec(basename(path));
  const partPath = (part: number): string =>
    join(dirname(path), basename(path).replace(splitName, `-${String(part + 1).padStart(5, '0')}-of-${name?.[2]}.gguf`));
  if (number !== 0)
    throw new LlmxError(
      'unsupported',
      `${path}: part ${shown(number)} of ${count} (counted from 0)`,
      name ? `Open the first part: ${partPath(0)}` : 'Open the first part',
    );
  if (name === null || Number(name[1]) !== 1 || Number(name[2]) !== count || count > mostParts)
    throw malformed(path, `it is the first of ${count} parts, which its name does not say (NAME-00001-of-${String(count).padStart(5, '0')}.gguf)`);
  const parts = [first];
  for (let part = 1; part < count; part++) {
    const next = await readPart(partPath(part));
    if (next.metadata.get('split.no') !== part || next.metadata.get('split.count') !== count)
      throw malformed(
        next.path,
        `it says part ${shown(next.metadata.get('split.no'))} of ${shown(next.metadata.get('split.count'))} where ${part} of ${count} belongs (counted from 0)`,
      );
    parts.push(next);
  }
  return parts;
}

function joinMaps<Value>(parts: readonly Part[], pick: (part: Part) => ReadonlyMap<string, Value>): Map<string, Value> {
  const joined = new Map<string, Value>();
  for (const part of parts) {
    for (const [name, value] of pick(part)) {
      if (joined.has(name)) throw malformed(part.path, `the tensor ${quoted(name)} stands in an earlier part too`);
      joined.set(name, value);
    }
  }
  return joined;
}

async function readGguf(path: string): Promise<Checkpoint> {
  const parts = await readParts(path);
  const { metadata, typed } = parts[0]!;
  const tensors = joinMaps<Tensor>(parts, (part) => part.tensors);
  const skipped = joinMaps(parts, (part) => part.skipped);
  const total = metadata.get('split.tensors.count');
  if (parts.length > 1 && total !== undefined && total !== tensors.size + skipped.size)
    throw malformed(path, `split.tensors.count is ${shown(total)}, the ${parts.length} parts hold ${tensors.size + skipped.size} tensors`);
  const vocabulary = ggufTokenizer(path, metadata);
  const tokenizer = 'tokenizer' in vocabulary ? vocabulary.tokenizer : undefined;
  const templates = ggufTemplates(metadata);
  return {
    format: 'gguf',
    dialect: 'gguf',
    path,
    files: parts.map((part) => ({ path: part.path, bytes: part.bytes })),
    config: Object.fromEntries([...metadata].filter(([key]) => !vocabularyKeys.has(key))),
    tokenizer,
    ...('problem' in vocabulary ? { tokenizerProblem: vocabulary.problem } : {}),
    chatTemplate: defaultTemplate(templates),
    ...(templates.size === 0 ? {} : { chatTemplates: templates }),
    generation: ggufGeneration(path, metadata, tokenizer),
    tensors,
    skipped,
    metadata: typed,
  };
}

export const gguf: CheckpointFormat = {
  name: 'gguf',
  dialect: 'gguf',
  recognise: ({ folder, head, path }) =>
    folder === undefined && (Buffer.from(head.subarray(0, 4)).toString('latin1') === 'GGUF' || path.endsWith('.gguf')),
  read: ({ path }) => readGguf(path),
  write: ggufWriter,
};
