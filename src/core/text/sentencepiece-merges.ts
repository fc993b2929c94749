// SentencePiece's scores as a list of merges, and back. A vocabulary with scores merges any two neighbours whose joined
// spelling is a piece, best score first; a list of merges says the same with a row for each way to make a piece.
import { LlmxError } from '../base/error.js';
import type { TokenizerSource } from './tokenizer.js';

type Scored = Pick<Extract<TokenizerSource, { kind: 'sentencepiece' }>, 'pieces' | 'scores' | 'types'>;
export type MergePair = readonly [left: string, right: string];

/** Squares of the pieces' lengths together: each is cut in every place, and both parts are looked up. */
const mostWork = 2 ** 30;

/** Ids of the pieces that merging starts from and leads to. */
function normalPieces({ pieces, types }: Scored): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  pieces.forEach((piece, id) => {
    if (types[id] === 'normal' && piece !== '' && !ids.has(piece)) ids.set(piece, id);
  });
  return ids;
}

const scoreOf = (source: Scored, id: number): number => {
  const score = source.scores[id] ?? 0;
  return Number.isNaN(score) ? -Infinity : score;
};

/**
 * All ways to make a piece of two, the best score first; of one score the longest left part first, as Hugging Face converts such
 * files: a run of spaces, whose lengths share a score, then grows from the left as SentencePiece has it.
 */
export function mergesOfScores(source: Scored): readonly MergePair[] {
  const ids = normalPieces(source);
  let work = 0;
  for (const piece of ids.keys()) work += piece.length ** 2;
  if (work > mostWork)
    throw new LlmxError('unsupported', `the pieces of the vocabulary are too long to be taken apart (${work} steps, more than ${mostWork})`);
  const merges: { readonly pair: MergePair; readonly score: number }[] = [];
  for (const [piece, id] of ids) {
    const score = scoreOf(source, id);
    for (let at = piece.length - 1; at > 0; at--) {
      if (/[\udc00-\udfff]/.test(piece[at]!)) continue; // within a character
      const [left, right] = [piece.slice(0, at), piece.slice(at)];
      if (ids.has(left) && ids.has(right)) merges.push({ pair: [left, right], score });
    }
  }
  merges.sort((a, b) => (a.score === b.score ? b.pair[0].length - a.pair[0].length || b.pair[1].length - a.pair[1].length : b.score - a.score));
  return merges.map(({ pair }) => pair);
}

/** The character that a piece repeats, or undefined where it has several. */
const repeated = (piece: string): string | undefined => {
  const [first] = piece;
  return first !== undefined && first.repeat(piece.length / first.length) === piece ? first : undefined;
};

/**
 * True where two pieces that merging can make share a score and are not runs of one character: then the leftmost place is merged
 * first, whichever piece it makes, which no list of merges says.
 */
export function hasTies(source: Scored, merges: readonly MergePair[]): boolean {
  const ids = normalPieces(source);
  const seen = new Map<number, string>();
  return merges.some(([left, right]) => {
    const piece = left + right;
    const score = scoreOf(source, ids.get(piece)!);
    const other = seen.get(score);
    seen.set(score, piece);
    return other !== undefined && other !== piece && (repeated(piece) === undefined || repeated(piece) !== repeated(other));
  });
}

/** Scores that merge in the order of a list; pieces that no merge makes come last. */
export function scoresOfMerges(pieces: readonly string[], merges: readonly MergePair[]): readonly number[] {
  const places = new Map<string, number>();
  merges.forEach(([left, right], place) => {
    if (!places.has(left + right)) places.set(left + right, place);
  });
  return pieces.map((piece) => -(places.get(piece) ?? merges.length));
}

/** The first merge in which a list and a vocabulary with scores differ as sets, or undefined where they are one. */
export function differingMerge(source: Scored, merges: readonly MergePair[]): MergePair | undefined {
  const normal = normalPieces(source);
  const key = ([left, right]: MergePair): string => `${left}\n${left.length}\n${right}`;
  const used = merges.filter(([left, right]) => normal.has(left) && normal.has(right) && normal.has(left + right));
  const given = new Set(used.map(key));
  const own = mergesOfScores(source);
  const made = new Set(own.map(key));
  return own.find((merge) => !given.has(key(merge))) ?? used.find((merge) => !made.has(key(merge)));
}
