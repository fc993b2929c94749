// Which variable a name means, decided before rendering as Jinja2's idtracking does: what is set in a loop stays in it,
// and reading a name that is set later in the same scope does not reach past it.
import { fail } from './failure.js';
import { childrenOf, type Node, type Statement } from './nodes.js';

/** The variables of one function: the template, a macro, the test of a loop. Inner functions see those of outer ones. */
export interface Scope {
  readonly parent: Scope | undefined;
  readonly slots: Map<string, Reference>;
  /** Of the whole template: names that may yet be copied for branches. */
  readonly budget: { left: number };
}

export interface Reference {
  readonly scope: Scope;
  readonly slot: number;
}

/** What a variable holds where its frame begins. */
export type Load =
  | { readonly from: 'parameter' | 'missing' }
  | { readonly from: 'context'; readonly name: string }
  | { readonly from: 'alias'; readonly reference: Reference };

export interface Symbols {
  readonly scope: Scope;
  readonly level: number;
  readonly parent: Symbols | undefined;
  readonly references: Map<string, Reference>;
  readonly loads: Map<Reference, Load>;
  readonly stores: Set<string>;
}

export const openScope = (parent: Scope | undefined): Scope => ({ parent, slots: new Map(), budget: parent?.budget ?? { left: 4_000_000 } });

export function innerSymbols(parent: Symbols | undefined, scope: Scope): Symbols {
  return { scope, level: parent === undefined ? 0 : parent.level + 1, parent, references: new Map(), loads: new Map(), stores: new Set() };
}

export const copySymbols = (symbols: Symbols): Symbols => ({
  ...symbols,
  references: new Map(symbols.references),
  loads: new Map(symbols.loads),
  stores: new Set(symbols.stores),
});

export function findReference(symbols: Symbols | undefined, name: string): Reference | undefined {
  for (let at = symbols; at !== undefined; at = at.parent) {
    const found = at.references.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function define(symbols: Symbols, name: string, load: Load): Reference {
  const { scope, level } = symbols;
  const identifier = `${level} ${name}`;
  const reference = scope.slots.get(identifier) ?? { scope, slot: scope.slots.size };
  scope.slots.set(identifier, reference);
  symbols.references.set(name, reference);
  symbols.loads.set(reference, load);
  return reference;
}

function store(symbols: Symbols, name: string): void {
  symbols.stores.add(name);
  if (symbols.references.has(name)) return;
  const outer = findReference(symbols.parent, name);
  define(symbols, name, outer === undefined ? { from: 'missing' } : { from: 'alias', reference: outer });
}

export function declareParameter(symbols: Symbols, name: string): Reference {
  symbols.stores.add(name);
  return define(symbols, name, { from: 'parameter' });
}

function load(symbols: Symbols, name: string): void {
  if (findReference(symbols, name) === undefined) define(symbols, name, { from: 'context', name });
}

/** What nodes of a frame's body do to its symbols; the bodies of inner frames are left to them. */
export function analyze(symbols: Symbols, nodes: readonly Node[]): void {
  for (const node of nodes) visit(symbols, node);
}

/** As `analyze`, of targets that are set before the frame begins. */
export function analyzeParameters(symbols: Symbols, node: Node): void {
  if (node.type === 'name') declareParameter(symbols, node.name);
  else for (const child of childrenOf(node)) analyzeParameters(symbols, child);
}

function visit(symbols: Symbols, node: Node): void {
  switch (node.type) {
    case 'name':
      if (node.use === 'param') declareParameter(symbols, node.name);
      else if (node.use === 'store') store(symbols, node.name);
      else load(symbols, node.name);
      return;
    case 'namespace-target':
      return load(symbols, node.name);
    case 'if':
      return visitIf(symbols, node.test, [node.body, node.elifs, node.otherwise]);
    case 'macro':
      return store(symbols, node.name);
    case 'assign':
      return analyze(symbols, [node.value, node.target]);
    case 'for':
      return visit(symbols, node.iterable);
    case 'call-block':
      return visit(symbols, node.call);
    case 'filter-block':
      return visit(symbols, node.filter);
    case 'with':
      return analyze(symbols, node.values);
    case 'assign-block':
      return visit(symbols, node.target);
    case 'generation':
      return;
    default:
      return analyze(symbols, childrenOf(node));
  }
}

function visitIf(symbols: Symbols, test: Node, branches: readonly (readonly Statement[])[]): void {
  visit(symbols, test);
  const copies = branches.map((body) => {
    symbols.scope.budget.left -= symbols.references.size + 1;
    if (symbols.scope.budget.left < 0) fail('TemplateSyntaxError', 'too many names in too many branches', test.line);
    const copy = copySymbols(symbols);
    analyze(copy, body);
    return copy;
  });
  const stored = new Set(copies.flatMap(({ stores }) => [...stores]).filter((name) => !symbols.stores.has(name)));
  for (const copy of copies) {
    for (const [name, reference] of copy.references) symbols.references.set(name, reference);
    for (const [reference, from] of copy.loads) symbols.loads.set(reference, from);
    for (const name of copy.stores) symbols.stores.add(name);
  }
  for (const name of stored) {
    const outer = findReference(symbols.parent, name);
    const reference = findReference(symbols, name)!;
    symbols.loads.set(reference, outer === undefined ? { from: 'context', name } : { from: 'alias', reference: outer });
  }
}

/** Which of the names the nodes read before they set them. */
export function undeclared(nodes: readonly Node[], names: readonly string[]): ReadonlySet<string> {
  const sought = new Set(names);
  const found = new Set<string>();
  const look = (node: Node): void => {
    if (node.type === 'name') {
      if (node.use === 'load' && sought.has(node.name)) found.add(node.name);
      else sought.delete(node.name);
      return;
    }
    for (const child of childrenOf(node)) look(child);
  };
  for (const node of nodes) look(node);
  return found;
}
