// JSON that tells 1.0 from 1. JavaScript has one kind of number; readers of config.json that check types (Transformers 5) have two.
import type { Json } from '../base/event.js';

/** A number's place: keys and indices from the outermost object inwards. */
export const placeOf = (...steps: readonly (string | number)[]): string => steps.join('\0');

const token = /[ \t\r\n]*(?:("(?:[^"\\]|\\.)*")|(-?\d[\d.eE+-]*)|([[\]{},:])|true|false|null)/y;

/** Places of whole numbers that are written with a point or an exponent. `text` must be JSON; what is not gives fewer places. */
export function floatPlaces(text: string): ReadonlySet<string> {
  const places = new Set<string>();
  const path: (string | number)[] = [];
  let key = '';
  token.lastIndex = 0;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    const [, string, number, mark] = found;
    if (number !== undefined && /[.eE]/.test(number) && Number.isInteger(Number(number))) places.add(placeOf(...path));
    else if (string !== undefined) key = string;
    else if (mark === ':') path[path.length - 1] = JSON.parse(key) as string;
    else if (mark === '{' || mark === '[') path.push(0);
    else if (mark === '}' || mark === ']') path.pop();
    else if (mark === ',' && typeof path.at(-1) === 'number') path[path.length - 1] = (path.at(-1) as number) + 1;
  }
  return places;
}

/** As `JSON.stringify(value, undefined, 2)`, with a point in the whole numbers at `floats`. */
export function jsonText(value: Json, floats: ReadonlySet<string>): string {
  const write = (each: Json | undefined, path: readonly (string | number)[], indent: string): string => {
    const inner = `${indent}  `;
    if (Array.isArray(each)) {
      const items = (each as readonly Json[]).map((item, index) => inner + write(item, [...path, index], inner));
      return items.length === 0 ? '[]' : `[\n${items.join(',\n')}\n${indent}]`;
    }
    if (typeof each === 'object' && each !== null) {
      const members = Object.entries(each).filter(([, member]) => member !== undefined);
      const lines = members.map(([name, member]) => `${inner}${JSON.stringify(name)}: ${write(member, [...path, name], inner)}`);
      return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${indent}}`;
    }
    const text = JSON.stringify(each ?? null);
    return Number.isInteger(each) && floats.has(placeOf(...path)) && /^-?\d+$/.test(text) ? `${text}.0` : text;
  };
  return write(value, [], '');
}
