// Python's view of text: strings are counted in code points, and Python says what white space, a line and a letter are.

const surrogate = /[\ud800-\udfff]/;
/** What `str.isspace` and `\s` accept, less what lies outside the first plane (nothing does). */
const spaces = new Set(
  '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000',
);
const lineEnds = new Set('\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029');

export const isSpace = (character: string): boolean => spaces.has(character);

/** In code points. */
export function textLength(text: string): number {
  if (!surrogate.test(text)) return text.length;
  let length = text.length;
  for (let at = 0; at + 1 < text.length; at += 1) {
    if (isPair(text, at)) {
      length -= 1;
      at += 1;
    }
  }
  return length;
}

const isPair = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;

export function characters(text: string): readonly string[] {
  return surrogate.test(text) ? Array.from(text) : text.split('');
}

/** From code point to code point. */
export function substring(text: string, start: number, end: number): string {
  return surrogate.test(text) ? Array.from(text).slice(start, end).join('') : text.slice(start, Math.max(start, end));
}

/** The code point index of a UTF-16 index. */
export function pointIndex(text: string, unit: number): number {
  return unit < 0 ? unit : textLength(text.slice(0, unit));
}

export function reversed(text: string): string {
  return [...characters(text)].reverse().join('');
}

/** Without the white space, or the characters of `set`, at its ends. */
export function strip(text: string, set: string | undefined, sides: 'both' | 'left' | 'right'): string {
  const drop = set === undefined ? spaces : new Set(characters(set));
  if (set !== undefined && surrogate.test(set)) return stripPoints(text, drop, sides);
  let [start, end] = [0, text.length];
  if (sides !== 'right') while (start < end && drop.has(text[start]!)) start += 1;
  if (sides !== 'left') while (end > start && drop.has(text[end - 1]!)) end -= 1;
  return text.slice(start, end);
}

function stripPoints(text: string, drop: ReadonlySet<string>, sides: 'both' | 'left' | 'right'): string {
  const points = Array.from(text);
  let [start, end] = [0, points.length];
  if (sides !== 'right') while (start < end && drop.has(points[start]!)) start += 1;
  if (sides !== 'left') while (end > start && drop.has(points[end - 1]!)) end -= 1;
  return points.slice(start, end).join('');
}

/** Runs of anything but white space; at most `limit` splits, the rest whole. */
export function splitSpaces(text: string, limit: number): readonly string[] {
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && spaces.has(text[at]!)) at += 1;
    if (at >= text.length) return parts;
    if (parts.length === limit) return [...parts, text.slice(at)];
    const start = at;
    while (at < text.length && !spaces.has(text[at]!)) at += 1;
    parts.push(text.slice(start, at));
  }
}

export function splitSpacesRight(text: string, limit: number): readonly string[] {
  const parts: string[] = [];
  let at = text.length;
  for (;;) {
    while (at > 0 && spaces.has(text[at - 1]!)) at -= 1;
    if (at <= 0) return parts.reverse();
    if (parts.length === limit) return [text.slice(0, at), ...parts.reverse()];
    const end = at;
    while (at > 0 && !spaces.has(text[at - 1]!)) at -= 1;
    parts.push(text.slice(at, end));
  }
}

export function splitOn(text: string, separator: string, limit: number): readonly string[] {
  if (limit === Infinity) return text.split(separator);
  const parts: string[] = [];
  let at = 0;
  while (parts.length < limit) {
    const found = text.indexOf(separator, at);
    if (found < 0) break;
    parts.push(text.slice(at, found));
    at = found + separator.length;
  }
  return [...parts, text.slice(at)];
}

export function splitOnRight(text: string, separator: string, limit: number): readonly string[] {
  const parts: string[] = [];
  let end = text.length;
  while (parts.length < limit && end >= separator.length) {
    const found = text.lastIndexOf(separator, end - separator.length);
    if (found < 0) break;
    parts.push(text.slice(found + separator.length, end));
    end = found;
  }
  return [...parts, text.slice(0, end)].reverse();
}

export function splitLines(text: string, keepEnds: boolean): readonly string[] {
  const lines: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (!lineEnds.has(text[at]!)) continue;
    const end = at;
    if (text[at] === '\r' && text[at + 1] === '\n') at += 1;
    lines.push(text.slice(start, keepEnds ? at + 1 : end));
    start = at + 1;
  }
  return start < text.length ? [...lines, text.slice(start)] : lines;
}

/** How often a part occurs, no two overlapping; an empty one between all code points. */
export function countOf(text: string, part: string): number {
  if (part === '') return textLength(text) + 1;
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count += 1;
  return count;
}

/** The first `limit` occurrences replaced. */
export function replaceText(text: string, old: string, by: string, limit: number): string {
  if (old !== '') return splitOn(text, old, limit).join(by);
  const points = characters(text);
  if (limit > points.length) return `${by}${points.map((each) => each + by).join('')}`;
  return limit <= 0 ? text : by + points.slice(0, limit - 1).join(by) + (limit > 1 ? by : '') + points.slice(limit - 1).join('');
}

/** A first letter as titles have it. */
export function titleCase(character: string): string {
  const digraph = /^[\u01c4-\u01cc\u01f1-\u01f3]$/.test(character);
  if (digraph) return character <= '\u01c6' ? '\u01c5' : character <= '\u01c9' ? '\u01c8' : character <= '\u01cc' ? '\u01cb' : '\u01f2';
  if (/^[\u10d0-\u10ff]$/.test(character)) return character;
  if (/^[\u1f80-\u1faf]$/.test(character)) return String.fromCharCode(character.charCodeAt(0) | 8);
  const upper = Array.from(character.toUpperCase());
  return (upper[0] ?? '') + upper.slice(1).join('').toLowerCase();
}

export function capitalize(text: string): string {
  const [first = '', ...rest] = characters(text);
  return titleCase(first) + rest.join('').toLowerCase();
}

/** `str.title`: each run of cased letters begins with a capital. */
export function title(text: string): string {
  let result = '';
  let inWord = false;
  for (const character of characters(text)) {
    result += inWord ? character.toLowerCase() : titleCase(character);
    inWord = isCased(character);
  }
  return result;
}

export const isCased = (character: string): boolean => /^[\p{Uppercase}\p{Lowercase}\p{Lt}]$/u.test(character);

/** Up and down again takes apart what has no single form in the other case; but for the dotless i. */
export function caseFold(text: string): string {
  return characters(text)
    .map((each) => (each === 'ı' ? each : each.toUpperCase().toLowerCase()))
    .join('')
    .replaceAll('ς', 'σ');
}

export function swapCase(text: string): string {
  return characters(text)
    .map((each) => (/^\p{Uppercase}$/u.test(each) ? each.toLowerCase() : each.toUpperCase()))
    .join('');
}

export function expandTabs(text: string, size: number): string {
  let column = 0;
  let result = '';
  for (const character of characters(text)) {
    if (character === '\t') {
      const width = size > 0 ? size - (column % size) : 0;
      result += ' '.repeat(width);
      column += width;
    } else {
      result += character;
      column = character === '\n' || character === '\r' ? 0 : column + 1;
    }
  }
  return result;
}

const printable = /^(?: |[^\p{C}\p{Z}])$/u;
export const isPrintable = (character: string): boolean => printable.test(character);

/** `repr` of a string. */
export function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  if (/^[ !#-&(-[\]-~]*$/.test(text)) return `${quote}${text}${quote}`;
  let result = '';
  for (const character of Array.from(text)) {
    if (character === quote || character === '\\') result += `\\${character}`;
    else if (character === '\n') result += '\\n';
    else if (character === '\r') result += '\\r';
    else if (character === '\t') result += '\\t';
    else result += isPrintable(character) ? character : escaped(character.codePointAt(0) ?? 0);
  }
  return `${quote}${result}${quote}`;
}

export function escaped(point: number): string {
  const hex = point.toString(16);
  return point < 0x100 ? `\\x${hex.padStart(2, '0')}` : point < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** MarkupSafe's `escape`. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('>', '&gt;').replaceAll('<', '&lt;').replaceAll("'", '&#39;').replaceAll('"', '&#34;');
}
