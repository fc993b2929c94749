// Runs of numbers from file to file without passing through JavaScript: what conversions of whole tensors come to.
import { getSystemErrorName } from 'node:util';
import { LlmxError } from '../../base/error.js';
import { numberFormats, type NumberFormatKey } from '../../numbers/index.js';
import type { NumberFormat } from '../../numbers/number-format.js';
import { loadAddon } from './addon.js';

const plainBytes = -1;

/** Ways that the addon has beside copying; others go through JavaScript. */
const ways: ReadonlySet<string> = new Set(['bf16 f32', 'bf16 f16', 'f32 f16', 'f32 bf16']);

export interface Run {
  /** Open files, as the system numbers them, and where the run begins in each, in bytes. */
  readonly source: number;
  readonly sourceOffset: number;
  readonly target: number;
  readonly targetOffset: number;
  readonly values: number;
  readonly rows?: RowOrder;
}

/** Rows that change places within each run of `order.length` rows: row `i` of the target is row `order[i]` of the source. */
export interface RowOrder {
  readonly order: Int32Array;
  /** Values of a row. */
  readonly length: number;
}

/** What the source or the target failed with: `code` as Node names it. */
export class TransferError extends Error {
  readonly code: string;
  readonly writing: boolean;

  constructor(code: string, writing: boolean) {
    super(`${code}: ${writing ? 'write' : 'read'}`);
    this.name = 'TransferError';
    this.code = code;
    this.writing = writing;
  }
}

export interface Stripe {
  /** An open file, as the system numbers it. */
  readonly source: number;
  /** Bytes: where the first row's part begins, from one row to the next, and of each row's part. */
  readonly offset: number;
  readonly stride: number;
  readonly length: number;
  readonly rows: number;
}

/** Reads a part of each row into `target`, one behind the other; undefined where this machine has no such way. */
export function gatherStripe(): ((stripe: Stripe, target: Uint8Array) => Promise<void>) | undefined {
  const addon = loadAddon();
  if (addon === undefined || process.platform === 'win32') return undefined;
  return ({ source, offset, stride, length, rows }, target) =>
    new Promise((resolve, reject) => {
      addon.gather(source, offset, stride, length, rows, target, (problem) => {
        if (problem === 0) return resolve();
        reject(problem < 0 ? shortened() : new TransferError(getSystemErrorName(-problem), false));
      });
    });
}

const shortened = (): LlmxError => new LlmxError('malformed', 'the file became shorter while it was read');

const formatOf = (key: NumberFormatKey): NumberFormat => numberFormats[key];

/** A way from one number format to another, which gives how many numbers were finite and are not; or undefined where this machine has none: no addon, or a pair that JavaScript must do. */
export function transferOf(from: NumberFormatKey, to: NumberFormatKey): ((run: Run) => Promise<number>) | undefined {
  const addon = loadAddon();
  if (addon === undefined || process.platform === 'win32') return undefined;
  const isCopy = from === to && formatOf(from).planes.length === 1;
  if (!isCopy && !ways.has(`${from} ${to}`)) return undefined;
  const [source, target] = isCopy ? [plainBytes, plainBytes] : [formatOf(from).ggufType!, formatOf(to).ggufType!];
  const { blockLength, planes } = formatOf(from);
  const perValue = isCopy ? planes[0]!.blockBytes / blockLength : 1;
  return (run) =>
    new Promise((resolve, reject) => {
      const { source: reader, sourceOffset, target: writer, targetOffset, values, rows } = run;
      const rowLength = (rows?.length ?? 1) * (rows === undefined ? 1 : perValue);
      const finished = (problem: number, writing: boolean, lost: number): void => {
        if (problem === 0) return resolve(lost);
        if (problem < 0) return reject(shortened());
        reject(new TransferError(getSystemErrorName(-problem), writing));
      };
      addon.transfer(reader, sourceOffset, writer, targetOffset, values * perValue, source, target, rows?.order, rowLength, finished);
    });
}
