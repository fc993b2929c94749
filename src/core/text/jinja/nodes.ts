// The syntax tree: Jinja2's nodes, with the order of their children that its scoping depends on.
import type { Comparison } from './operators.js';
import type { Arithmetic } from './numbers.js';
import type { Value } from './value.js';

interface Base {
  readonly line: number;
  /** Levels of the tree from here on down. */
  depth: number;
}

export interface Name extends Base {
  readonly type: 'name';
  readonly name: string;
  readonly use: 'load' | 'store' | 'param';
}
/** `namespace.attribute` where something is assigned to it. */
export interface NamespaceTarget extends Base {
  readonly type: 'namespace-target';
  readonly name: string;
  readonly attribute: string;
}
export interface Constant extends Base {
  readonly type: 'constant';
  readonly value: Value;
}
export interface Sequence extends Base {
  readonly type: 'tuple' | 'list';
  readonly items: readonly Expression[];
}
export interface DictNode extends Base {
  readonly type: 'dict';
  readonly pairs: readonly (readonly [key: Expression, value: Expression])[];
}
export interface Binary extends Base {
  readonly type: 'binary';
  readonly operator: Arithmetic | 'and' | 'or';
  readonly left: Expression;
  readonly right: Expression;
}
export interface Unary extends Base {
  readonly type: 'unary';
  readonly operator: '+' | '-' | 'not';
  readonly operand: Expression;
}
export interface Compare extends Base {
  readonly type: 'compare';
  readonly first: Expression;
  readonly rest: readonly (readonly [operator: Comparison, operand: Expression])[];
}
export interface Concat extends Base {
  readonly type: 'concat';
  readonly parts: readonly Expression[];
}
export interface Conditional extends Base {
  readonly type: 'conditional';
  readonly test: Expression;
  readonly then: Expression;
  readonly otherwise: Expression | undefined;
}
export interface Attribute extends Base {
  readonly type: 'attribute';
  readonly object: Expression;
  readonly name: string;
}
export interface Item extends Base {
  readonly type: 'item';
  readonly object: Expression;
  readonly index: Expression;
}
export interface Slice extends Base {
  readonly type: 'slice';
  readonly start: Expression | undefined;
  readonly stop: Expression | undefined;
  readonly step: Expression | undefined;
}
export interface Arguments {
  readonly positional: readonly Expression[];
  readonly keywords: readonly (readonly [name: string, value: Expression])[];
  /** `*args` and `**kwargs`. */
  readonly spread: Expression | undefined;
  readonly keywordSpread: Expression | undefined;
}
export interface CallNode extends Base {
  readonly type: 'call';
  readonly callee: Expression;
  readonly arguments: Arguments;
}
/** `subject` is undefined where the body of a block is filtered. */
export interface Applied extends Base {
  readonly type: 'filter' | 'test';
  readonly name: string;
  readonly subject: Expression | undefined;
  readonly arguments: Arguments;
}

export type Target = Name | NamespaceTarget | Sequence;
export type Expression =
  | Name
  | NamespaceTarget
  | Constant
  | Sequence
  | DictNode
  | Binary
  | Unary
  | Compare
  | Concat
  | Conditional
  | Attribute
  | Item
  | Slice
  | CallNode
  | Applied;

export interface Output extends Base {
  readonly type: 'output';
  readonly parts: readonly (string | Expression)[];
}
export interface If extends Base {
  readonly type: 'if';
  readonly test: Expression;
  readonly body: readonly Statement[];
  /** Of `elif`, each with a test and a body alone. */
  readonly elifs: readonly If[];
  readonly otherwise: readonly Statement[];
}
export interface For extends Base {
  readonly type: 'for';
  readonly target: Expression;
  readonly iterable: Expression;
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[];
  readonly test: Expression | undefined;
  readonly recursive: boolean;
}
export interface Assign extends Base {
  readonly type: 'assign';
  readonly target: Expression;
  readonly value: Expression;
}
export interface AssignBlock extends Base {
  readonly type: 'assign-block';
  readonly target: Expression;
  readonly filter: Expression | undefined;
  readonly body: readonly Statement[];
}
export interface With extends Base {
  readonly type: 'with';
  readonly targets: readonly Expression[];
  readonly values: readonly Expression[];
  readonly body: readonly Statement[];
}
export interface MacroNode extends Base {
  readonly type: 'macro';
  readonly name: string;
  readonly parameters: readonly Name[];
  /** Of the last parameters. */
  readonly defaults: readonly Expression[];
  readonly body: readonly Statement[];
}
export interface CallBlock extends Base {
  readonly type: 'call-block';
  readonly call: CallNode;
  readonly parameters: readonly Name[];
  readonly defaults: readonly Expression[];
  readonly body: readonly Statement[];
}
export interface FilterBlock extends Base {
  readonly type: 'filter-block';
  readonly filter: Expression;
  readonly body: readonly Statement[];
}
/** Transformers' `{% generation %}`: a scope of its own, otherwise nothing. */
export interface Generation extends Base {
  readonly type: 'generation';
  readonly parameters: readonly [];
  readonly defaults: readonly [];
  readonly body: readonly Statement[];
}
export interface LoopControl extends Base {
  readonly type: 'break' | 'continue';
}

export type Statement = Output | If | For | Assign | AssignBlock | With | MacroNode | CallBlock | FilterBlock | Generation | LoopControl;
export type Node = Expression | Statement;

const argumentsOf = (call: Arguments): readonly Node[] =>
  present([...call.positional, ...call.keywords.map(([, value]) => value), call.spread, call.keywordSpread]);
const present = (nodes: readonly (Node | undefined)[]): readonly Node[] => nodes.filter((node) => node !== undefined);

/** In Jinja2's order of fields. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.type) {
    case 'name':
    case 'namespace-target':
    case 'constant':
    case 'break':
    case 'continue':
      return [];
    case 'tuple':
    case 'list':
      return node.items;
    case 'dict':
      return node.pairs.flat();
    case 'binary':
      return [node.left, node.right];
    case 'unary':
      return [node.operand];
    case 'compare':
      return [node.first, ...node.rest.map(([, operand]) => operand)];
    case 'concat':
      return node.parts;
    case 'conditional':
      return present([node.test, node.then, node.otherwise]);
    case 'attribute':
      return [node.object];
    case 'item':
      return [node.object, node.index];
    case 'slice':
      return present([node.start, node.stop, node.step]);
    case 'call':
      return [node.callee, ...argumentsOf(node.arguments)];
    case 'filter':
    case 'test':
      return [...present([node.subject]), ...argumentsOf(node.arguments)];
    case 'output':
      return node.parts.filter((part) => typeof part !== 'string');
    case 'if':
      return [node.test, ...node.body, ...node.elifs, ...node.otherwise];
    case 'for':
      return [node.target, node.iterable, ...node.body, ...node.otherwise, ...present([node.test])];
    case 'assign':
      return [node.target, node.value];
    case 'assign-block':
      return [node.target, ...present([node.filter]), ...node.body];
    case 'with':
      return [...node.targets, ...node.values, ...node.body];
    case 'macro':
      return [...node.parameters, ...node.defaults, ...node.body];
    case 'call-block':
      return [node.call, ...node.parameters, ...node.defaults, ...node.body];
    case 'filter-block':
      return [...node.body, node.filter];
    case 'generation':
      return node.body;
  }
}

/** With what lies below, the node first. */
export function* descendants(node: Node): Generator<Node, void> {
  const pending: Node[] = [node];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    yield next;
    pending.push(...childrenOf(next));
  }
}
