// Reads regular expressions as tokenizer files write them (Oniguruma's dialect): Unicode white space and digits, `(?i:...)`,
// atomic groups, possessive quantifiers. What cannot be said exactly is refused.
import { caseless, readClass, readEscape, refusePattern } from './pattern-characters.js';
import { choice, edge, look, sequence, set, type PatternNode } from './pattern-node.js';

/** Groups in groups; more would exhaust the stack. */
const deepest = 100;
const longest = 2 ** 16;

const lineStart = look(choice(edge('start'), set('\\n')), true);
const lineEnd = look(choice(set('\\n'), edge('end')));
/** Characters outside a class that are more than themselves. `^` and `$` are lines' ends, as in Ruby. */
const signs: ReadonlyMap<string, PatternNode> = new Map([
  ['.', set('[^\\n]')],
  ['^', lineStart],
  ['$', lineEnd],
]);

/** Openings of groups, and what becomes of their bodies. Captures are plain groups. */
const groups: readonly (readonly [opening: RegExp, make: (body: PatternNode, source: string) => PatternNode, ignoreCase?: boolean])[] = [
  [/^\(\?i:/, (body) => body, true],
  [/^\(\?-i:/, (body) => body, false],
  [/^\(\?>/, (body) => ({ kind: 'atomic', body })],
  [/^\(\?:/, (body) => body],
  [/^\(\?=/, (body) => look(body)],
  [/^\(\?!/, (body) => look(body, false, true)],
  [/^\(\?<=/, (body, source) => look(withoutAtomic(body, source), true)],
  [/^\(\?<!/, (body, source) => look(withoutAtomic(body, source), true, true)],
  [/^\(\?P?<[A-Za-z_]\w*>/, (body) => body],
  [/^\((?!\?)/, (body) => body],
];
const longestOpening = 40;

/** JavaScript reads a look behind from its end, where no atomic group can be said. */
function withoutAtomic(node: PatternNode, source: string): PatternNode {
  const inside = node.kind === 'sequence' ? node.parts : node.kind === 'choice' ? node.options : 'body' in node ? [node.body] : [];
  if (node.kind === 'atomic') refusePattern(source, 'an atomic group in a look behind');
  for (const each of inside) withoutAtomic(each, source);
  return node;
}

const signRepeats: Readonly<Record<string, readonly [least: number, most: number]>> = { '*': [0, Infinity], '+': [1, Infinity], '?': [0, 1] };

export function parsePattern(source: string): PatternNode {
  if (source.length > longest) refusePattern(source, `${source.length} characters`);
  const characters = [...source];
  let at = 0;
  let depth = 0;
  let ignoreCase = false;

  const ahead = (length: number): string => characters.slice(at, at + length).join('');

  function parseChoice(): PatternNode {
    const options = [parseSequence()];
    while (characters[at] === '|') {
      at++;
      options.push(parseSequence());
    }
    return options.length === 1 ? options[0]! : choice(...options);
  }

  function parseSequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (at < characters.length && characters[at] !== '|' && characters[at] !== ')') {
      if (characters[at] === '(' && ahead(4) === '(?i)') [at, ignoreCase] = [at + 4, true];
      else if (readQuantifier() !== undefined) refusePattern(source, 'a quantifier of nothing');
      else parts.push(parseQuantified());
    }
    return parts.length === 1 ? parts[0]! : sequence(...parts);
  }

  function parseAtom(): PatternNode {
    const character = characters[at]!;
    if (character === '(') return parseGroup();
    if (character === '\\') {
      const escape = readEscape(source, characters, at);
      at = escape.end;
      return escape.anchor ?? set(escape.set ? `[${escape.set}]` : caseless(escape.character!, ignoreCase, false));
    }
    if (character === '[') {
      const bracket = readClass(source, characters, at, ignoreCase);
      at = bracket.end;
      return bracket.node;
    }
    at++;
    return signs.get(character) ?? set(caseless(character, ignoreCase, false));
  }

  function parseGroup(): PatternNode {
    const opening = ahead(longestOpening);
    const [pattern, make, ignores = ignoreCase] = groups.find(([each]) => each.test(opening)) ?? refusePattern(source, 'an unknown group');
    if (++depth > deepest) refusePattern(source, `more than ${deepest} groups in groups`);
    const outside = ignoreCase;
    ignoreCase = ignores;
    at += pattern.exec(opening)![0].length;
    const body = parseChoice();
    if (characters[at] !== ')') refusePattern(source, 'an unclosed group');
    at++;
    depth--;
    ignoreCase = outside;
    return make(body, source);
  }

  /** The repetition that is asked for here, and its length. */
  function readQuantifier(): { readonly range: readonly [number, number]; readonly length: number; readonly braces: boolean } | undefined {
    const character = characters[at] ?? '';
    if (Object.hasOwn(signRepeats, character)) return { range: signRepeats[character]!, length: 1, braces: false };
    const braces = character === '{' ? /^\{(\d*)(,?)(\d*)\}/.exec(ahead(20)) : null;
    if (braces === null || (braces[1] === '' && braces[3] === '')) return undefined;
    const least = Number(braces[1]);
    const most = braces[3] === '' ? (braces[2] === '' ? least : Infinity) : Number(braces[3]);
    if (most < least) refusePattern(source, `a repetition from ${least} to ${most}`);
    return { range: [least, most], length: braces[0].length, braces: true };
  }

  function parseQuantified(): PatternNode {
    const body = parseAtom();
    const found = readQuantifier();
    if (found === undefined) return body;
    const [least, most] = found.range;
    at += found.length;
    const [lazy, again] = [characters[at] === '?', characters[at] === '+'];
    if (lazy || again) at++;
    if (readQuantifier() !== undefined) refusePattern(source, 'a quantifier of a quantifier');
    const node: PatternNode = { kind: 'repeat', body, least, most, lazy };
    if (!again) return node;
    // `x++` is possessive; `x{1,3}+` is only a repetition of a repetition in Ruby's dialect
    return found.braces ? { kind: 'repeat', body: node, least: 1, most: Infinity, lazy: false } : { kind: 'atomic', body: node };
  }

  const node = parseChoice();
  if (at < characters.length) refusePattern(source, 'an unopened group');
  return node;
}
