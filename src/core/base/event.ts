// The closed union of everything that core says while it works. Renderers are its only readers.
import type { ErrorCode } from './error.js';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };
export type JsonObject = { readonly [key: string]: Json | undefined };

export interface TokenAlternative {
  readonly id: number;
  readonly text: string;
  readonly logprob: number;
}

export type Event =
  | { readonly type: 'start'; readonly command: string; readonly argv: readonly string[]; readonly version: string }
  | { readonly type: 'resolve'; readonly reference: string; readonly path: string; readonly format: string; readonly bytes: number }
  | { readonly type: 'plan'; readonly plan: JsonObject }
  | {
      readonly type: 'progress';
      readonly phase: string;
      readonly done: number;
      readonly total: number;
      readonly unit: string;
      readonly rate?: number;
      readonly eta_s?: number;
    }
  | { readonly type: 'metric'; readonly name: string; readonly step?: number; readonly value: number }
  | {
      readonly type: 'token';
      readonly i: number;
      readonly text: string;
      readonly id: number;
      readonly logprob?: number;
      readonly top?: readonly TokenAlternative[];
    }
  | { readonly type: 'reasoning'; readonly i: number; readonly text: string; readonly id: number }
  | { readonly type: 'warning'; readonly code: string; readonly message: string; readonly hint?: string }
  | { readonly type: 'artifact'; readonly path: string; readonly bytes: number; readonly sha256?: string }
  | { readonly type: 'gate'; readonly name: string; readonly value: number; readonly limit: string; readonly pass: boolean }
  | { readonly type: 'result'; readonly ok: true; readonly schema: string; readonly body: JsonObject }
  | {
      readonly type: 'error';
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint: string;
      readonly exit: number;
      /** All that is wrong where the message says only the first of it. */
      readonly details?: readonly string[];
    };

/** What every job returns: a stream of events that ends in its report, a plain object. */
export type Job<Report> = AsyncGenerator<Event, Report, void>;
