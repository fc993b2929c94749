// Jinja2's lexer with trim_blocks and lstrip_blocks: a template's source becomes tokens, each with its line.
import { fail } from './failure.js';
import { bounds } from './run.js';
import { stringLiteral } from './string-literal.js';
import { isSpace, strip } from './text.js';
import { float, type Value } from './value.js';
import { normal } from './numbers.js';

export interface Token {
  /** `name`, `string`, `integer`, `float`, `data`, `eof`, the begin or end of a tag, or the operator itself. */
  readonly type: string;
  readonly text: string;
  /** Of a literal. */
  readonly value: Value;
  readonly line: number;
}

type Tag = 'block' | 'variable' | 'comment';
const tags: Readonly<Record<string, Tag>> = { '%': 'block', '{': 'variable', '#': 'comment' };
const operators = [
  '**',
  '//',
  '==',
  '!=',
  '>=',
  '<=',
  '+',
  '-',
  '/',
  '*',
  '%',
  '~',
  '[',
  ']',
  '(',
  ')',
  '{',
  '}',
  '>',
  '<',
  '=',
  '.',
  ':',
  '|',
  ',',
  ';',
];
const closers: Readonly<Record<string, string>> = { '{': '}', '(': ')', '[': ']' };

const numberPattern = /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const integerPattern = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const namePattern = /[\p{L}\p{N}\p{M}\p{Pc}\u00b7\u0387\u1369-\u1371\u19da]+/uy;
const identifier = /^[\p{ID_Start}_]\p{ID_Continue}*$/u;
const rawBegin = /\{%[-+]?\s*raw\s*(?:-%\}\s*|%\})/y;
const rawEnd = /\{%([-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\}\n?)/y;

interface Scan {
  readonly source: string;
  readonly tokens: Token[];
  at: number;
  line: number;
  /** Where the line ends. */
  lineEnd: number;
}

export function tokenize(text: string): readonly Token[] {
  if (text.length > bounds.source) fail('TemplateSyntaxError', `the template has ${text.length} characters, more than ${bounds.source}`, 1);
  const source = text.replace(/\r\n|\r/g, '\n').replace(/\n$/, '');
  const scan: Scan = { source, tokens: [], at: 0, line: 1, lineEnd: endOfLine(source, 0) };
  while (scan.at < source.length) lexData(scan);
  push(scan, 'eof', '');
  return scan.tokens;
}

function endOfLine(source: string, from: number): number {
  const end = source.indexOf('\n', from);
  return end < 0 ? source.length : end;
}

/** `at` never lies before a line that was asked for. */
function lineAt(scan: Scan, at: number): number {
  while (scan.lineEnd < at) {
    scan.line += 1;
    scan.lineEnd = endOfLine(scan.source, scan.lineEnd + 1);
  }
  return scan.line;
}

function push(scan: Scan, type: string, text: string, value: Value = null): void {
  scan.tokens.push({ type, text, value, line: lineAt(scan, scan.at) });
}

/** Text up to the next tag, and the tag. */
function lexData(scan: Scan): void {
  const { source } = scan;
  let start = source.indexOf('{', scan.at);
  while (start >= 0 && tags[source[start + 1] ?? ''] === undefined) start = source.indexOf('{', start + 1);
  if (start < 0) {
    push(scan, 'data', source.slice(scan.at));
    scan.at = source.length;
    return;
  }
  const sign = source[start + 2] ?? '';
  const tag = tags[source[start + 1]!]!;
  pushText(scan, start, sign, tag !== 'variable');
  scan.at = start;
  rawBegin.lastIndex = start;
  if (rawBegin.test(source)) {
    scan.at = rawBegin.lastIndex;
    return lexRaw(scan);
  }
  scan.at = start + 2 + (sign === '-' || sign === '+' ? 1 : 0);
  if (tag === 'comment') skipComment(scan, start);
  else lexTag(scan, tag);
}

/** The text before a tag, as the tag's sign and lstrip_blocks leave it. */
function pushText(scan: Scan, end: number, sign: string, block: boolean): void {
  const text = scan.source.slice(scan.at, end);
  const kept = sign === '-' ? strip(text, undefined, 'right') : sign !== '+' && block ? withoutIndent(scan, text) : text;
  if (kept !== '') push(scan, 'data', kept);
}

function withoutIndent(scan: Scan, text: string): string {
  const lineStart = text.lastIndexOf('\n') + 1;
  const atLineStart = scan.at === 0 || scan.source[scan.at - 1] === '\n';
  if (lineStart === 0 && !atLineStart) return text;
  for (let at = lineStart; at < text.length; at += 1) if (!isSpace(text[at]!)) return text;
  return text.slice(0, lineStart);
}

function skipSpaces(source: string, from: number): number {
  let at = from;
  while (at < source.length && isSpace(source[at]!)) at += 1;
  return at;
}

/** Past the end of a tag at `end`, and what its sign and trim_blocks take with it. */
function afterEnd(source: string, end: number, sign: string): number {
  if (sign === '-') return skipSpaces(source, end);
  return sign !== '+' && source[end] === '\n' ? end + 1 : end;
}

function skipComment(scan: Scan, start: number): void {
  const { source } = scan;
  const end = source.indexOf('#}', scan.at);
  if (end < 0 && scan.at < source.length) fail('TemplateSyntaxError', 'Missing end of comment tag', lineAt(scan, start));
  scan.at = end < 0 ? source.length : afterEnd(source, end + 2, end > scan.at ? source[end - 1]! : '');
}

function lexRaw(scan: Scan): void {
  const { source } = scan;
  for (let start = source.indexOf('{%', scan.at); start >= 0; start = source.indexOf('{%', start + 1)) {
    rawEnd.lastIndex = start;
    const match = rawEnd.exec(source);
    if (match === null) continue;
    pushText(scan, start, match[1]!, true);
    scan.at = rawEnd.lastIndex;
    return;
  }
  if (scan.at < source.length) fail('TemplateSyntaxError', 'Missing end of raw directive', lineAt(scan, scan.at));
}

function lexTag(scan: Scan, tag: 'block' | 'variable'): void {
  push(scan, `${tag} begin`, '');
  const close = tag === 'block' ? '%}' : '}}';
  const open: string[] = [];
  for (;;) {
    scan.at = skipSpaces(scan.source, scan.at);
    if (scan.at >= scan.source.length) return;
    if (open.length === 0 && lexEnd(scan, tag, close)) return;
    lexToken(scan, open);
  }
}

function lexEnd(scan: Scan, tag: 'block' | 'variable', close: string): boolean {
  const { source, at } = scan;
  const sign = source[at] === '-' || (tag === 'block' && source[at] === '+') ? source[at]! : '';
  if (!source.startsWith(close, at + sign.length)) return false;
  push(scan, `${tag} end`, '');
  // Nothing is trimmed after a variable but by its sign.
  scan.at = afterEnd(source, at + sign.length + 2, tag === 'variable' && sign === '' ? '+' : sign);
  return true;
}

function lexToken(scan: Scan, open: string[]): void {
  const { source, at } = scan;
  const number = match(numberPattern, source, at);
  if (number !== undefined) return take(scan, 'float', number, float(Number(number.replaceAll('_', ''))));
  const integer = match(integerPattern, source, at);
  if (integer !== undefined) return take(scan, 'integer', integer, readInteger(scan, integer));
  const name = match(namePattern, source, at);
  if (name !== undefined) {
    if (!identifier.test(name)) fail('TemplateSyntaxError', 'Invalid character in identifier', lineAt(scan, at));
    return take(scan, 'name', name, null);
  }
  const quote = source[at]!;
  if (quote === "'" || quote === '"') {
    const literal = stringLiteral(source, at);
    if (typeof literal === 'string') return fail('TemplateSyntaxError', literal, lineAt(scan, at));
    if (literal !== undefined) return take(scan, 'string', source.slice(at, literal.end), literal.value);
  }
  const operator =
    operators.find((each) => source.startsWith(each, at)) ?? fail('TemplateSyntaxError', `unexpected char '${quote}' at ${at}`, lineAt(scan, at));
  balance(scan, open, operator);
  take(scan, operator, operator, null);
}

function match(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}

function take(scan: Scan, type: string, text: string, value: Value): void {
  push(scan, type, text, value);
  scan.at += text.length;
}

function readInteger(scan: Scan, text: string): Value {
  const digits = text.replaceAll('_', '');
  if (digits.length > 4300) fail('TemplateSyntaxError', `an integer has ${digits.length} digits`, lineAt(scan, scan.at));
  return normal(BigInt(digits.toLowerCase()));
}

function balance(scan: Scan, open: string[], operator: string): void {
  const closer = closers[operator];
  if (closer !== undefined) open.push(closer);
  if (operator !== '}' && operator !== ')' && operator !== ']') return;
  const expected = open.pop();
  if (expected === operator) return;
  const instead = expected === undefined ? '' : `, expected '${expected}'`;
  fail('TemplateSyntaxError', `unexpected '${operator}'${instead}`, lineAt(scan, scan.at));
}
