// Macros, and the bodies of call blocks, which are macros without a name.
import { entering, innerActivation, openOut, textOfOut, writer, type Activation, type Evaluate, type Execute, type Frame } from './activation.js';
import { compile } from './compile-expression.js';
import { fail } from './failure.js';
import type { CallBlock, Generation, MacroNode, Statement } from './nodes.js';
import { nested } from './run.js';
import { analyze, declareParameter, findReference, innerSymbols, openScope, undeclared, type Symbols } from './symbols.js';
import { tuple, undefinedOf, type Keywords, type Opaque, type Value } from './value.js';

type MacroLike = MacroNode | CallBlock | Generation;

interface Signature {
  readonly name: string | undefined;
  readonly parameters: readonly string[];
  /** What the body reads besides its parameters. */
  readonly takes: ReadonlySet<string>;
}

/** Makes the macro where an activation runs. */
export function compileMacro(
  node: MacroLike,
  frame: Frame,
  compileBody: (body: readonly Statement[], frame: Frame) => Execute,
): (activation: Activation) => Opaque {
  const symbols = innerSymbols(frame.symbols, openScope(frame.symbols.scope));
  const inside = [...node.parameters, ...node.defaults, ...node.body];
  analyze(symbols, inside);
  const signature = signatureOf(node);
  const special = ['caller', 'kwargs', 'varargs'].filter((name) => signature.takes.has(name));
  const writes = [
    ...signature.parameters.map((name) => findReference(symbols, name)!),
    ...special.map((name) => declareParameter(symbols, name)),
  ].map((reference) => writer(symbols.scope, reference));
  analyze(symbols, inside);
  const inner: Frame = { symbols, soft: false };
  const enter = entering(symbols);
  const defaults = compileDefaults(node, symbols, inner);
  const body = compileBody(node.body, inner);
  return (outer) => {
    const invoke = (values: readonly (Value | undefined)[]): string =>
      nested(outer.run, node.depth * 2 + 6, () => {
        const activation = innerActivation(outer);
        const out = openOut();
        writes.forEach((write, index) => write(activation, values[index]));
        enter(activation);
        for (const fill of defaults) fill(activation);
        body(activation, out);
        return textOfOut(out);
      });
    return macroValue(signature, (positional, keywords) => invoke(bind(signature, positional, keywords)));
  };
}

function signatureOf(node: MacroLike): Signature {
  const parameters = node.parameters.map(({ name }) => name);
  const takes = new Set(undeclared(node.body, ['caller', 'kwargs', 'varargs']));
  const caller = parameters.indexOf('caller');
  if (takes.has('caller') && caller >= 0 && caller < parameters.length - node.defaults.length)
    fail(
      'TemplateSyntaxError',
      'When defining macros or call blocks the special "caller" argument must be omitted or be given a default.',
      node.line,
    );
  for (const name of parameters) takes.delete(name);
  return { name: node.type === 'macro' ? node.name : undefined, parameters, takes };
}

/** Parameters that were not passed get their defaults, or are undefined. */
function compileDefaults(node: MacroLike, symbols: Symbols, inner: Frame): readonly ((activation: Activation) => void)[] {
  return node.parameters.map(({ name }, index) => {
    const { slot } = findReference(symbols, name)!;
    const given = node.defaults[index - (node.parameters.length - node.defaults.length)];
    const missing = undefinedOf(() => `parameter '${name}' was not provided`);
    const value: Evaluate = given === undefined ? () => missing : compile(given, inner);
    return (activation) => {
      if (activation.slots[slot] === undefined) activation.slots[slot] = value(activation);
    };
  });
}

/** The values of the parameters, then of the caller, the other keywords and the other positional arguments where the body reads them. */
function bind({ name, parameters, takes }: Signature, positional: readonly Value[], keywords: Keywords): readonly (Value | undefined)[] {
  const rest = new Map(keywords);
  const named = `macro '${name ?? 'None'}'`;
  const values: (Value | undefined)[] = positional.slice(0, parameters.length);
  const takeKeyword = (key: string): Value | undefined => {
    const value = rest.get(key);
    rest.delete(key);
    return value;
  };
  const filled = values.length === parameters.length;
  for (const parameter of parameters.slice(values.length)) values.push(takeKeyword(parameter));
  if (takes.has('caller') && !(filled && parameters.includes('caller'))) values.push(takeKeyword('caller') ?? undefinedOf(() => 'No caller defined'));
  if (takes.has('kwargs')) values.push({ kind: 'dict', entries: new Map([...rest].map(([key, value]) => [key, [key, value] as const])) });
  else if (rest.has('caller')) fail('TypeError', `${named} was invoked with two values for the special caller argument. This is most likely a bug.`);
  else for (const key of rest.keys()) fail('TypeError', `${named} takes no keyword argument '${key}'`);
  if (takes.has('varargs')) values.push(tuple(positional.slice(parameters.length)));
  else if (positional.length > parameters.length) fail('TypeError', `${named} takes not more than ${parameters.length} argument(s)`);
  return values;
}

function macroValue(signature: Signature, call: (positional: readonly Value[], keywords: Keywords) => string): Opaque {
  const { name, parameters, takes } = signature;
  const attributes = new Map<string, Value>([
    ['name', name ?? null],
    ['arguments', tuple(parameters)],
    ['catch_kwargs', takes.has('kwargs')],
    ['catch_varargs', takes.has('varargs')],
    ['caller', takes.has('caller')],
    ['explicit_caller', parameters.includes('caller')],
  ]);
  return {
    kind: 'object',
    typeName: 'jinja2.runtime.Macro',
    attribute: (each) => attributes.get(each),
    repr: () => `<Macro ${name === undefined ? 'anonymous' : `'${name}'`}>`,
    call: (_, positional, keywords) => call(positional, keywords),
  };
}
