// Two engines as one: the first runs the layers before a cut, its results cross to the second, which runs the rest.
import { LlmxError } from '../base/error.js';
import { bind, count, type Symbol } from '../base/shape.js';
import type { Crossing } from '../graph/cut.js';
import { leavesOf, type Instruction, type Program, type ProgramValue } from '../graph/program.js';
import type { CompiledModel, Engine, EngineMemory, Largest, StepInputs } from './backend.js';
import { stepSizes } from './step-sizes.js';

/** One program after the other; values of the second are numbered behind the first's. */
function joined(first: Program, second: Program): Program {
  const shift = first.values.length;
  const moved = (number: number | undefined): number | undefined => (number === undefined ? undefined : number + shift);
  const values = second.values.map((value): ProgramValue => (value.of === undefined ? value : { ...value, of: value.of + shift }));
  const instructions = second.instructions.map((instruction): Instruction => ({
    ...instruction,
    inputs: instruction.inputs.map(moved),
    outputs: instruction.outputs.map(moved),
  }));
  return {
    sizes: first.sizes,
    values: [...first.values, ...values],
    instructions: [...first.instructions, ...instructions],
    arenaBytes: first.arenaBytes + second.arenaBytes,
    outputs: Object.fromEntries(Object.entries(second.outputs).map(([name, number]) => [name, number + shift])),
  };
}

/** What of a model's weights and constants a program reads; zeros for what will cross to it. */
export function partOf(model: Omit<CompiledModel, 'program'>, program: Program): CompiledModel {
  const weights = new Map([...leavesOf(program, 'weight').keys()].map((name) => [name, model.weights.get(name)!]));
  const constants = new Map(
    [...leavesOf(program, 'constant')].map(([name, { shape }]) => [
      name,
      model.constants.get(name) ?? new Float32Array(count(bind(shape, program.sizes))),
    ]),
  );
  return { program, weights, constants };
}

interface Carried {
  readonly from: number;
  readonly to: number;
  readonly type: Crossing['type'];
  readonly values: Float32Array;
}

export class SplitEngine implements Engine {
  readonly program: Program;
  readonly #first: Engine;
  readonly #second: Engine;
  readonly #carried: readonly Carried[];

  constructor(first: Engine, second: Engine, crossings: readonly Crossing[]) {
    this.#first = first;
    this.#second = second;
    this.program = joined(first.program, second.program);
    this.#carried = crossings.map(({ name, type }) => ({
      from: first.program.outputs[name]!,
      to: second.program.values.findIndex(({ place }) => place.kind === 'constant' && place.name === name),
      type,
      values: new Float32Array(count(bind(type.shape, this.program.sizes))),
    }));
  }

  async step(inputs: StepInputs): Promise<void> {
    await this.#first.step(inputs);
    const sizes = stepSizes(this.program, inputs);
    for (const { from, to, type, values } of this.#carried) {
      const part = values.subarray(0, count(bind(type.shape, sizes)));
      await this.#first.read(from, 0, part);
      await this.#second.write(to, part);
    }
    await this.#second.step(inputs);
  }

  async #both(call: (engine: Engine) => Promise<void>): Promise<void> {
    await call(this.#first);
    await call(this.#second);
  }
  #owner(value: number): readonly [Engine, number] {
    const shift = this.#first.program.values.length;
    return value < shift ? [this.#first, value] : [this.#second, value - shift];
  }

  warm(): Promise<void> {
    return this.#both((engine) => engine.warm());
  }
  settle(): Promise<void> {
    return this.#both((engine) => engine.settle());
  }
  abort(): void {
    this.#first.abort();
    this.#second.abort();
  }
  read(value: number, begin: number, target: Float32Array): Promise<void> {
    const [engine, own] = this.#owner(value);
    return engine.read(own, begin, target);
  }
  async largest(value: number, begin: number, width: number, most: number): Promise<Largest | undefined> {
    const [engine, own] = this.#owner(value);
    return engine.largest?.(own, begin, width, most);
  }
  write(value: number, source: Float32Array | Int32Array): Promise<void> {
    const [engine, own] = this.#owner(value);
    return engine.write(own, source);
  }
  copyState(symbol: Symbol, from: number, to: number): Promise<void> {
    return this.#both((engine) => engine.copyState(symbol, from, to));
  }
  clearState(symbol: Symbol, index: number): Promise<void> {
    return this.#both((engine) => engine.clearState(symbol, index));
  }
  memory(): EngineMemory {
    const [first, second] = [this.#first.memory(), this.#second.memory()];
    return {
      arena: first.arena + second.arena,
      state: first.state + second.state,
      packed: first.packed + second.packed,
      constants: first.constants + second.constants,
    };
  }
  dispatches(): number {
    return this.#first.dispatches() + this.#second.dispatches();
  }
  profile(): readonly number[] {
    return [...this.#first.profile(), ...this.#second.profile()];
  }
  async brokenGuards(): Promise<number> {
    return (await this.#first.brokenGuards()) + (await this.#second.brokenGuards());
  }
  async close(): Promise<void> {
    await this.#first.close();
    await this.#second.close();
  }
}

/** Opens the second after the first, and closes the first where that fails. */
export async function openSplit(first: () => Promise<Engine>, second: () => Promise<Engine>, crossings: readonly Crossing[]): Promise<Engine> {
  if (crossings.some(({ type }) => type.format !== 'f32')) throw new LlmxError('internal', 'only float32 values cross from one backend to another');
  const begun = await first();
  try {
    return new SplitEngine(begun, await second(), crossings);
  } catch (error) {
    await begun.close();
    throw error;
  }
}
