// Reads fields of JSON whose shape is not certain; a field of another type counts as absent.
import { LlmxError } from '../base/error.js';
import type { Json, JsonObject } from '../base/event.js';
import { quoted, shown } from './quoted.js';

export const asObject = (value: Json | undefined): JsonObject | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
export const asList = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);
export const asString = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);
export const asBoolean = (value: Json | undefined): boolean | undefined => (typeof value === 'boolean' ? value : undefined);
export const asId = (value: Json | undefined): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;

/** The one character that stands for a space. */
export function asMark(value: Json | undefined): string {
  const mark = asString(value) ?? '\u2581';
  if ([...mark].length === 1) return mark;
  throw new LlmxError('malformed', `tokenizer.json: the mark for a space is ${quoted(mark)}, not one character`);
}

/** Bytes written in base64. */
export function asBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0));
  } catch (cause) {
    throw new LlmxError('malformed', `tokenizer.json: ${quoted(text)} is not base64`, '', { cause });
  }
}

/** The row of a table for a step's `type`, and the step. */
export function findRow<Row>(rows: Readonly<Record<string, Row>>, value: Json | undefined): { row: Row; step: JsonObject } | undefined {
  const step = asObject(value);
  const type = asString(step?.['type']);
  return step !== undefined && type !== undefined && Object.hasOwn(rows, type) ? { row: rows[type]!, step } : undefined;
}

/** The row of a table for a step's `type`; throws where the table has none. */
export function requireRow<Row>(rows: Readonly<Record<string, Row>>, value: Json | undefined, kind: string): { row: Row; step: JsonObject } {
  const found = findRow(rows, value);
  if (found !== undefined) return found;
  throw new LlmxError(
    'unsupported',
    `tokenizer.json: the ${kind} ${shown(asObject(value)?.['type'] ?? value)} is not supported`,
    `Supported: ${Object.keys(rows).join(', ')}`,
  );
}
