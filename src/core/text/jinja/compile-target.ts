// What is assigned to: a name, a namespace's attribute, or a tuple of them.
import { reader, writer, type Activation, type Frame } from './activation.js';
import { fail } from './failure.js';
import { unpack } from './iterate.js';
import type { Expression } from './nodes.js';
import { findReference, type Reference } from './symbols.js';
import { isKind, type Opaque, type Value } from './value.js';

export type Assign = (activation: Activation, value: Value) => void;

export function compileTarget(target: Expression, frame: Frame): Assign {
  switch (target.type) {
    case 'name':
      return writer(frame.symbols.scope, referenceTo(target.name, frame));
    case 'namespace-target': {
      const read = reader(frame.symbols.scope, referenceTo(target.name, frame));
      return (activation, value) => namespace(read(activation)).assign!(target.attribute, value);
    }
    case 'tuple': {
      const targets = target.items.map((item) => compileTarget(item, frame));
      return (activation, value) => {
        const values = unpack(activation.run, value, targets.length);
        targets.forEach((assign, index) => assign(activation, values[index]!));
      };
    }
    default:
      return fail('TemplateSyntaxError', `can't assign to '${target.type}'`, target.line);
  }
}

/** Fails where an attribute is assigned to what is no namespace, which comes before the value is made. */
export function compileNamespaceCheck(target: Expression, frame: Frame): (activation: Activation) => void {
  if (target.type === 'namespace-target') {
    const read = reader(frame.symbols.scope, referenceTo(target.name, frame));
    return (activation) => void namespace(read(activation));
  }
  if (target.type !== 'tuple') return () => undefined;
  const checks = target.items.map((item) => compileNamespaceCheck(item, frame));
  return (activation) => checks.forEach((check) => check(activation));
}

function referenceTo(name: string, frame: Frame): Reference {
  return findReference(frame.symbols, name) ?? fail('AssertionError', `the name '${name}' is not known here`);
}

function namespace(value: Value | undefined): Opaque {
  return value !== undefined && isKind(value, 'object') && value.assign !== undefined
    ? value
    : fail('TemplateRuntimeError', 'cannot assign attribute on non-namespace object');
}
