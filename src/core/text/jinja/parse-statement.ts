// Statements, as Jinja2's parser reads them, with the tags that Transformers adds: break, continue, generation.
import { fail } from './failure.js';
import type {
  Assign,
  AssignBlock,
  CallBlock,
  Expression,
  FilterBlock,
  For,
  Generation,
  If,
  LoopControl,
  MacroNode,
  Name,
  NamespaceTarget,
  Output,
  Sequence,
  Statement,
  With,
} from './nodes.js';
import { parseBlockFilters, parseExpression } from './parse-expression.js';
import { parseTuple, type TupleRules } from './parse-primary.js';
import {
  current,
  deeper,
  expectName,
  expectType,
  grown,
  isName,
  isType,
  next,
  openStream,
  skipName,
  skipType,
  syntaxError,
  type Stream,
} from './token-stream.js';
import type { Token } from './lexer.js';

const tuple = (stream: Stream, rules: TupleRules): Expression => parseTuple(stream, { expression: parseExpression }, rules);

export function parseTemplate(tokens: readonly Token[]): readonly Statement[] {
  return parseBody(openStream(tokens), undefined);
}

/** Statements and text up to one of the tags; undefined: to the end of the template. */
function parseBody(stream: Stream, ends: readonly string[] | undefined): readonly Statement[] {
  const body: Statement[] = [];
  let parts: (string | Expression)[] = [];
  let { line } = current(stream);
  const flush = (): void => {
    if (parts.length > 0) body.push(grown<Output>({ type: 'output', parts, line }));
    parts = [];
  };
  if (ends !== undefined) stream.endTags.push(ends);
  for (;;) {
    const token = current(stream);
    if (parts.length === 0) ({ line } = token);
    if (token.type === 'eof') break;
    next(stream);
    if (token.type === 'data') parts.push(token.text);
    else if (token.type === 'variable begin') {
      parts.push(tuple(stream, {}));
      expectType(stream, 'variable end');
    } else {
      flush();
      if (ends !== undefined && isName(stream, ...ends)) break;
      body.push(deeper(stream, parseStatement));
      expectType(stream, 'block end');
    }
  }
  flush();
  if (ends !== undefined && isType(stream, 'eof')) unknownTag(stream, undefined);
  if (ends !== undefined) stream.endTags.pop();
  return body;
}

/** The body of a tag that has been read up to its end; the cursor stays on the tag that ends the body. */
function parseBlock(stream: Stream, ...ends: readonly string[]): readonly Statement[] {
  skipType(stream, ':');
  expectType(stream, 'block end');
  return parseBody(stream, ends);
}

function parseWhole(stream: Stream, end: string): readonly Statement[] {
  const body = parseBlock(stream, end);
  next(stream);
  return body;
}

function unknownTag(stream: Stream, name: string | undefined): never {
  const parts = [name === undefined ? 'Unexpected end of template.' : `Encountered unknown tag '${name}'.`];
  const looking = stream.endTags
    .at(-1)
    ?.map((tag) => `'${tag}'`)
    .join(' or ');
  if (looking !== undefined) {
    const misplaced = name !== undefined && stream.endTags.some((tags) => tags.includes(name));
    parts.push(
      misplaced
        ? `You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for ${looking}.`
        : `Jinja was looking for the following tags: ${looking}.`,
    );
  }
  const open = stream.openTags.at(-1);
  if (open !== undefined) parts.push(`The innermost block that needs to be closed is '${open.name}' of line ${open.line}.`);
  return syntaxError(stream, parts.join(' '));
}

const tags: Readonly<Record<string, (stream: Stream) => Statement>> = {
  set: parseSet,
  for: parseFor,
  if: parseIf,
  with: parseWith,
  macro: parseMacro,
  call: parseCallBlock,
  filter: parseFilterBlock,
  print: parsePrint,
  generation: parseGeneration,
  break: parseLoopControl,
  continue: parseLoopControl,
};
/** Jinja2 has them; they need other templates, or HTML. */
const absent = ['autoescape', 'block', 'extends', 'from', 'import', 'include'];

function parseStatement(stream: Stream): Statement {
  const { type, text, line } = current(stream);
  if (type !== 'name') return syntaxError(stream, 'tag name expected');
  if (absent.includes(text)) return fail('unsupported', `the tag ${text}`, line);
  if (!Object.hasOwn(tags, text)) return unknownTag(stream, text);
  stream.openTags.push({ name: text, line });
  const statement = tags[text]!(stream);
  stream.openTags.pop();
  return statement;
}

function parseSet(stream: Stream): Statement {
  const { line } = next(stream);
  const target = parseTarget(stream, { namespace: true });
  if (skipType(stream, '=')) return grown<Assign>({ type: 'assign', target, value: tuple(stream, {}), line });
  const filter = parseBlockFilters(stream, false);
  return grown<AssignBlock>({ type: 'assign-block', target, filter, body: parseWhole(stream, 'endset'), line });
}

function parseFor(stream: Stream): Statement {
  const { line } = next(stream);
  const target = parseTarget(stream, { end: 'in' });
  expectName(stream, 'in');
  const iterable = tuple(stream, { conditional: false, end: 'recursive' });
  const test = skipName(stream, 'if') ? parseExpression(stream) : undefined;
  const recursive = skipName(stream, 'recursive');
  stream.loops += 1;
  const body = parseBlock(stream, 'endfor', 'else');
  stream.loops -= 1;
  const otherwise = next(stream).text === 'else' ? parseWhole(stream, 'endfor') : [];
  return grown<For>({ type: 'for', target, iterable, body, otherwise, test, recursive, line });
}

function parseIf(stream: Stream): Statement {
  const { line } = next(stream);
  const test = tuple(stream, { conditional: false });
  const body = parseBlock(stream, 'elif', 'else', 'endif');
  const elifs: If[] = [];
  while (isName(stream, 'elif')) {
    const branch = next(stream);
    const branchTest = tuple(stream, { conditional: false });
    const branchBody = parseBlock(stream, 'elif', 'else', 'endif');
    elifs.push(grown<If>({ type: 'if', test: branchTest, body: branchBody, elifs: [], otherwise: [], line: branch.line }));
  }
  const otherwise = next(stream).text === 'else' ? parseWhole(stream, 'endif') : [];
  return grown<If>({ type: 'if', test, body, elifs, otherwise, line });
}

function parseWith(stream: Stream): Statement {
  const { line } = next(stream);
  const targets: Expression[] = [];
  const values: Expression[] = [];
  while (!isType(stream, 'block end')) {
    if (targets.length > 0) expectType(stream, ',');
    targets.push(used(parseTarget(stream, {}), 'param'));
    expectType(stream, '=');
    values.push(parseExpression(stream));
  }
  return grown<With>({ type: 'with', targets, values, body: parseWhole(stream, 'endwith'), line });
}

/** A body that is a function of its own: `break` cannot leave it. */
function parseFunction(stream: Stream, end: string): readonly Statement[] {
  const { loops } = stream;
  stream.loops = 0;
  const body = parseWhole(stream, end);
  stream.loops = loops;
  return body;
}

function parseSignature(stream: Stream): { readonly parameters: readonly Name[]; readonly defaults: readonly Expression[] } {
  const parameters: Name[] = [];
  const defaults: Expression[] = [];
  expectType(stream, '(');
  while (!isType(stream, ')')) {
    if (parameters.length > 0) expectType(stream, ',');
    const { text, line } = parseTargetName(stream);
    if (parameters.some(({ name }) => name === text)) syntaxError(stream, `duplicate argument '${text}'`, line);
    parameters.push(grown<Name>({ type: 'name', name: text, use: 'param', line }));
    if (skipType(stream, '=')) defaults.push(parseExpression(stream));
    else if (defaults.length > 0) syntaxError(stream, 'non-default argument follows default argument');
  }
  next(stream);
  return { parameters, defaults };
}

function parseMacro(stream: Stream): Statement {
  const { line } = next(stream);
  const name = parseTargetName(stream).text;
  const signature = parseSignature(stream);
  return grown<MacroNode>({ type: 'macro', name, ...signature, body: parseFunction(stream, 'endmacro'), line });
}

function parseCallBlock(stream: Stream): Statement {
  const { line } = next(stream);
  const signature = isType(stream, '(') ? parseSignature(stream) : { parameters: [], defaults: [] };
  const call = parseExpression(stream);
  if (call.type !== 'call') return syntaxError(stream, 'expected call', line);
  return grown<CallBlock>({ type: 'call-block', call, ...signature, body: parseFunction(stream, 'endcall'), line });
}

function parseGeneration(stream: Stream): Statement {
  const { line } = next(stream);
  return grown<Generation>({ type: 'generation', parameters: [], defaults: [], body: parseFunction(stream, 'endgeneration'), line });
}

function parseFilterBlock(stream: Stream): Statement {
  const { line } = next(stream);
  const filter = parseBlockFilters(stream, true)!;
  return grown<FilterBlock>({ type: 'filter-block', filter, body: parseWhole(stream, 'endfilter'), line });
}

function parsePrint(stream: Stream): Statement {
  const { line } = next(stream);
  const parts: Expression[] = [];
  while (!isType(stream, 'block end')) {
    if (parts.length > 0) expectType(stream, ',');
    parts.push(parseExpression(stream));
  }
  return grown<Output>({ type: 'output', parts, line });
}

function parseLoopControl(stream: Stream): Statement {
  const { text, line } = next(stream);
  if (stream.loops === 0) syntaxError(stream, `'${text}' outside loop`, line);
  return grown<LoopControl>({ type: text as 'break' | 'continue', line });
}

function parseTarget(stream: Stream, rules: TupleRules): Expression {
  return used(tuple(stream, { simple: true, ...rules }), 'store');
}

const reserved = ['true', 'false', 'none', 'True', 'False', 'None'];

function parseTargetName(stream: Stream): Token {
  const token = expectType(stream, 'name');
  return reserved.includes(token.text) ? syntaxError(stream, `can't assign to '${token.text}'`, token.line) : token;
}

/** What is assigned to: names, namespace attributes, and tuples or lists of them. */
function used(target: Expression, use: 'store' | 'param'): Name | NamespaceTarget | Sequence {
  switch (target.type) {
    case 'name':
      if (reserved.includes(target.name)) fail('TemplateSyntaxError', `can't assign to '${target.name}'`, target.line);
      return { ...target, use };
    case 'namespace-target':
      return target;
    case 'tuple':
      return { ...target, items: target.items.map((item) => used(item, use)) };
    default:
      return fail('TemplateSyntaxError', `can't assign to '${target.type}'`, target.line);
  }
}
