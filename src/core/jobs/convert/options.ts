// What a conversion is asked for, and what it reports.
import type { JsonObject } from '../../base/event.js';
import type { LayoutOptions } from '../../checkpoints/writer.js';
import type { ModelChoice } from '../open-model.js';
import type { Naming } from './contents.js';
import type { TypeChoice } from './formats.js';
import type { OutputChoice, Selection } from './plan.js';
import type { Thoroughness } from './verify.js';

export interface ConvertOptions extends ModelChoice {
  /** Read a model of the hub that is not in the cache by range, and store nothing but the outputs. */
  readonly remote: boolean;
  readonly outputs: readonly OutputChoice[];
  readonly types: Omit<TypeChoice, 'widened'>;
  readonly selection: Selection;
  readonly naming: Naming;
  readonly layout: Omit<LayoutOptions, 'fileName'>;
  readonly verify: Thoroughness;
  readonly gates: readonly string[];
  readonly force: boolean;
  readonly resume: boolean;
  readonly dryRun: boolean;
  /** Most bytes of a source in memory at once. */
  readonly chunkBytes: number;
  readonly threads: number;
  /** For the lineage: the version of llmx. */
  readonly version: string;
}

export interface ConvertReport {
  readonly input: { readonly reference: string; readonly path: string; readonly format: string; readonly bytes: number };
  /** Bytes that came from the hub, where the input was read by range. */
  readonly received_bytes: number;
  readonly output: readonly JsonObject[];
  readonly tensors: number;
  readonly params: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly dtype_counts: Readonly<Record<string, number>>;
  readonly memory_bytes: number;
  readonly free_bytes: readonly number[];
  readonly dry_run: boolean;
  /** Only a part of the model was converted: it cannot be run. */
  readonly partial: boolean;
  readonly resumed_bytes: number;
  readonly verify: JsonObject | null;
  readonly gates: readonly JsonObject[];
  readonly seconds: { readonly write: number; readonly verify: number; readonly hash: number };
}
