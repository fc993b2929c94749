// Hyperparameters come from files that anybody may write: whole numbers within reason, and divisible where the mathematics divides.
import type { Hyperparameters } from '../blocks/block.js';

type Count = Exclude<keyof Hyperparameters, 'normEpsilon'>;

/** The most that any published model comes near, with room; beyond it a file is broken or hostile. */
const most: Readonly<Record<Count, number>> = {
  layers: 2048,
  width: 2 ** 20,
  vocabulary: 2 ** 24,
  contextLength: 2 ** 31 - 1,
  heads: 2 ** 16,
  keyValueHeads: 2 ** 16,
  headWidth: 2 ** 16,
  hiddenWidth: 2 ** 24,
  experts: 2 ** 16,
  expertsPerToken: 2 ** 16,
  innerWidth: 2 ** 24,
  stateWidth: 2 ** 16,
  convolution: 256,
  stepRank: 2 ** 20,
};

/** Epsilons of norms are 1e-12 to 1e-5. */
const mostEpsilon = 0.1;

const always: readonly Count[] = ['layers', 'width', 'vocabulary', 'contextLength'];

/** Lines that say what is wrong; `asked` are the hyperparameters that the family reads, by what the file calls them. */
export function hyperparameterProblems(h: Hyperparameters, asked: ReadonlyMap<keyof Hyperparameters, string>): readonly string[] {
  const problems: string[] = [];
  const called = (key: keyof Hyperparameters): string => asked.get(key) ?? key;
  for (const [name, limit] of Object.entries(most) as [Count, number][]) {
    const value = h[name];
    const least = always.includes(name) || asked.has(name) ? 1 : 0;
    if (!Number.isInteger(value) || value < least || value > limit)
      problems.push(`${called(name)} is ${value}, expected a whole number from ${least} to ${limit}`);
  }
  const epsilon = h.normEpsilon;
  if (asked.has('normEpsilon') && !(epsilon > 0 && epsilon <= mostEpsilon))
    problems.push(`${called('normEpsilon')} is ${epsilon}, expected a number above 0, at most ${mostEpsilon}`);
  if (h.heads > 0 && h.keyValueHeads > 0 && h.heads % h.keyValueHeads !== 0)
    problems.push(`${h.heads} heads cannot share ${h.keyValueHeads} key and value heads evenly`);
  if (h.expertsPerToken > h.experts) problems.push(`each token wants ${h.expertsPerToken} of ${h.experts} experts`);
  return problems;
}
