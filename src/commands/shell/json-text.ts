// JSON for a stream: what a terminal would act upon is escaped, the value stays the same.
import { printable } from '../../core/base/printable.js';

/** `indent` 0: one line. */
export const jsonText = (value: unknown, indent = 0): string => printable(JSON.stringify(value, null, indent), '\n');
