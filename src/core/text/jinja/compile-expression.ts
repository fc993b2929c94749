// Expressions become functions of the activation that they run in.
import { loadName, reader, type Activation, type Evaluate, type Frame } from './activation.js';
import { attribute, item, slice } from './attributes.js';
import { makeDict } from './compare.js';
import { fail } from './failure.js';
import { filterNames, filters } from './filters.js';
import { each, truthy } from './iterate.js';
import type { Applied, Arguments, CallNode, Compare, Conditional, Expression, Item } from './nodes.js';
import { binary, compare, concat, unary } from './operators.js';
import { allotItems, spend, type Callables, type Run } from './run.js';
import { findReference } from './symbols.js';
import { testNamed } from './tests.js';
import { failUndefined, isKind, isUndefined, list, textOf, tuple, typeName, undefinedOf, type Call, type Keywords, type Value } from './value.js';

export const callables: Callables = { filter: (name) => filters.get(name), test: (name) => testNamed(name, filterNames) };

export function compile(node: Expression, frame: Frame): Evaluate {
  const { line } = node;
  switch (node.type) {
    case 'constant': {
      const { value } = node;
      return () => value;
    }
    case 'name': {
      const reference = findReference(frame.symbols, node.name) ?? fail('AssertionError', `the name '${node.name}' is not known here`, line);
      return loadName(reader(frame.symbols.scope, reference), node.name);
    }
    case 'tuple':
    case 'list': {
      const items = node.items.map((each) => compile(each, frame));
      const make = node.type === 'list' ? list : tuple;
      return (activation) => {
        allotItems(activation.run, items.length);
        return make(items.map((each) => each(activation)));
      };
    }
    case 'dict': {
      const pairs = node.pairs.map(([key, value]) => [compile(key, frame), compile(value, frame)] as const);
      return (activation) => {
        allotItems(activation.run, pairs.length);
        return makeDict(pairs.map(([key, value]) => [key(activation), value(activation)] as const));
      };
    }
    case 'binary': {
      const [left, right] = [compile(node.left, frame), compile(node.right, frame)];
      const { operator } = node;
      if (operator === 'and' || operator === 'or') return junction(left, right, operator === 'and');
      return (activation) => {
        const [a, b] = [left(activation), right(activation)];
        return binary(at(activation, line), operator, a, b);
      };
    }
    case 'unary': {
      const operand = compile(node.operand, frame);
      const { operator } = node;
      if (operator === 'not') return (activation) => !truthy(activation.run, operand(activation));
      return (activation) => unary(operator, operand(activation));
    }
    case 'compare':
      return compileCompare(node, frame);
    case 'concat': {
      const parts = node.parts.map((part) => compile(part, frame));
      return (activation) =>
        concat(
          activation.run,
          parts.map((part) => part(activation)),
        );
    }
    case 'conditional':
      return compileConditional(node, frame);
    case 'attribute': {
      const object = compile(node.object, frame);
      const { name } = node;
      return (activation) => {
        const value = object(activation);
        return attribute(at(activation, line), value, name);
      };
    }
    case 'item':
      return compileItem(node, frame);
    case 'call':
      return compileCall(node, frame);
    case 'filter':
    case 'test':
      return compileApplied(node, frame);
    case 'slice':
    case 'namespace-target':
      return fail('TemplateSyntaxError', `unexpected ${node.type}`, line);
  }
}

/** The run, which is at that line now. */
function at({ run }: Activation, line: number): Run {
  run.line = line;
  return run;
}

function junction(left: Evaluate, right: Evaluate, both: boolean): Evaluate {
  return (activation) => {
    const value = left(activation);
    return truthy(activation.run, value) === both ? right(activation) : value;
  };
}

function compileCompare(node: Compare, frame: Frame): Evaluate {
  const first = compile(node.first, frame);
  const rest = node.rest.map(([operator, operand]) => [operator, compile(operand, frame)] as const);
  return (activation) => {
    let left = first(activation);
    for (const [operator, operand] of rest) {
      const right = operand(activation);
      if (!compare(at(activation, node.line), operator, left, right)) return false;
      left = right;
    }
    return true;
  };
}

function compileConditional(node: Conditional, frame: Frame): Evaluate {
  const inner: Frame = { ...frame, soft: true };
  const [test, then] = [compile(node.test, inner), compile(node.then, inner)];
  const missing = undefinedOf(() => `the inline if-expression on line ${node.line} evaluated to false and no else section was defined.`);
  const otherwise = node.otherwise === undefined ? () => missing : compile(node.otherwise, inner);
  return (activation) => (truthy(activation.run, test(activation)) ? then(activation) : otherwise(activation));
}

function compileItem(node: Item, frame: Frame): Evaluate {
  const object = compile(node.object, frame);
  if (node.index.type === 'slice') {
    const { start, stop, step } = node.index;
    const bounds = [start, stop, step].map((bound): Evaluate => (bound === undefined ? () => null : compile(bound, frame)));
    return (activation) => {
      const value = object(activation);
      const [from = null, to = null, by = null] = bounds.map((bound) => bound(activation));
      return slice(at(activation, node.line), value, from, to, by);
    };
  }
  const index = compile(node.index, frame);
  return (activation) => {
    const [value, place] = [object(activation), index(activation)];
    return item(at(activation, node.line), value, place);
  };
}

type Passed = readonly [positional: readonly Value[], keywords: Keywords];
const noKeywords: Keywords = new Map();

/** `first` stands before the positional arguments. */
export function compileArguments(args: Arguments, frame: Frame): (activation: Activation, first: readonly Value[], more: Keywords) => Passed {
  const positional = args.positional.map((each) => compile(each, frame));
  const keywords = args.keywords.map(([name, value]) => [name, compile(value, frame)] as const);
  const spread = args.spread === undefined ? undefined : compile(args.spread, frame);
  const keywordSpread = args.keywordSpread === undefined ? undefined : compile(args.keywordSpread, frame);
  const plain = keywords.length === 0 && keywordSpread === undefined;
  return (activation, first, more) => {
    const values = [...first, ...positional.map((each) => each(activation))];
    if (spread !== undefined) for (const value of each(activation.run, spread(activation))) values.push(value);
    if (plain) return [values, more];
    const named = new Map<string, Value>(keywords.map(([name, value]) => [name, value(activation)]));
    for (const [name, value] of more) named.set(name, value);
    if (keywordSpread !== undefined) spreadInto(activation.run, named, keywordSpread(activation));
    return [values, named];
  };
}

function spreadInto(run: Run, named: Map<string, Value>, mapping: Value): void {
  if (!isKind(mapping, 'dict')) return fail('TypeError', `argument after ** must be a mapping, not ${typeName(mapping)}`);
  spend(run, mapping.entries.size);
  for (const [key, value] of mapping.entries.values()) {
    const name = textOf(key) ?? fail('TypeError', 'keywords must be strings');
    if (named.has(name)) fail('TypeError', `got multiple values for keyword argument '${name}'`);
    named.set(name, value);
  }
}

/** `more`: the keyword `caller` of a call block. */
export function compileCall(node: CallNode, frame: Frame): (activation: Activation, more?: Keywords) => Value {
  const callee = compile(node.callee, frame);
  const pass = compileArguments(node.arguments, frame);
  return (activation, more = noKeywords) => {
    const called = callee(activation);
    const [positional, keywords] = pass(activation, [], more);
    return call(at(activation, node.line), called, positional, keywords);
  };
}

function call(run: Run, called: Value, positional: readonly Value[], keywords: Keywords): Value {
  spend(run, 1);
  if (isUndefined(called)) failUndefined(called);
  if (!isKind(called, 'object') || called.call === undefined) return fail('TypeError', `'${typeName(called)}' object is not callable`);
  return called.call(run, positional, keywords);
}

function compileApplied(node: Applied, frame: Frame): Evaluate {
  const kind = node.type;
  const known = callables[kind](node.name);
  if (known === undefined && !frame.soft) fail('TemplateSyntaxError', `No ${kind} named '${node.name}'.`, node.line);
  const apply: Call = known ?? (() => fail('TemplateRuntimeError', `No ${kind} named '${node.name}' found.`));
  const subject: Evaluate = node.subject === undefined ? ({ captured }) => captured : compile(node.subject, frame);
  const pass = compileArguments(node.arguments, frame);
  return (activation) => {
    const [positional, keywords] = pass(activation, [subject(activation)], noKeywords);
    const run = at(activation, node.line);
    spend(run, 1);
    return apply(run, positional, keywords);
  };
}
