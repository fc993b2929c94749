// Names, literals, brackets, and tuples without brackets.
import type { Constant, DictNode, Expression, Name, NamespaceTarget, Sequence } from './nodes.js';
import { current, described, expectType, grown, isName, isType, next, skipType, syntaxError, type Stream } from './token-stream.js';

/** What stands inside brackets is an expression again. */
export interface Parsers {
  expression(stream: Stream, conditional?: boolean): Expression;
}

const constants: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);

/** `namespace`: `name.attribute` is what something is assigned to. */
export function parsePrimary(stream: Stream, parsers: Parsers, namespace: boolean): Expression {
  const token = current(stream);
  const { line } = token;
  switch (token.type) {
    case 'name':
      return parseName(stream, namespace);
    case 'string': {
      const parts: string[] = [];
      while (isType(stream, 'string')) parts.push(next(stream).value as string);
      return grown<Constant>({ type: 'constant', value: parts.join(''), line });
    }
    case 'integer':
    case 'float':
      return grown<Constant>({ type: 'constant', value: next(stream).value, line });
    case '(': {
      next(stream);
      const inside = parseTuple(stream, parsers, { explicit: true });
      expectType(stream, ')');
      return inside;
    }
    case '[':
      return parseList(stream, parsers);
    case '{':
      return parseDict(stream, parsers);
    default:
      return syntaxError(stream, `unexpected '${described(token)}'`);
  }
}

function parseName(stream: Stream, namespace: boolean): Expression {
  const { text, line } = next(stream);
  if (constants.has(text)) return grown<Constant>({ type: 'constant', value: constants.get(text)!, line });
  if (namespace && skipType(stream, '.'))
    return grown<NamespaceTarget>({ type: 'namespace-target', name: text, attribute: expectType(stream, 'name').text, line });
  return grown<Name>({ type: 'name', name: text, use: 'load', line });
}

function parseList(stream: Stream, parsers: Parsers): Expression {
  const { line } = next(stream);
  const items: Expression[] = [];
  while (!isType(stream, ']')) {
    if (items.length > 0) expectType(stream, ',');
    if (isType(stream, ']')) break;
    items.push(parsers.expression(stream));
  }
  next(stream);
  return grown<Sequence>({ type: 'list', items, line });
}

function parseDict(stream: Stream, parsers: Parsers): Expression {
  const { line } = next(stream);
  const pairs: (readonly [Expression, Expression])[] = [];
  while (!isType(stream, '}')) {
    if (pairs.length > 0) expectType(stream, ',');
    if (isType(stream, '}')) break;
    const key = parsers.expression(stream);
    expectType(stream, ':');
    pairs.push([key, parsers.expression(stream)]);
  }
  next(stream);
  return grown<DictNode>({ type: 'dict', pairs, line });
}

export interface TupleRules {
  /** Targets of an assignment: names and brackets alone. */
  readonly simple?: boolean;
  readonly namespace?: boolean;
  readonly conditional?: boolean;
  /** A name that ends it. */
  readonly end?: string;
  /** Stands in brackets, so it may be empty. */
  readonly explicit?: boolean;
}

/** One expression, or a tuple of those that commas divide. */
export function parseTuple(stream: Stream, parsers: Parsers, rules: TupleRules): Expression {
  const { line } = current(stream);
  const items: Expression[] = [];
  let commas = false;
  for (;;) {
    if (items.length > 0) expectType(stream, ',');
    if (
      isType(stream, 'variable end') ||
      isType(stream, 'block end') ||
      isType(stream, ')') ||
      (rules.end !== undefined && isName(stream, rules.end))
    )
      break;
    items.push(
      rules.simple === true ? parsePrimary(stream, parsers, rules.namespace === true) : parsers.expression(stream, rules.conditional !== false),
    );
    if (!isType(stream, ',')) break;
    commas = true;
  }
  if (!commas && items.length > 0) return items[0]!;
  if (!commas && rules.explicit !== true) return syntaxError(stream, `Expected an expression, got '${described(current(stream))}'`);
  return grown<Sequence>({ type: 'tuple', items, line });
}
