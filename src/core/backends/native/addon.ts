// Finds and loads the native addon, and gives its calls types (their contract: kernels/native/README.md).
// Order: the file that LLMX_NATIVE names (`off`: none), the local build, the prebuilt one of this platform.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { packageRoot } from '../../base/package-root.js';

declare const engineBrand: unique symbol;
declare const mappingBrand: unique symbol;
/** Natively held; means something only to the addon that made it. */
export type EngineHandle = { readonly [engineBrand]: true };
export type MappingHandle = { readonly [mappingBrand]: true };

export interface EngineDescription {
  /** Flat numbers; `encode.ts` writes them. */
  readonly program: Float64Array;
  readonly weights: Float64Array;
  readonly mappings: readonly MappingHandle[];
  readonly constants: readonly (Float32Array | Int32Array)[];
  readonly threads: number;
  readonly guard?: boolean;
  readonly profile?: boolean;
}

/** Called once, on the JavaScript thread: undefined when all went well, `'aborted'`, or what went wrong. */
export type Finished = (problem: string | undefined) => void;

/** Bad arguments throw TypeError or RangeError; a call on a busy or closed engine throws TypeError. */
export interface Addon {
  describe(): { readonly tier: string; readonly features: readonly string[]; readonly cores: number };

  /** Maps a file read-only. It must not be truncated while it is open: replace files by renaming. */
  openMapping(path: string): MappingHandle;
  mappingBytes(mapping: MappingHandle): number;
  readMapping(mapping: MappingHandle, offset: number, target: Uint8Array): void;
  /** Engines that were made with it keep the file mapped. */
  closeMapping(mapping: MappingHandle): void;

  createEngine(description: EngineDescription): EngineHandle;
  /** Ends a running step early, and waits for it. */
  closeEngine(engine: EngineHandle): void;
  /** `sizes` in the order of the symbols, `inputs` in the order of the step inputs; both are copied before it returns. */
  step(engine: EngineHandle, sizes: Int32Array, inputs: readonly (Int32Array | undefined)[], finished: Finished): void;
  warm(engine: EngineHandle, finished: Finished): void;
  abort(engine: EngineHandle): void;
  readValue(engine: EngineHandle, value: number, byteOffset: number, target: Uint8Array): void;
  writeValue(engine: EngineHandle, value: number, byteOffset: number, source: Uint8Array): void;
  /** `symbol`: 4 pages, 5 slots. */
  copyState(engine: EngineHandle, symbol: number, from: number, to: number): void;
  clearState(engine: EngineHandle, symbol: number, index: number): void;
  brokenGuards(engine: EngineHandle): number;
  engineMemory(engine: EngineHandle): { readonly arena: number; readonly state: number; readonly packed: number; readonly constants: number };
  /** Nanoseconds by instruction of the program. */
  profileTimes(engine: EngineHandle): Float64Array;
  /** Index of the largest float of a row; ties to the lowest. */
  argmax(engine: EngineHandle, value: number, row: number): number;

  /** Whole blocks of a number format (ggml's type id) to floats. */
  decode(format: number, source: Uint8Array, target: Float32Array): void;
  /** Bytes that the repacked form of a matrix takes; 0 where it runs as it lies. */
  packedBytes(format: number, rows: number, columns: number): number;
  /**
   * `count` numbers from one open file to another, off the JavaScript thread. Formats are ggml's type ids: BF16 to F32 and F16, F32 to BF16
   * and F16; -1 for both copies bytes. With `order`, row `i` of each run of that many rows of `rowLength` numbers is the source's row
   * `order[i]`; runs must be whole. `finished` gets 0, -1 where the source ended, or errno, whether
   * the target is to blame, and how many numbers were finite and are not: beyond what F16 holds.
   * Not on Windows.
   */
  transfer(
    source: number,
    sourceOffset: number,
    target: number,
    targetOffset: number,
    count: number,
    from: number,
    to: number,
    order: Int32Array | undefined,
    rowLength: number,
    finished: (problem: number, writing: boolean, lost: number) => void,
  ): void;
  /**
   * Of `count` rows, `stride` bytes apart in an open file, `length` bytes each into `target`, off the JavaScript thread. `target` is that long,
   * and is not to be touched before `finished` gets 0, -1 where the source ended, or errno. Not on Windows.
   */
  gather(
    source: number,
    offset: number,
    stride: number,
    length: number,
    count: number,
    target: Uint8Array,
    finished: (problem: number) => void,
  ): void;
  /** Bytes or operations a second, at most. */
  measure(what: 'read' | 'multiply-add' | 'int8', threads: number, milliseconds: number): number;
}

/** Alpine and its like have another C library, which cannot load an addon that was linked against GNU's. */
function usesMusl(): boolean {
  if (process.platform !== 'linux') return false;
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined;
}

/** The folder below `prebuilds/` that is meant for this process. */
export const prebuildName = (): string => `${process.platform}-${process.arch}${usesMusl() ? '-musl' : ''}`;

function candidates(): readonly string[] {
  const wanted = process.env['LLMX_NATIVE'];
  if (wanted === 'off') return [];
  if (wanted !== undefined && wanted !== '') return [resolve(wanted)];
  const root = packageRoot();
  const built = join(root, 'build', 'native', 'llmx.node');
  return existsSync(built) ? [built, join(root, 'prebuilds', prebuildName(), 'llmx.node')] : [join(root, 'prebuilds', prebuildName(), 'llmx.node')];
}

let loaded: { readonly addon: Addon | undefined; readonly path?: string; readonly problem?: string } | undefined;

/** What was found, once for the process: the addon and its file, or why there is none. */
export function findAddon(): NonNullable<typeof loaded> {
  if (loaded !== undefined) return loaded;
  const require = createRequire(import.meta.url);
  let problem = 'no native addon was built or shipped for this machine';
  for (const path of candidates()) {
    if (!existsSync(path)) continue;
    try {
      return (loaded = { addon: require(path) as Addon, path });
    } catch (error) {
      problem = `${path}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return (loaded = { addon: undefined, problem });
}

export const loadAddon = (): Addon | undefined => findAddon().addon;
