// How an argument is written in usage lines: `<ref>`, `[output]`, `[prompt...]`.
import type { Argument } from './flag.js';

export const argumentSyntax = (key: string, row: Argument): string => {
  const text = row.variadic === true ? `${key}...` : key;
  return row.optional === true || (row.variadic === true && row.optional !== false) ? `[${text}]` : `<${text}>`;
};
