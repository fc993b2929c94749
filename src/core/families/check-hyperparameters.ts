// Hyperparameters come from files that anybody may write: whole numbers within reason, and divisible where the mathematics divides.
import type { Hyperparameters } from '../blocks/block.js';

/** The most that any published model comes near, with room; beyond it a file is broken or hostile. */
const most: Readonly<Record<keyof Hyperparameters, number>> = {
  layers: 2048,
  width: 2 ** 20,
  vocabulary: 2 ** 24,
  contextLength: 2 ** 31 - 1,
  normEpsilon: 1,
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

const always: readonly (keyof Hyperparameters)[] = ['layers', 'width', 'vocabulary', 'contextLength'];

/** Lines that say what is wrong; `asked` are the hyperparameters that the family reads. */
export function hyperparameterProblems(h: Hyperparameters, asked: ReadonlySet<keyof Hyperparameters>): readonly string[] {
  const problems: string[] = [];
  for (const [name, limit] of Object.entries(most) as [keyof Hyperparameters, number][]) {
    const value = h[name];
    const least = always.includes(name) || asked.has(name) ? (name === 'normEpsilon' ? 0 : 1) : 0;
    const isWhole = name === 'normEpsilon' || Number.isInteger(value);
    if (!isWhole || !(value >= least && value <= limit))
      problems.push(`${name} is ${value}, expected ${name === 'normEpsilon' ? 'a number' : 'a whole number'} from ${least} to ${limit}`);
  }
  if (h.heads > 0 && h.keyValueHeads > 0 && h.heads % h.keyValueHeads !== 0)
    problems.push(`${h.heads} heads cannot share ${h.keyValueHeads} key and value heads evenly`);
  if (h.expertsPerToken > h.experts) problems.push(`each token wants ${h.expertsPerToken} of ${h.experts} experts`);
  return problems;
}
