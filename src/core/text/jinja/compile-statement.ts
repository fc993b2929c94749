// Statements become functions that put out text.
import {
  emit,
  entering,
  leaving,
  openOut,
  textOfOut,
  type Activation,
  type Evaluate,
  type Execute,
  type Frame,
  type Out,
  type Signal,
} from './activation.js';
import { compile, compileCall } from './compile-expression.js';
import { compileFor } from './compile-loop.js';
import { compileMacro } from './compile-macro.js';
import { compileNamespaceCheck, compileTarget } from './compile-target.js';
import { fail } from './failure.js';
import { truthy } from './iterate.js';
import type { Assign, AssignBlock, CallBlock, FilterBlock, Generation, If, MacroNode, Output, Statement, With } from './nodes.js';
import { str } from './print.js';
import { spend } from './run.js';
import { analyze, copySymbols, innerSymbols } from './symbols.js';
import { textOf, typeName, type Value } from './value.js';

export function compileBody(body: readonly Statement[], frame: Frame): Execute {
  const statements = body.map((statement) => [statement.line, compileStatement(statement, frame)] as const);
  return (activation, out) => {
    for (const [line, execute] of statements) {
      activation.run.line = line;
      spend(activation.run, 1);
      const signal = execute(activation, out);
      if (signal !== 'next') return signal;
    }
    return 'next';
  };
}

function compileStatement(node: Statement, frame: Frame): Execute {
  switch (node.type) {
    case 'output':
      return compileOutput(node, frame);
    case 'if':
      return compileIf(node, frame);
    case 'for':
      return compileFor(node, frame, compileBody);
    case 'assign':
      return compileAssign(node, frame);
    case 'assign-block':
      return compileAssignBlock(node, frame);
    case 'with':
      return compileWith(node, frame);
    case 'macro':
      return defineMacro(node, frame);
    case 'call-block':
      return compileCallBlock(node, frame);
    case 'filter-block':
      return compileFilterBlock(node, frame);
    case 'generation':
      return compileGeneration(node, frame);
    case 'break':
    case 'continue': {
      const { type } = node;
      return () => type;
    }
  }
}

function compileOutput(node: Output, frame: Frame): Execute {
  const parts = node.parts.map((part): string | Evaluate => (typeof part === 'string' ? part : compile(part, frame)));
  return (activation, out) => {
    const { run } = activation;
    for (const part of parts) emit(run, out, typeof part === 'string' ? part : str(run, part(activation)));
    return 'next';
  };
}

function compileIf(node: If, frame: Frame): Execute {
  const inner: Frame = { symbols: copySymbols(frame.symbols), soft: true };
  const branches = [node, ...node.elifs].map(({ test, body }) => [compile(test, inner), compileBody(body, inner)] as const);
  const otherwise = compileBody(node.otherwise, inner);
  return (activation, out) => {
    for (const [test, body] of branches) if (truthy(activation.run, test(activation))) return body(activation, out);
    return otherwise(activation, out);
  };
}

function compileAssign(node: Assign, frame: Frame): Execute {
  const [check, assign, value] = [compileNamespaceCheck(node.target, frame), compileTarget(node.target, frame), compile(node.value, frame)];
  return (activation) => {
    check(activation);
    assign(activation, value(activation));
    return 'next';
  };
}

/** A body in a frame of its own, whose text does not go out. */
function compileCapture(
  body: readonly Statement[],
  frame: Frame,
  filter: Evaluate | undefined,
): (activation: Activation, use: (value: Value) => void) => Signal {
  const [enter, leave] = [entering(frame.symbols), leaving(frame.symbols)];
  const execute = compileBody(body, frame);
  return (activation, use) => {
    const out = openOut();
    enter(activation);
    const signal = execute(activation, out);
    if (signal !== 'next') return signal;
    activation.captured = textOfOut(out);
    use(filter === undefined ? activation.captured : filter(activation));
    leave(activation);
    return 'next';
  };
}

function compileAssignBlock(node: AssignBlock, frame: Frame): Execute {
  const inner: Frame = { symbols: innerSymbols(frame.symbols, frame.symbols.scope), soft: false };
  analyze(inner.symbols, node.body);
  const assign = compileTarget(node.target, frame);
  const check = compileNamespaceCheck(node.target, frame);
  const capture = compileCapture(node.body, inner, node.filter === undefined ? undefined : compile(node.filter, inner));
  return (activation) =>
    capture(activation, (value) => {
      check(activation);
      assign(activation, value);
    });
}

function compileFilterBlock(node: FilterBlock, frame: Frame): Execute {
  const inner: Frame = { symbols: innerSymbols(frame.symbols, frame.symbols.scope), soft: false };
  analyze(inner.symbols, [...node.body, node.filter]);
  const capture = compileCapture(node.body, inner, compile(node.filter, inner));
  return (activation, out) => capture(activation, (value) => emitText(activation, out, value));
}

/** Blocks put out strings alone. */
function emitText({ run }: Activation, out: Out, value: Value): void {
  emit(run, out, textOf(value) ?? fail('TypeError', `sequence item ${out.parts.length}: expected str instance, ${typeName(value)} found`));
}

function compileWith(node: With, frame: Frame): Execute {
  const symbols = innerSymbols(frame.symbols, frame.symbols.scope);
  analyze(symbols, [...node.targets, ...node.body]);
  const inner: Frame = { symbols, soft: false };
  const [enter, leave] = [entering(symbols), leaving(symbols)];
  const assigns = node.targets.map((target, index) => [compileTarget(target, inner), compile(node.values[index]!, frame)] as const);
  const body = compileBody(node.body, inner);
  return (activation, out) => {
    enter(activation);
    for (const [assign, value] of assigns) assign(activation, value(activation));
    const signal = body(activation, out);
    if (signal === 'next') leave(activation);
    return signal;
  };
}

function defineMacro(node: MacroNode, frame: Frame): Execute {
  const make = compileMacro(node, frame, compileBody);
  const assign = compileTarget({ type: 'name', name: node.name, use: 'store', line: node.line, depth: 1 }, frame);
  return (activation) => {
    assign(activation, make(activation));
    return 'next';
  };
}

function compileCallBlock(node: CallBlock, frame: Frame): Execute {
  const make = compileMacro(node, frame, compileBody);
  const call = compileCall(node.call, frame);
  return (activation, out) => {
    const caller = make(activation);
    emitText(activation, out, call(activation, new Map([['caller', caller]])));
    return 'next';
  };
}

/** Its body is a macro that is called at once. */
function compileGeneration(node: Generation, frame: Frame): Execute {
  const make = compileMacro(node, frame, compileBody);
  return (activation, out) => {
    emitText(activation, out, make(activation).call!(activation.run, [], new Map()));
    return 'next';
  };
}
