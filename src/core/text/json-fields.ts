// Reads fields of JSON whose shape is not certain; a field of another type counts as absent.
import type { Json, JsonObject } from '../base/event.js';

export const asObject = (value: Json | undefined): JsonObject | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
export const asList = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);
export const asString = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);
export const asBoolean = (value: Json | undefined): boolean | undefined => (typeof value === 'boolean' ? value : undefined);
export const asId = (value: Json | undefined): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;

/** The pattern of a `{"String": ...}` or `{"Regex": ...}` field: a regular expression in the file's dialect. */
export function asPattern(value: Json | undefined, quote: (text: string) => string): string | undefined {
  const pattern = asObject(value);
  const literal = asString(pattern?.['String']);
  return literal === undefined ? asString(pattern?.['Regex']) : quote(literal);
}

/** The row of a table for a step's `type`, and the step. */
export function findRow<Row>(rows: Readonly<Record<string, Row>>, value: Json | undefined): { row: Row; step: JsonObject } | undefined {
  const step = asObject(value);
  const type = asString(step?.['type']);
  return step !== undefined && type !== undefined && Object.hasOwn(rows, type) ? { row: rows[type]!, step } : undefined;
}
