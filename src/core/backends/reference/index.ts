// The reference backend: interprets a program with each op's own float64 loop. Slow and right; it defines the meaning.
import { LlmxError } from '../../base/error.js';
import { bind, count, type Sizes, type Symbol } from '../../base/shape.js';
import type { StoredWeight } from '../../checkpoints/checkpoint.js';
import { decodeTensor } from '../../checkpoints/read-tensor.js';
import { fusionNames } from '../../graph/fusions/index.js';
import type { Instruction, Place, Program, ProgramValue } from '../../graph/program.js';
import { leavesOf } from '../../graph/program.js';
import { stepInputNames } from '../../graph/graph.js';
import { opOf } from '../../ops/index.js';
import type { Operand } from '../../ops/op.js';
import type { Backend, CompiledModel, Engine, StepInputs } from '../backend.js';
import { processorCeiling } from '../native/ceiling.js';
import { stepSizes } from '../step-sizes.js';

type Data = Operand['data'];

/** Milliseconds of arithmetic after which the event loop gets its turn. */
const turn = 15;

async function decodeWeight({ segments, transposed }: StoredWeight, shape: readonly number[]): Promise<Data> {
  const whole = new Float32Array(count(shape));
  let at = 0;
  for (const segment of segments) {
    const values = await decodeTensor(segment);
    whole.set(values, at);
    at += values.length;
  }
  if (at !== whole.length)
    throw new LlmxError('internal', `weight has ${at} values, its ${transposed ? 'transposed ' : ''}role wants ${whole.length}`);
  return whole;
}

const allocate = (value: ProgramValue, sizes: Sizes): Data => {
  const length = count(bind(value.type.shape, sizes));
  return value.type.format === 'i32' ? new Int32Array(length) : new Float64Array(length);
};

async function load({ program, weights, constants }: CompiledModel): Promise<Map<string, Data>> {
  const data = new Map<string, Data>();
  for (const [name, type] of leavesOf(program, 'weight'))
    data.set(`weight ${name}`, await decodeWeight(weights.get(name)!, bind(type.shape, program.sizes)));
  for (const [name, type] of leavesOf(program, 'constant'))
    data.set(`constant ${name}`, type.format === 'i32' ? constants.get(name)! : Float64Array.from(constants.get(name)!));
  for (const value of program.values) if (value.place.kind === 'state') data.set(`state ${value.place.name}`, allocate(value, program.sizes));
  return data;
}

const placeKey = (place: Place): string => (place.kind === 'arena' ? 'arena' : `${place.kind} ${place.name}`);

class ReferenceEngine implements Engine {
  readonly program: Program;
  readonly #data: Map<string, Data>;
  readonly #times: number[];
  #values: (Operand | undefined)[] = [];
  #aborted = false;

  constructor(program: Program, data: Map<string, Data>) {
    this.program = program;
    this.#data = data;
    this.#times = program.instructions.map(() => 0);
  }

  async step(inputs: StepInputs): Promise<void> {
    const sizes = stepSizes(this.program, inputs);
    for (const name of stepInputNames) if (inputs[name]) this.#data.set(`input ${name}`, inputs[name]);
    this.#values = [];
    this.#aborted = false;
    let since = performance.now();
    for (const [index, instruction] of this.program.instructions.entries()) {
      const begin = performance.now();
      if (begin - since > turn) {
        await new Promise(setImmediate);
        since = performance.now();
      }
      if (this.#aborted) throw new LlmxError('interrupted', 'generation was interrupted');
      this.#run(instruction, sizes);
      this.#times[index]! += (performance.now() - begin) * 1e6;
    }
  }

  #run({ op, inputs, outputs, attributes }: Instruction, sizes: Sizes): void {
    const row = opOf(op);
    const given = inputs.map((number) => (number === undefined ? undefined : this.#operand(number, sizes)));
    const made = outputs.map((number, output) => {
      const alias = row.aliases?.[output];
      const operand = alias === undefined ? this.#fresh(op, number, output, given, attributes, sizes) : given[alias]!;
      if (number !== undefined) this.#values[number] = operand;
      return operand;
    });
    row.reference(given, made, attributes);
  }

  /** An output's own storage; outputs that nobody reads are computed into scratch. */
  #fresh(
    op: Instruction['op'],
    number: number | undefined,
    output: number,
    given: readonly (Operand | undefined)[],
    attributes: Instruction['attributes'],
    sizes: Sizes,
  ): Operand {
    const type =
      number === undefined
        ? opOf(op).infer(
            given.map((operand) => operand && { shape: operand.shape, format: 'f32' as const }),
            attributes,
          )[output]!
        : this.program.values[number]!.type;
    const shape = bind(type.shape, sizes);
    return { shape, data: type.format === 'i32' ? new Int32Array(count(shape)) : new Float64Array(count(shape)) };
  }

  #operand(number: number, sizes: Sizes): Operand {
    const { place, type, of } = this.program.values[number]!;
    const shape = bind(type.shape, sizes);
    if (of !== undefined) return { shape, data: this.#operand(of, sizes).data };
    const known = this.#values[number];
    if (known !== undefined) return known;
    // What crosses from another engine has room for the largest step.
    const data = this.#data.get(placeKey(place))!;
    return { shape, data: place.kind === 'constant' ? data.subarray(0, count(shape)) : data };
  }

  async warm(): Promise<void> {}
  abort(): void {
    this.#aborted = true;
  }

  async read(value: number, begin: number, target: Float32Array): Promise<void> {
    const { data } = this.#operand(value, this.program.sizes);
    target.set(data.subarray(begin, begin + target.length) as Float64Array);
  }

  async write(value: number, source: Float32Array | Int32Array): Promise<void> {
    const { place } = this.program.values[value]!;
    this.#data.get(placeKey(place))!.set(source as Float32Array);
  }

  #states(symbol: Symbol): { data: Data; length: number }[] {
    const found = new Map<string, { data: Data; length: number }>();
    for (const { place, type } of this.program.values) {
      if (place.kind !== 'state' || type.shape[0] !== symbol) continue;
      found.set(place.name, { data: this.#data.get(`state ${place.name}`)!, length: count(bind(type.shape.slice(1), this.program.sizes)) });
    }
    return [...found.values()];
  }

  async copyState(symbol: Symbol, from: number, to: number): Promise<void> {
    for (const { data, length } of this.#states(symbol)) data.copyWithin(to * length, from * length, (from + 1) * length);
  }
  async clearState(symbol: Symbol, index: number): Promise<void> {
    for (const { data, length } of this.#states(symbol)) data.fill(0, index * length, (index + 1) * length);
  }

  memory() {
    const bytes = (kind: string): number => [...this.#data].reduce((sum, [name, data]) => sum + (name.startsWith(kind) ? data.byteLength : 0), 0);
    return { arena: 2 * this.program.arenaBytes, state: bytes('state '), packed: bytes('weight '), constants: bytes('constant ') };
  }
  async settle(): Promise<void> {}
  dispatches(): number {
    return 0;
  }
  profile(): readonly number[] {
    return this.#times;
  }
  async brokenGuards(): Promise<number> {
    return 0;
  }
  async close(): Promise<void> {
    this.#data.clear();
  }
}

export const reference: Backend = {
  name: 'reference',
  describe: () => ({ text: 'reference (TypeScript, float64, one thread)' }),
  fusions: fusionNames,
  promptChunk: 16,
  takesThreads: false,
  quantizedArithmetic: 'multiply-add',
  ceiling: processorCeiling,
  packedBytes: ({ segments }) => segments.reduce((sum, { shape }) => sum + count(shape) * 4, 0),
  async open(model) {
    return new ReferenceEngine(model.program, await load(model));
  },
};
