// Runs a program as WebGPU dispatches. The list for given sizes is recorded once and replayed: a decode step re-encodes it with no other work.
import { LlmxError } from '../../base/error.js';
import { bind, count, type Sizes, type Symbol } from '../../base/shape.js';
import { stepInputNames } from '../../graph/graph.js';
import type { Program } from '../../graph/program.js';
import { numberFormats } from '../../numbers/index.js';
import type { CompiledModel, Engine, EngineMemory, EngineOptions, Largest, StepInputs } from '../backend.js';
import { stepSizes } from '../step-sizes.js';
import type { Device } from './device.js';
import { canary, guardWords, layOut, type Layout } from './layout.js';
import { allocate, copyBuffer, readbackBuffer, type Memory } from './memory.js';
import { createRecorder, encode, type Dispatch, type Recording } from './recording.js';
import { createSelector, type Selector } from './select.js';
import { createTimer, type Timer } from './timer.js';

/** Dispatches that run between two looks at an abort, where a step is long. */
const dispatchesBetweenLooks = 24;
const shortStep = 8;
/** The most that is looked for on the device: beyond it the whole row is read. */
const mostSelected = 64;

/** What a selector left: pairs of a number and its index. */
function largestOf(bytes: ArrayBuffer, found: number): Largest {
  const [numbers, indices] = [new Float32Array(bytes), new Int32Array(bytes)];
  return {
    ids: Int32Array.from({ length: found }, (_, rank) => indices[2 * rank + 1]!),
    logits: Float32Array.from({ length: found }, (_, rank) => numbers[2 * rank]!),
  };
}

export class WebGpuEngine implements Engine {
  readonly program: Program;
  readonly #device: Device;
  readonly #layout: Layout;
  readonly #memory: Memory;
  readonly #recordingOf: (sizes: Sizes) => Promise<Recording>;
  readonly #inputs = new Map<string, Int32Array>();
  #readback: GPUBuffer | undefined;
  #selector: Promise<Selector> | undefined;
  #timer: Timer | undefined;
  #dispatched = 0;
  #between: GPUBuffer | undefined;
  #aborted = false;
  /** Absent where steps are timed, one after the other. */
  readonly follow?: NonNullable<Engine['follow']>;

  private constructor(device: Device, model: CompiledModel, layout: Layout, memory: Memory, profile: boolean) {
    this.program = model.program;
    this.#device = device;
    this.#layout = layout;
    this.#memory = memory;
    this.#recordingOf = createRecorder(device, model, layout, memory);
    if (profile) this.#timer = createTimer(device, model.program.instructions.length);
    else if (this.#idsPlace() >= 0) this.follow = (...given) => this.#follow(...given);
  }

  static async open(device: Device, model: CompiledModel, options: EngineOptions): Promise<WebGpuEngine> {
    const layout = layOut(model.program, options.guard === true);
    return new WebGpuEngine(device, model, layout, await allocate(device, model, layout), options.profile === true);
  }

  async step(inputs: StepInputs): Promise<void> {
    this.#check();
    const sizes = stepSizes(this.program, inputs);
    const recording = await this.#recordingOf(sizes);
    this.#writeInputs(inputs, recording);
    this.#aborted = false;
    const each = sizes.tokens > shortStep ? dispatchesBetweenLooks : Infinity;
    this.#dispatched = recording.dispatches.length;
    if (this.#timer !== undefined) return this.#timer.run(recording.dispatches);
    for (let first = 0; first < recording.dispatches.length; first += each) {
      this.#submit(recording.dispatches.slice(first, first + each));
      if (each === Infinity) break;
      await this.#device.gpu.queue.onSubmittedWorkDone();
      if (this.#aborted) throw new LlmxError('interrupted', 'generation was interrupted');
    }
    this.#check();
  }

  /** First byte of the step's ids in the arena; negative where the program has none. */
  #idsPlace(): number {
    const number = this.program.values.findIndex(({ place }) => place.kind === 'input' && place.name === 'ids');
    return number < 0 ? -1 : 4 * this.#layout.words[number]!;
  }

  #writeInputs(inputs: StepInputs, recording: Recording): void {
    const { gpu } = this.#device;
    for (const name of stepInputNames) if (inputs[name]) this.#inputs.set(name, inputs[name]);
    for (const [number, { place }] of this.program.values.entries()) {
      if (place.kind !== 'input') continue;
      const given = inputs[place.name as keyof StepInputs];
      if (given !== undefined && given.length > 0)
        gpu.queue.writeBuffer(this.#memory.arena, 4 * this.#layout.words[number]!, given as Int32Array<ArrayBuffer>);
    }
    for (const table of recording.tables) {
      table.fill(this.#inputs);
      gpu.queue.writeBuffer(this.#memory.arena, 4 * table.begin, table.data);
    }
  }

  /** Two submissions: the choice, which is read back while the other, the step, runs. */
  async #follow(inputs: StepInputs, value: number, begin: number, width: number): Promise<Largest> {
    this.#check();
    const recording = await this.#recordingOf(stepSizes(this.program, inputs));
    const selector = await this.#selectorOf(width);
    // Behind the step before, and before the choice, which overwrites the id.
    this.#writeInputs(inputs, recording);
    const encoder = this.#select(selector, value, begin, width, 1);
    encoder.copyBufferToBuffer(selector.buffer, selector.begin + 4, this.#memory.arena, this.#idsPlace(), 4);
    const chosen = this.#bytes(selector.buffer, selector.begin, 8, encoder);
    this.#dispatched = recording.dispatches.length;
    this.#submit(recording.dispatches);
    return largestOf(await chosen, 1);
  }

  #submit(dispatches: readonly Dispatch[]): void {
    const { gpu } = this.#device;
    const encoder = gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const dispatch of dispatches) encode(pass, dispatch);
    pass.end();
    gpu.queue.submit([encoder.finish()]);
  }

  #check(): void {
    if (this.#device.problem !== undefined) throw this.#device.problem;
  }

  async warm(): Promise<void> {
    const { sizes } = this.program;
    await this.#recordingOf({ ...sizes, tokens: 1, rows: 1, sequences: 1 });
  }

  abort(): void {
    this.#aborted = true;
  }

  /** Where a value's first byte is. */
  #locate(number: number): { readonly buffer: GPUBuffer; readonly begin: number } {
    const { place } = this.program.values[number]!;
    if (place.kind === 'state') return { buffer: this.#memory.states.get(place.name)!, begin: 0 };
    return { buffer: this.#memory.arena, begin: 4 * this.#layout.words[number]! };
  }

  /** Read back behind what the encoder has. */
  async #bytes(
    buffer: GPUBuffer,
    begin: number,
    length: number,
    encoder: GPUCommandEncoder = this.#device.gpu.createCommandEncoder(),
  ): Promise<ArrayBuffer> {
    const size = Math.ceil(length / 4) * 4;
    if (this.#readback === undefined || this.#readback.size < size) {
      this.#readback?.destroy();
      this.#readback = readbackBuffer(this.#device, size);
    }
    const readback = this.#readback;
    encoder.copyBufferToBuffer(buffer, begin, readback, 0, size);
    this.#device.gpu.queue.submit([encoder.finish()]);
    await readback.mapAsync(1 /* READ */, 0, size).catch((cause: unknown) => {
      this.#check();
      throw new LlmxError('device-lost', 'webgpu: a result could not be read', 'Try again, or use --device cpu', { cause });
    });
    const bytes = readback.getMappedRange(0, size).slice(0);
    readback.unmap();
    this.#check();
    return bytes;
  }

  async read(value: number, begin: number, target: Float32Array): Promise<void> {
    const { format } = this.program.values[value]!.type;
    const place = this.#locate(value);
    if (format === 'f32') return target.set(new Float32Array(await this.#bytes(place.buffer, place.begin + 4 * begin, 4 * target.length)));
    if (format === 'i32') return target.set(new Int32Array(await this.#bytes(place.buffer, place.begin + 4 * begin, 4 * target.length)));
    const row = numberFormats[format];
    const first = Math.floor(begin / 2) * 2; // copies begin at whole words
    const bytes = new Uint8Array(await this.#bytes(place.buffer, place.begin + 2 * first, 2 * (target.length + begin - first)));
    row.decode([bytes.subarray(2 * (begin - first), 2 * (begin - first + target.length))], target);
  }

  async write(value: number, source: Float32Array | Int32Array): Promise<void> {
    const { format } = this.program.values[value]!.type;
    const { buffer, begin } = this.#locate(value);
    if (format === 'f32' || format === 'i32') return this.#device.gpu.queue.writeBuffer(buffer, begin, source as Float32Array<ArrayBuffer>);
    const stored = new Uint8Array(Math.ceil((source.length * 2) / 4) * 4);
    numberFormats[format].encode!(Float32Array.from(source), [stored.subarray(0, source.length * 2)]);
    this.#device.gpu.queue.writeBuffer(buffer, begin, stored);
  }

  /** Buffers of the states whose first dimension is `symbol`, and the bytes of one index. */
  #states(symbol: Symbol): { readonly buffer: GPUBuffer; readonly each: number }[] {
    const found = new Map<string, { buffer: GPUBuffer; each: number }>();
    for (const { place, type } of this.program.values) {
      if (place.kind !== 'state' || type.shape[0] !== symbol) continue;
      const each = count(bind(type.shape.slice(1), this.program.sizes)) * (type.format === 'f16' ? 2 : 4);
      found.set(place.name, { buffer: this.#memory.states.get(place.name)!, each });
    }
    return [...found.values()];
  }

  async copyState(symbol: Symbol, from: number, to: number): Promise<void> {
    const encoder = this.#device.gpu.createCommandEncoder();
    const states = this.#states(symbol);
    // A copy within one buffer is not allowed.
    const room = Math.max(0, ...states.map(({ each }) => each));
    if (this.#between === undefined || this.#between.size < room) {
      this.#between?.destroy();
      this.#between = copyBuffer(this.#device, room);
    }
    for (const { buffer, each } of states) {
      encoder.copyBufferToBuffer(buffer, from * each, this.#between, 0, each);
      encoder.copyBufferToBuffer(this.#between, 0, buffer, to * each, each);
    }
    this.#device.gpu.queue.submit([encoder.finish()]);
  }

  async clearState(symbol: Symbol, index: number): Promise<void> {
    const encoder = this.#device.gpu.createCommandEncoder();
    for (const { buffer, each } of this.#states(symbol)) encoder.clearBuffer(buffer, index * each, each);
    this.#device.gpu.queue.submit([encoder.finish()]);
  }

  memory(): EngineMemory {
    const sum = (buffers: Iterable<GPUBuffer>): number => [...buffers].reduce((total, { size }) => total + size, 0);
    const weights = [...this.#memory.weights.values()].flatMap((pieces) => pieces.map(({ buffer }) => buffer));
    return { arena: this.#memory.arena.size, state: sum(this.#memory.states.values()), packed: sum(weights), constants: 0 };
  }

  dispatches(): number {
    return this.#dispatched;
  }

  async settle(): Promise<void> {
    await this.#device.gpu.queue.onSubmittedWorkDone();
    this.#check();
  }

  /** Found on the device; a few words are read back. */
  async largest(value: number, begin: number, width: number, count: number): Promise<Largest | undefined> {
    if (count > mostSelected) return undefined;
    const selector = await this.#selectorOf(width);
    const bytes = await this.#bytes(selector.buffer, selector.begin, 8 * count, this.#select(selector, value, begin, width, count));
    return largestOf(bytes, Math.min(count, width));
  }

  #selectorOf(width: number): Promise<Selector> {
    return (this.#selector ??= createSelector(this.#device, this.#memory.arena, width, mostSelected));
  }

  #select(selector: Selector, value: number, begin: number, width: number, count: number): GPUCommandEncoder {
    const encoder = this.#device.gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    selector.encode(pass, this.#layout.words[value]! + begin, width, count);
    pass.end();
    return encoder;
  }

  profile(): readonly number[] {
    return this.#timer?.nanoseconds ?? this.program.instructions.map(() => 0);
  }

  async brokenGuards(): Promise<number> {
    if (this.#layout.guards.length === 0) return 0;
    const words = new Uint32Array(await this.#bytes(this.#memory.arena, 0, this.#layout.bytes));
    return this.#layout.guards.filter((begin) => words.subarray(begin, begin + guardWords).some((each) => each !== canary)).length;
  }

  async close(): Promise<void> {
    this.#readback?.destroy();
    this.#between?.destroy();
    this.#timer?.destroy();
    (await this.#selector)?.buffer.destroy();
    this.#memory.destroy();
  }
}
