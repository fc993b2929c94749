// A pattern as a program of a backtracking machine (Thompson 1968, Cox 2009): instructions of three numbers each.
import { characterSet, type CharacterSet } from './character-set.js';
import { refusePattern } from './pattern-characters.js';
import type { PatternNode } from './pattern-node.js';

/** An instruction is an operation and two numbers. */
export const operations = {
  /** Passes a character of set `first`, on or (in a look behind) back. */
  set: 0,
  back: 1,
  /** Goes on at `first`; `second` is tried if that fails. */
  split: 2,
  jump: 3,
  start: 4,
  end: 5,
  /** The body follows; behind it the program goes on at `first`. */
  look: 6,
  lookNot: 7,
  atomic: 8,
  done: 9,
} as const;

export const instructionLength = 3;
const mostInstructions = 4096;
const mostSets = 512;

interface BoundedProgram {
  readonly code: Int32Array;
  readonly sets: readonly CharacterSet[];
}

/** Whether a node may match nothing. */
function isNullable(node: PatternNode): boolean {
  switch (node.kind) {
    case 'set':
      return false;
    case 'edge':
    case 'look':
      return true;
    case 'sequence':
      return node.parts.every(isNullable);
    case 'choice':
      return node.options.some(isNullable);
    case 'repeat':
      return node.least === 0 || isNullable(node.body);
    case 'atomic':
      return isNullable(node.body);
    default:
      return node satisfies never;
  }
}

/**
 * Compiles a pattern; `source` names it in errors. Bodies of repetitions must match something, so that every way round a loop
 * gets on in the text; patterns of more than some thousand instructions are refused.
 */
export function boundedProgram(pattern: PatternNode, source: string): BoundedProgram {
  const code: number[] = [];
  const sets: CharacterSet[] = [];
  const places = new Map<string, number>();
  const [first, second] = [1, 2];

  /** Returns where the instruction stands. */
  const emit = (operation: number, to = 0): number => {
    if (code.length >= mostInstructions * instructionLength) refusePattern(source, `more than ${mostInstructions} instructions`);
    return code.push(operation, to, 0) - instructionLength;
  };

  const setNumber = (atom: string): number => {
    const known = places.get(atom);
    if (known !== undefined) return known;
    if (sets.length >= mostSets) refusePattern(source, `more than ${mostSets} sets`);
    try {
      sets.push(characterSet(atom));
    } catch {
      refusePattern(source, `the set ${atom}`);
    }
    places.set(atom, sets.length - 1);
    return sets.length - 1;
  };

  /** A fork whose one way leads on from here; the other is set by the function that it returns. */
  const fork = (preferred: boolean): (() => void) => {
    const at = emit(operations.split);
    code[at + (preferred ? first : second)] = code.length;
    return () => void (code[at + (preferred ? second : first)] = code.length);
  };

  const putRepeat = ({ body, least, most, lazy }: Extract<PatternNode, { kind: 'repeat' }>, backward: boolean): void => {
    if (most > 1 && isNullable(body)) refusePattern(source, 'a repetition of what may match nothing');
    for (let count = 0; count < least; count++) put(body, backward);
    if (most === Infinity) {
      const loop = code.length;
      const leave = fork(!lazy);
      put(body, backward);
      emit(operations.jump, loop);
      return leave();
    }
    const leaves: (() => void)[] = [];
    for (let count = least; count < most; count++) {
      leaves.push(fork(!lazy));
      put(body, backward);
    }
    for (const leave of leaves) leave();
  };

  const putChoice = (options: readonly PatternNode[], backward: boolean): void => {
    const ends = options.slice(0, -1).map((option) => {
      const next = fork(true);
      put(option, backward);
      const end = emit(operations.jump);
      next();
      return end;
    });
    put(options.at(-1)!, backward);
    for (const end of ends) code[end + first] = code.length;
  };

  const putWithin = (operation: number, body: PatternNode, backward: boolean): void => {
    const at = emit(operation);
    put(body, backward);
    emit(operations.done);
    code[at + first] = code.length;
  };

  const put = (node: PatternNode, backward: boolean): void => {
    switch (node.kind) {
      case 'set':
        return void emit(backward ? operations.back : operations.set, setNumber(node.set));
      case 'edge':
        return void emit(operations[node.edge]);
      case 'sequence':
        return (backward ? [...node.parts].reverse() : node.parts).forEach((part) => put(part, backward));
      case 'choice':
        return putChoice(node.options, backward);
      case 'repeat':
        return putRepeat(node, backward);
      case 'look':
        return putWithin(node.negative ? operations.lookNot : operations.look, node.body, node.behind);
      case 'atomic':
        return putWithin(operations.atomic, node.body, backward);
      default:
        return node satisfies never;
    }
  };

  put(pattern, false);
  emit(operations.done);
  return { code: Int32Array.from(code), sets };
}
