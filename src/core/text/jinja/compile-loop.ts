// `for`: plain, with a test, with the variable `loop`, recursive.
import {
  emit,
  entering,
  innerActivation,
  leaving,
  openOut,
  textOfOut,
  type Activation,
  type Evaluate,
  type Execute,
  type Frame,
  type Out,
} from './activation.js';
import { compile } from './compile-expression.js';
import { compileTarget } from './compile-target.js';
import { fail } from './failure.js';
import { each, iterate, truthy } from './iterate.js';
import { openLoop, type Loop } from './loop.js';
import { descendants, type For, type Statement } from './nodes.js';
import { nested, spend } from './run.js';
import { analyze, analyzeParameters, declareParameter, innerSymbols, openScope, undeclared, type Symbols } from './symbols.js';
import { iterating, type Value } from './value.js';

type CompileBody = (body: readonly Statement[], frame: Frame) => Execute;
type Loops = (activation: Activation, out: Out, iterable: Value, depth: number) => void;

export function compileFor(node: For, frame: Frame, compileBody: CompileBody): Execute {
  for (const inner of descendants(node)) {
    if (inner.type === 'name' && inner.use === 'store' && inner.name === 'loop')
      fail('TemplateSyntaxError', "Can't assign to special loop variable in for-loop target", inner.line);
  }
  const iterable = compile(node.iterable, frame);
  if (!node.recursive) {
    const loops = compileLoops(node, frame, innerSymbols(frame.symbols, frame.symbols.scope), compileBody);
    return (activation, out) => {
      loops(activation, out, iterable(activation), 0);
      return 'next';
    };
  }
  const scope = openScope(frame.symbols.scope);
  const loops = compileLoops(node, frame, innerSymbols(frame.symbols, scope), compileBody);
  return (activation, out) => {
    emit(activation.run, out, renderLoop(loops, activation, iterable(activation), 0));
    return 'next';
  };
}

/** A recursive loop is a function of its own, made where `outer` runs. */
function renderLoop(loops: Loops, outer: Activation, iterable: Value, depth: number): string {
  const out = openOut();
  loops(innerActivation(outer), out, iterable, depth);
  return textOfOut(out);
}

function compileLoops(node: For, frame: Frame, symbols: Symbols, compileBody: CompileBody): Loops {
  const watched = node.recursive || undeclared(node.body, ['loop']).has('loop');
  const setLoop = watched ? declareParameter(symbols, 'loop').slot : -1;
  analyzeParameters(symbols, node.target);
  analyze(symbols, node.body);
  const inner: Frame = { symbols, soft: false };
  const assign = compileTarget(node.target, inner);
  const [enter, leave] = [entering(symbols), leaving(symbols)];
  const body = compileBody(node.body, inner);
  const otherwise = node.otherwise.length === 0 ? undefined : compileElse(node.otherwise, frame, symbols, compileBody);
  const sift = node.test === undefined ? undefined : compileTest(node, frame);

  const loops: Loops = (activation, out, iterable, depth) => {
    const { run } = activation;
    // The test runs in the function around a recursive loop.
    const items = sift === undefined ? iterable : sift(node.recursive ? activation.parent! : activation, iterable);
    const recurse = (again: Value, level: number): string => nested(run, node.depth * 2, () => renderLoop(loops, activation.parent!, again, level));
    const loop = watched ? openLoop(run, items, node.recursive ? recurse : undefined, depth) : plainLoop(iterate(run, items));
    let finished = false;
    for (let item = loop.next(); item !== undefined; item = loop.next()) {
      spend(run, 1);
      assign(activation, item);
      if (watched) activation.slots[setLoop] = loop.value;
      enter(activation);
      const signal = body(activation, out);
      if (signal === 'break') break;
      if (signal === 'next') finished = true;
    }
    leave(activation);
    // As in Jinja2: also where each turn was left by `continue` or `break`.
    if (!finished) otherwise?.(activation, out);
  };
  return loops;
}

function plainLoop(iterator: Iterator<Value, void>): Pick<Loop, 'next'> & { readonly value: null } {
  return {
    value: null,
    next() {
      const result = iterator.next();
      return result.done === true ? undefined : result.value;
    },
  };
}

function compileElse(
  statements: readonly Statement[],
  frame: Frame,
  loop: Symbols,
  compileBody: CompileBody,
): (activation: Activation, out: Out) => void {
  const symbols = innerSymbols(frame.symbols, loop.scope);
  analyze(symbols, statements);
  const [enter, leave] = [entering(symbols), leaving(symbols)];
  const body = compileBody(statements, { symbols, soft: false });
  return (activation, out) => {
    enter(activation);
    body(activation, out);
    leave(activation);
  };
}

/** The items that pass the test, one by one as the loop asks for them. */
function compileTest(node: For, frame: Frame): (activation: Activation, iterable: Value) => Value {
  const scope = openScope(frame.symbols.scope);
  const symbols = innerSymbols(frame.symbols, scope);
  analyzeParameters(symbols, node.target);
  analyze(symbols, [node.test!]);
  const inner: Frame = { symbols, soft: false };
  const assign = compileTarget(node.target, inner);
  const test: Evaluate = compile(node.test!, inner);
  const enter = entering(symbols);
  function* passing(outer: Activation, iterable: Value): Generator<Value, void> {
    const activation = innerActivation(outer);
    enter(activation);
    for (const item of each(outer.run, iterable)) {
      assign(activation, item);
      if (truthy(outer.run, test(activation))) yield item;
    }
  }
  return (activation, iterable) => iterating('generator', passing(activation, iterable));
}
