// The native backend: programs run by the C++ addon over mapped weights, off the JavaScript thread.
import { LlmxError } from '../../base/error.js';
import { count, symbols, type Sizes, type Symbol } from '../../base/shape.js';
import { stepInputNames } from '../../graph/graph.js';
import type { Program } from '../../graph/program.js';
import { numberFormats } from '../../numbers/index.js';
import type { Backend, CompiledModel, Engine, EngineMemory, EngineOptions, StepInputs } from '../backend.js';
import { stepSizes } from '../step-sizes.js';
import { loadAddon, type Addon, type EngineHandle, type MappingHandle } from './addon.js';
import { processorCeiling } from './ceiling.js';
import { needsWidening, widen } from './widen.js';
import { encodeProgram, encodeWeights, tablesOf } from './encode.js';

class NativeEngine implements Engine {
  readonly program: Program;
  readonly #addon: Addon;
  readonly #handle: EngineHandle;
  readonly #sizes = new Int32Array(symbols.length);

  constructor(addon: Addon, program: Program, handle: EngineHandle) {
    this.#addon = addon;
    this.program = program;
    this.#handle = handle;
  }

  step(inputs: StepInputs): Promise<void> {
    const sizes: Sizes = stepSizes(this.program, inputs);
    symbols.forEach((symbol, index) => {
      this.#sizes[index] = sizes[symbol];
    });
    const given = stepInputNames.map((name) => inputs[name]);
    return this.#run((done) => this.#addon.step(this.#handle, this.#sizes, given, done));
  }
  warm(): Promise<void> {
    return this.#run((done) => this.#addon.warm(this.#handle, done));
  }
  /** A call that ends on another thread, as a promise. */
  #run(begin: (done: (problem: string | undefined) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (problem: string | undefined): void => (problem === undefined ? resolve() : reject(asEngineError(problem)));
      translated(() => begin(done));
    });
  }
  abort(): void {
    this.#addon.abort(this.#handle);
  }

  async read(value: number, begin: number, target: Float32Array): Promise<void> {
    const { format } = this.program.values[value]!.type;
    if (format === 'f32') return this.#addon.readValue(this.#handle, value, begin * 4, bytesOf(target));
    const row = numberFormats[format === 'i32' ? 'f32' : format];
    const stored = new Uint8Array(target.length * row.planes[0]!.blockBytes);
    this.#addon.readValue(this.#handle, value, begin * row.planes[0]!.blockBytes, stored);
    if (format === 'i32') target.set(new Int32Array(stored.buffer));
    else row.decode([stored], target);
  }

  async write(value: number, source: Float32Array | Int32Array): Promise<void> {
    const { format } = this.program.values[value]!.type;
    if (format === 'i32' || format === 'f32') return this.#addon.writeValue(this.#handle, value, 0, bytesOf(source));
    const row = numberFormats[format];
    const stored = new Uint8Array(source.length * row.planes[0]!.blockBytes);
    row.encode!(Float32Array.from(source), [stored]);
    this.#addon.writeValue(this.#handle, value, 0, stored);
  }

  async copyState(symbol: Symbol, from: number, to: number): Promise<void> {
    this.#addon.copyState(this.#handle, symbols.indexOf(symbol), from, to);
  }
  async clearState(symbol: Symbol, index: number): Promise<void> {
    this.#addon.clearState(this.#handle, symbols.indexOf(symbol), index);
  }
  memory(): EngineMemory {
    return this.#addon.engineMemory(this.#handle);
  }
  async settle(): Promise<void> {}
  dispatches(): number {
    return 0;
  }
  profile(): readonly number[] {
    return [...this.#addon.profileTimes(this.#handle)];
  }
  async brokenGuards(): Promise<number> {
    return this.#addon.brokenGuards(this.#handle);
  }
  async close(): Promise<void> {
    this.#addon.closeEngine(this.#handle);
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);

function asEngineError(problem: string): LlmxError {
  if (problem === 'aborted') return new LlmxError('interrupted', 'generation was interrupted');
  if (/memory/.test(problem)) return new LlmxError('out-of-memory', `native engine: ${problem}`, 'Choose a smaller context or a smaller model');
  return new LlmxError('internal', `native engine: ${problem}`);
}

/** What the addon throws, as an LlmxError. */
function translated<Result>(call: () => Result): Result {
  try {
    return call();
  } catch (thrown) {
    throw thrown instanceof LlmxError ? thrown : asEngineError(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

/** Weights that one core reads in less time than waking and waiting for others costs. */
const oneThreadBytes = 32 * 2 ** 20;

/** Every physical core, or one where a step is so short that barriers would be most of it. */
function usefulThreads(addon: Addon, weights: CompiledModel['weights']): number {
  const bytes = [...weights.values()].reduce(
    (sum, { segments }) => sum + segments.reduce((part, { planes }) => part + planes.reduce((all, { length }) => all + length, 0), 0),
    0,
  );
  return bytes < oneThreadBytes ? 1 : addon.describe().cores;
}

function open(addon: Addon, { program, weights, constants }: CompiledModel, options: EngineOptions): Engine {
  const files: string[] = [];
  const mappings: MappingHandle[] = [];
  const mapping = (file: string): number => {
    const known = files.indexOf(file);
    if (known >= 0) return known;
    mappings.push(translated(() => addon.openMapping(file)));
    return files.push(file) - 1;
  };
  try {
    const plan = {
      program: encodeProgram(program),
      weights: encodeWeights(program, weights, mapping),
      mappings,
      constants: tablesOf(program).constants.map((name) => constants.get(name)!),
      threads: options.threads > 0 ? options.threads : usefulThreads(addon, weights),
      guard: options.guard ?? false,
      profile: options.profile ?? false,
    };
    return new NativeEngine(
      addon,
      program,
      translated(() => addon.createEngine(plan)),
    );
  } finally {
    // The engine keeps what it uses alive; a mapping without an engine goes at once.
    for (const handle of mappings) addon.closeMapping(handle);
  }
}

const required = (): Addon => {
  const addon = loadAddon();
  if (addon === undefined)
    throw new LlmxError(
      'unsupported',
      'the native backend is not built for this machine',
      'npm run build:native builds it; --device reference runs without it',
    );
  return addon;
};

export const native: Backend = {
  name: 'native',
  describe() {
    const addon = loadAddon();
    if (addon === undefined) return { text: undefined, problem: 'no native addon was built or shipped for this machine' };
    const { tier, cores } = addon.describe();
    return { text: `native (${tier}, ${cores} cores)` };
  },
  fusions: [],
  promptChunk: 512,
  takesThreads: true,
  quantizedArithmetic: 'int8',
  ceiling: processorCeiling,
  packedBytes: (weight) => {
    const { segments, transposed } = weight;
    if (needsWidening(weight)) return segments.reduce((sum, { shape }) => sum + 4 * count(shape), 0);
    const addon = loadAddon();
    if (addon === undefined || transposed) return 0;
    return segments.reduce((sum, { shape, format }) => {
      const columns = shape[shape.length - 1]!;
      const rows = shape.slice(0, -1).reduce((product, side) => product * side, 1);
      return sum + addon.packedBytes(numberFormats[format as 'f32'].ggufType ?? 0, rows, columns);
    }, 0);
  },
  async open(model, options) {
    const addon = required();
    const { weights, remove } = await widen(model.weights);
    try {
      return open(addon, { ...model, weights }, options);
    } finally {
      await remove();
    }
  },
};
