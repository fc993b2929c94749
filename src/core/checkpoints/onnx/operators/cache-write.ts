// Keys or values behind those of the past: the cache is an input, and what it has become an output.
import { fixed, type Operator } from './operator.js';

export const cacheWrite: Operator = ({ step, input, type, stateName }) => {
  const [heads, width] = fixed(type(1)) as [number, number];
  return [step.grow(stateName(0), step.split(input(1), heads, width), heads, width)];
};
