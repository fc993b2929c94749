// Expressions, as Jinja2's parser reads them: one function for each level of precedence, weakest first.
import type { Arithmetic } from './numbers.js';
import type { Applied, Arguments, Binary, CallNode, Compare, Concat, Conditional, Constant, Expression, Unary } from './nodes.js';
import type { Comparison } from './operators.js';
import { parsePrimary } from './parse-primary.js';
import { ahead, current, deeper, expectType, grown, isName, isType, next, skipName, skipType, syntaxError, type Stream } from './token-stream.js';
import type { Attribute, Item, Sequence, Slice } from './nodes.js';

/** `conditional`: whether `a if b else c` may stand here. */
export function parseExpression(stream: Stream, conditional = true): Expression {
  return deeper(stream, () => (conditional ? parseConditional(stream) : parseOr(stream)));
}

function parseConditional(stream: Stream): Expression {
  const { line } = current(stream);
  let then = parseOr(stream);
  while (skipName(stream, 'if')) {
    const test = parseOr(stream);
    const otherwise = skipName(stream, 'else') ? deeper(stream, parseConditional) : undefined;
    then = grown<Conditional>({ type: 'conditional', test, then, otherwise, line });
  }
  return then;
}

function parseOr(stream: Stream): Expression {
  const { line } = current(stream);
  let left = parseAnd(stream);
  while (skipName(stream, 'or')) left = grown<Binary>({ type: 'binary', operator: 'or', left, right: parseAnd(stream), line });
  return left;
}

function parseAnd(stream: Stream): Expression {
  const { line } = current(stream);
  let left = parseNot(stream);
  while (skipName(stream, 'and')) left = grown<Binary>({ type: 'binary', operator: 'and', left, right: parseNot(stream), line });
  return left;
}

function parseNot(stream: Stream): Expression {
  const { line } = current(stream);
  if (!skipName(stream, 'not')) return parseCompare(stream);
  return grown<Unary>({ type: 'unary', operator: 'not', operand: deeper(stream, parseNot), line });
}

const comparisons: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);

function comparison(stream: Stream): Comparison | undefined {
  if (comparisons.has(current(stream).type)) return next(stream).type as Comparison;
  if (skipName(stream, 'in')) return 'in';
  if (!isName(stream, 'not') || ahead(stream).type !== 'name' || ahead(stream).text !== 'in') return undefined;
  stream.at += 2;
  return 'notin';
}

function parseCompare(stream: Stream): Expression {
  const { line } = current(stream);
  const first = parseSum(stream);
  const rest: (readonly [Comparison, Expression])[] = [];
  for (let operator = comparison(stream); operator !== undefined; operator = comparison(stream)) rest.push([operator, parseSum(stream)]);
  return rest.length === 0 ? first : grown<Compare>({ type: 'compare', first, rest, line });
}

/** A chain of operators of one strength, from left to right. */
function parseChain(stream: Stream, operators: readonly Arithmetic[], operand: (stream: Stream) => Expression): Expression {
  const { line } = current(stream);
  let left = operand(stream);
  while ((operators as readonly string[]).includes(current(stream).type)) {
    const operator = next(stream).type as Arithmetic;
    left = grown<Binary>({ type: 'binary', operator, left, right: operand(stream), line });
  }
  return left;
}

const parseSum = (stream: Stream): Expression => parseChain(stream, ['+', '-'], parseConcat);

function parseConcat(stream: Stream): Expression {
  const { line } = current(stream);
  const first = parseProduct(stream);
  if (!isType(stream, '~')) return first;
  const parts = [first];
  while (skipType(stream, '~')) parts.push(parseProduct(stream));
  return grown<Concat>({ type: 'concat', parts, line });
}

const parseProduct = (stream: Stream): Expression => parseChain(stream, ['*', '/', '//', '%'], parsePower);
const parsePower = (stream: Stream): Expression => parseChain(stream, ['**'], (each) => parseUnary(each, true));

function parseUnary(stream: Stream, filters: boolean): Expression {
  const { line } = current(stream);
  let node: Expression;
  if (isType(stream, '-') || isType(stream, '+')) {
    const operator = next(stream).type as '-' | '+';
    node = grown<Unary>({ type: 'unary', operator, operand: deeper(stream, (each) => parseUnary(each, false)), line });
  } else node = parsePrimary(stream, parsers, false);
  node = parsePostfix(stream, node);
  return filters ? parseFilters(stream, node) : node;
}

function parsePostfix(stream: Stream, first: Expression): Expression {
  let node = first;
  for (;;) {
    if (isType(stream, '.')) node = parseDot(stream, node);
    else if (isType(stream, '[')) node = parseSubscript(stream, node);
    else if (isType(stream, '(')) node = parseCall(stream, node);
    else return node;
  }
}

function parseFilters(stream: Stream, first: Expression): Expression {
  let node = first;
  for (;;) {
    if (isType(stream, '|')) node = parseFilter(stream, node);
    else if (isName(stream, 'is')) node = parseTest(stream, node);
    else if (isType(stream, '(')) node = parseCall(stream, node);
    else return node;
  }
}

function parseDot(stream: Stream, object: Expression): Expression {
  const { line } = next(stream);
  const token = next(stream);
  if (token.type === 'name') return grown<Attribute>({ type: 'attribute', object, name: token.text, line });
  if (token.type !== 'integer') return syntaxError(stream, 'expected name or number', token.line);
  const index = grown<Constant>({ type: 'constant', value: token.value, line });
  return grown<Item>({ type: 'item', object, index, line });
}

function parseSubscript(stream: Stream, object: Expression): Expression {
  const { line } = next(stream);
  const indices: Expression[] = [];
  while (!isType(stream, ']')) {
    if (indices.length > 0) expectType(stream, ',');
    indices.push(deeper(stream, parseIndex));
  }
  next(stream);
  const index = indices.length === 1 ? indices[0]! : grown<Sequence>({ type: 'tuple', items: indices, line });
  if (index.type === 'tuple' && index.items.some((item) => item.type === 'slice')) syntaxError(stream, 'slices in a tuple of indices', line);
  return grown<Item>({ type: 'item', object, index, line });
}

function parseIndex(stream: Stream): Expression {
  const { line } = current(stream);
  const start = isType(stream, ':') ? undefined : parseExpression(stream);
  if (start !== undefined && !isType(stream, ':')) return start;
  next(stream);
  const bound = (): Expression | undefined =>
    isType(stream, ':') || isType(stream, ']') || isType(stream, ',') ? undefined : parseExpression(stream);
  const stop = bound();
  const step = skipType(stream, ':') ? bound() : undefined;
  return grown<Slice>({ type: 'slice', start, stop, step, line });
}

function parseCall(stream: Stream, callee: Expression): CallNode {
  const { line } = current(stream);
  return grown<CallNode>({ type: 'call', callee, arguments: parseArguments(stream), line });
}

export function parseArguments(stream: Stream): Arguments {
  const { line } = expectType(stream, '(');
  const positional: Expression[] = [];
  const keywords: (readonly [string, Expression])[] = [];
  let spread: Expression | undefined;
  let keywordSpread: Expression | undefined;
  const ensure = (allowed: boolean): void => {
    if (!allowed) syntaxError(stream, 'invalid syntax for function call expression', line);
  };
  for (let first = true; !isType(stream, ')'); first = false) {
    if (!first) expectType(stream, ',');
    if (isType(stream, ')')) break;
    if (skipType(stream, '*')) {
      ensure(spread === undefined && keywordSpread === undefined);
      spread = parseExpression(stream);
    } else if (skipType(stream, '**')) {
      ensure(keywordSpread === undefined);
      keywordSpread = parseExpression(stream);
    } else if (isType(stream, 'name') && ahead(stream).type === '=') {
      ensure(keywordSpread === undefined);
      const name = next(stream).text;
      next(stream);
      if (keywords.some(([other]) => other === name)) syntaxError(stream, `keyword argument repeated: ${name}`);
      keywords.push([name, parseExpression(stream)]);
    } else {
      ensure(spread === undefined && keywordSpread === undefined && keywords.length === 0);
      positional.push(parseExpression(stream));
    }
  }
  expectType(stream, ')');
  return { positional, keywords, spread, keywordSpread };
}

const noArguments: Arguments = { positional: [], keywords: [], spread: undefined, keywordSpread: undefined };

function parseDottedName(stream: Stream): string {
  let name = expectType(stream, 'name').text;
  while (skipType(stream, '.')) name += `.${expectType(stream, 'name').text}`;
  return name;
}

/** `| name(...)`, of what stands before it. */
function parseFilter(stream: Stream, subject: Expression): Expression {
  next(stream);
  return parseFilterName(stream, subject);
}

function parseFilterName(stream: Stream, subject: Expression | undefined): Applied {
  const { line } = current(stream);
  const name = parseDottedName(stream);
  const args = isType(stream, '(') ? parseArguments(stream) : noArguments;
  return grown<Applied>({ type: 'filter', name, subject, arguments: args, line });
}

/** The filters of a block, whose body they get; undefined where there is none. */
export function parseBlockFilters(stream: Stream, inline: boolean): Applied | undefined {
  let filter: Applied | undefined = inline ? parseFilterName(stream, undefined) : undefined;
  while (skipType(stream, '|')) filter = parseFilterName(stream, filter);
  return filter;
}

const argumentStarts: ReadonlySet<string> = new Set(['name', 'string', 'integer', 'float', '(', '[', '{']);

function parseTest(stream: Stream, subject: Expression): Expression {
  const { line } = next(stream);
  const negated = skipName(stream, 'not');
  const name = parseDottedName(stream);
  let args = noArguments;
  if (isType(stream, '(')) args = parseArguments(stream);
  else if (argumentStarts.has(current(stream).type) && !isName(stream, 'else', 'or', 'and')) {
    if (isName(stream, 'is')) syntaxError(stream, 'You cannot chain multiple tests with is');
    args = {
      ...noArguments,
      positional: [
        parsePostfix(
          stream,
          deeper(stream, (each) => parsePrimary(each, parsers, false)),
        ),
      ],
    };
  }
  const test = grown<Applied>({ type: 'test', name, subject, arguments: args, line });
  return negated ? grown<Unary>({ type: 'unary', operator: 'not', operand: test, line }) : test;
}

const parsers = { expression: parseExpression };
