// An ONNX model as files to be filled: the graph with its weights in place, or beside it where they are many. Reads no weight.
import { LlmxError } from '../../base/error.js';
import { folderFiles } from '../folder-files.js';
import { pieceBytes, tensorBytes, type Piece, type PlannedFile, type TensorPlan } from '../planned-file.js';
import type { CheckpointWriter, Contents, LayoutOptions } from '../writer.js';
import { dataTypeOf } from './data-types.js';
import { modelMessage, type External } from './model-proto.js';
import { translate } from './translate.js';

const suffix = '.onnx';
/** What a folder's model is called. */
const usualName = 'model.onnx';
/** Protobuf messages have at most so many bytes. */
const mostBytes = 2 ** 31 - 1;
/** `auto` puts weights beside the graph from here on. */
const autoBytes = 1.5e9;
/** Tensors below this stay in the graph, as ONNX's own tools leave them. */
const leastExternal = 1024;
/** So that each tensor begins on a page of memory. */
const alignment = 4096;

const defaultOpset = 17;
/** The version of the format that brought each operator set. */
const irVersions: Readonly<Record<number, number>> = { 13: 7, 14: 7, 15: 8, 16: 8, 17: 8, 18: 8, 19: 9, 20: 9, 21: 10 };

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

function irVersion(opset: number): number {
  const version = irVersions[opset];
  if (version !== undefined) return version;
  const known = Object.keys(irVersions);
  throw new LlmxError('unsupported', `ONNX's operator set ${opset} is not written`, `Choose one from ${known[0]} to ${known.at(-1)} with --opset`);
}

interface Placed {
  readonly tensors: readonly (readonly [TensorPlan, External | undefined])[];
  readonly pieces: readonly Piece[];
}

/** One after another in a file called `location`, each on an aligned offset. */
function placeOutside(plans: readonly TensorPlan[], location: string): Placed {
  const pieces: Piece[] = [];
  let end = 0;
  const tensors = plans.map((tensor) => {
    const length = tensorBytes(tensor);
    if (length < leastExternal) return [tensor, undefined] as const;
    const padding = (alignment - (end % alignment)) % alignment;
    const offset = end + padding;
    if (padding > 0) pieces.push({ kind: 'zeros', length: padding });
    pieces.push({ kind: 'tensor', tensor, plane: 0 });
    end = offset + length;
    return [tensor, { location, offset, length }] as const;
  });
  return { tensors, pieces };
}

/** The graph's file, and the file of weights where there is one. */
function modelFiles(
  contents: Contents,
  { fileName: name = usualName, opset = defaultOpset, externalData = 'auto' }: LayoutOptions,
): readonly PlannedFile[] {
  const { program, tensors } = contents;
  if (program === undefined) throw new LlmxError('internal', 'onnx: no program');
  const version = irVersion(opset);
  const weights = sum(tensors.map((tensor) => tensorBytes(tensor)));
  const isOutside = externalData === 'always' || (externalData === 'auto' && weights > autoBytes);
  const location = `${name}_data`;
  const placed: Placed = isOutside ? placeOutside(tensors, location) : { tensors: tensors.map((tensor) => [tensor, undefined]), pieces: [] };
  const model = modelMessage({ ...translate(program, tensors, opset), irVersion: version, opset, producer: 'llmx', tensors: placed.tensors });
  const bytes = sum(model.map(pieceBytes));
  if (bytes > mostBytes)
    throw new LlmxError(
      'unsupported',
      `${name}: ${bytes} bytes in one ONNX file, which holds at most ${mostBytes}`,
      'Let --external-data auto put the weights beside it, or choose a smaller type',
    );
  return [{ name, pieces: model }, ...(placed.pieces.length === 0 ? [] : [{ name: location, pieces: placed.pieces }])];
}

export const onnxWriter: CheckpointWriter = {
  dialect: 'huggingface',
  output: 'either',
  suffixes: [suffix],
  obeys: ['opset', 'externalData'],
  holds: (format) => dataTypeOf(format) !== undefined,
  needsProgram: true,
  layout(contents, options) {
    return [...modelFiles(contents, options), ...folderFiles(contents)];
  },
};
