// A program and its weights as the flat numbers that the addon reads (layout: kernels/native/README.md).
import { symbols, type Dimension } from '../../base/shape.js';
import type { StoredWeight } from '../../checkpoints/checkpoint.js';
import { stepInputNames } from '../../graph/graph.js';
import { leavesOf, type Instruction, type Place, type Program } from '../../graph/program.js';
import { numberFormats } from '../../numbers/index.js';
import type { NumberFormat } from '../../numbers/number-format.js';
import type { FusedOpName, OpName } from '../../ops/index.js';
import { mapInputs, mapOperations, type MapOperationName, type MapWord } from '../../ops/map-operations.js';
import type { Attributes, ValueFormat } from '../../ops/op.js';

const magic = 1280070776;
const version = 1;

interface Encoding {
  readonly opcode: number;
  attributes(attributes: Attributes): readonly number[];
}

const numbersOf =
  (...names: readonly string[]) =>
  (attributes: Attributes): readonly number[] =>
    names.map((name) => Number(attributes[name]));

/** A constant in a map's expression is this word and then the number. */
const constantWord = 30;

function mapWords({ expression }: Attributes): readonly number[] {
  return (expression as readonly MapWord[]).flatMap((word) => {
    if (typeof word === 'number') return [constantWord, word];
    const input = (mapInputs as readonly string[]).indexOf(word);
    return [input >= 0 ? input : mapOperations[word as MapOperationName].code];
  });
}

/** One row for each op that runs; views never reach a backend, fused ops not this one. */
const encodings: Readonly<Record<Exclude<OpName, 'reshape' | FusedOpName>, Encoding>> = {
  embed: { opcode: 1, attributes: numbersOf() },
  linear: { opcode: 2, attributes: numbersOf('transposed') },
  'linear-experts': { opcode: 3, attributes: numbersOf() },
  'expert-sum': { opcode: 4, attributes: numbersOf() },
  'rms-norm': { opcode: 5, attributes: numbersOf('epsilon') },
  'layer-norm': { opcode: 6, attributes: numbersOf('epsilon') },
  map: { opcode: 7, attributes: mapWords },
  rope: { opcode: 8, attributes: ({ style, scale }) => [style === 'pair' ? 1 : 0, Number(scale)] },
  'cache-write': { opcode: 9, attributes: numbersOf() },
  attention: { opcode: 10, attributes: numbersOf('scale', 'window') },
  softmax: { opcode: 11, attributes: numbersOf() },
  'top-k': { opcode: 12, attributes: numbersOf('k') },
  gather: { opcode: 13, attributes: numbersOf() },
  slice: { opcode: 14, attributes: numbersOf('begin', 'end') },
  conv1d: { opcode: 15, attributes: numbersOf() },
  'selective-scan': { opcode: 16, attributes: numbersOf() },
};

const integerFormat = 26;

const float32Format = 0;

/** ggml's type id. Formats without one reach the addon widened to float32 (`widen.ts`). */
export function formatId(format: ValueFormat): number {
  if (format === 'i32') return integerFormat;
  const row: NumberFormat = numberFormats[format];
  return row.ggufType ?? float32Format;
}

const dimension = (side: Dimension): number => (typeof side === 'number' ? side : -1 - symbols.indexOf(side));

const kinds = { arena: 0, weight: 1, constant: 2, input: 3, state: 4 } as const;

export interface Tables {
  readonly weights: readonly string[];
  readonly constants: readonly string[];
  readonly states: readonly string[];
}

/** The order in which named leaves are numbered. */
export const tablesOf = (program: Program): Tables => ({
  weights: [...leavesOf(program, 'weight').keys()],
  constants: [...leavesOf(program, 'constant').keys()],
  states: [...leavesOf(program, 'state').keys()],
});

function location(place: Place, tables: Tables): number {
  switch (place.kind) {
    case 'arena':
      return place.offset;
    case 'weight':
      return tables.weights.indexOf(place.name);
    case 'constant':
      return tables.constants.indexOf(place.name);
    case 'state':
      return tables.states.indexOf(place.name);
    case 'input':
      return (stepInputNames as readonly string[]).indexOf(place.name);
    default:
      return place satisfies never;
  }
}

function instructionWords({ op, inputs, outputs, attributes, barrier }: Instruction): readonly number[] {
  const { opcode, attributes: encode } = encodings[op as keyof typeof encodings];
  const words = encode(attributes);
  return [
    opcode,
    barrier ? 1 : 0,
    inputs.length,
    ...inputs.map((id) => id ?? -1),
    outputs.length,
    ...outputs.map((id) => id ?? -1),
    words.length,
    ...words,
  ];
}

export function encodeProgram(program: Program): Float64Array {
  const tables = tablesOf(program);
  return Float64Array.from([
    magic,
    version,
    ...symbols.map((symbol) => program.sizes[symbol]),
    program.arenaBytes,
    program.values.length,
    ...program.values.flatMap(({ type, place }) => [
      kinds[place.kind],
      formatId(type.format),
      location(place, tables),
      type.shape.length,
      ...type.shape.map(dimension),
    ]),
    program.instructions.length,
    ...program.instructions.flatMap(instructionWords),
  ]);
}

/** Weights in the program's order; `mapping` numbers the files. */
export function encodeWeights(program: Program, weights: ReadonlyMap<string, StoredWeight>, mapping: (file: string) => number): Float64Array {
  const leaves = [...leavesOf(program, 'weight')];
  return Float64Array.from([
    leaves.length,
    ...leaves.flatMap(([name, { shape, format }]) => {
      const { segments, transposed } = weights.get(name)!;
      const spans = segments.flatMap(({ planes }) => planes.flatMap(({ file, offset, length }) => [mapping(file), offset, length]));
      return [formatId(format), transposed ? 1 : 0, shape.length, ...shape.map(Number), segments.length, ...spans];
    }),
  ]);
}
