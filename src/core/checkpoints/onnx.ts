// ONNX: the weights of an exported model, under the names of a Hugging Face folder; and step graphs written as models that runtimes run.
import { dirname, join } from 'node:path';
import { LlmxError } from '../base/error.js';
import { count } from '../base/shape.js';
import type { Checkpoint, Tensor } from './checkpoint.js';
import { listFolder, malformed, openFile } from './files.js';
import { readFolderAssets } from './folder.js';
import type { CheckpointFormat, PathFacts } from './format.js';
import { dataTypes, numberFormatOf } from './onnx/data-types.js';
import { onnxWriter } from './onnx/layout.js';
import { valuePlaces, type ValuePlaces } from './onnx/external-data.js';
import { parametersOf, tellsParameters, type Parameter } from './onnx/parameter-names.js';
import type { Initializer } from './onnx/read-initializer.js';
import { readModel } from './onnx/read-model.js';
import { wireReader } from './onnx/wire-reader.js';

const suffix = '.onnx';
/** Where exporters put a repository's ONNX files. */
const subfolder = 'onnx';
/** Names of decoders, the likeliest first. */
const usual = ['model.onnx', 'decoder_model_merged.onnx', 'decoder_with_past_model.onnx', 'decoder_model.onnx', 'model_fp16.onnx'];

/** The model among a folder's names: a usual one, else the only one. */
function modelName(names: readonly string[]): string | undefined {
  const known = usual.find((name) => names.includes(name));
  const all = names.filter((name) => name.endsWith(suffix));
  return known ?? (all.length === 1 ? all[0] : undefined);
}

async function modelPath({ path, folder }: PathFacts): Promise<string> {
  if (folder === undefined) return path;
  const own = modelName(folder);
  if (own !== undefined) return join(path, own);
  const names = folder.includes(subfolder) ? await listFolder(join(path, subfolder)) : folder;
  const inner = folder.includes(subfolder) ? modelName(names) : undefined;
  if (inner !== undefined) return join(path, subfolder, inner);
  const several = names.filter((name) => name.endsWith(suffix)).slice(0, 8);
  throw new LlmxError('not-found', `${path}: model.onnx missing`, several.length > 0 ? `Name one of ${several.join(', ')}` : 'Name the file');
}

/** The folder of config.json: the model's own, or the one around it. */
async function assetsFolder(path: string): Promise<readonly [folder: string, names: readonly string[]]> {
  const folder = dirname(path);
  const names = await listFolder(folder);
  if (names.includes('config.json')) return [folder, names];
  const around = dirname(join(folder, '.'));
  const outer = around === folder || folder === '.' ? [] : await listFolder(around).catch(() => []);
  return outer.includes('config.json') ? [around, outer] : [folder, names];
}

/** Bytes of the values that the sides ask for; undefined for types that are only skipped. */
function valueBytes(path: string, { name, type, shape }: Initializer): number | undefined {
  const values = count(shape);
  if (!Number.isSafeInteger(values * 16)) throw malformed(path, `${name} has more values than any file`);
  const format = type && numberFormatOf(type);
  const { bytes } = type === undefined || format === undefined ? { bytes: undefined } : dataTypes[type as 'FLOAT'];
  return bytes === undefined ? undefined : bytes * values;
}

/** The tensor, or the spelling of what it is instead. */
async function tensorOf(path: string, name: string, { initializer, transposed }: Parameter, places: ValuePlaces): Promise<Tensor | string> {
  const { type, typeNumber, shape } = initializer;
  const bytes = valueBytes(path, initializer);
  if (type === undefined || bytes === undefined) return type ?? `data type ${typeNumber}`;
  const span = await places.find(initializer, bytes);
  if (span === undefined) return `${type} in single fields`;
  return { name, shape, format: numberFormatOf(type)!, planes: [span], ...(transposed ? { transposed: true as const } : {}) };
}

async function readOnnx(facts: PathFacts): Promise<Checkpoint> {
  const path = await modelPath(facts);
  await using source = await openFile(path);
  const { found, other } = parametersOf(await readModel(wireReader(source), tellsParameters));
  const places = valuePlaces(path, source.size);
  const tensors = new Map<string, Tensor>();
  const skipped = new Map(other);
  for (const [name, parameter] of found) {
    const tensor = await tensorOf(path, name, parameter, places);
    if (typeof tensor === 'string') skipped.set(name, tensor);
    else tensors.set(name, tensor);
  }
  return {
    format: 'onnx',
    dialect: 'huggingface',
    path: facts.path,
    files: [{ path, bytes: source.size }, ...[...places.files].map(([file, bytes]) => ({ path: file, bytes }))],
    ...(await readFolderAssets(...(await assetsFolder(path)))),
    tensors,
    skipped,
  };
}

const weighsOtherwise = (name: string): boolean => /\.(safetensors|safetensors\.index\.json|gguf)$/.test(name);

export const onnx: CheckpointFormat = {
  name: 'onnx',
  dialect: 'huggingface',
  recognise: ({ folder, path }) =>
    folder === undefined
      ? path.endsWith(suffix)
      : !folder.some(weighsOtherwise) && (folder.includes(subfolder) || folder.some((name) => name.endsWith(suffix))),
  read: readOnnx,
  write: onnxWriter,
};
