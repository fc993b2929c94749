// Tensors dealt out to files of a largest size, in their order.
import { tensorBytes, type TensorPlan } from './planned-file.js';
import { numberFormats } from '../numbers/index.js';
import type { LayoutOptions } from './writer.js';

/** All planes together. */
export const wholeBytes = (plan: TensorPlan): number =>
  numberFormats[plan.format].planes.reduce((sum, _, plane) => sum + tensorBytes(plan, plane), 0);

/** One group where there is no limit. A tensor that is larger than the limit has a file of its own. */
export function splitTensors(
  tensors: readonly TensorPlan[],
  { splitBytes = Infinity, splitTensors = Infinity }: LayoutOptions,
): readonly (readonly TensorPlan[])[] {
  const groups: TensorPlan[][] = [[]];
  let bytes = 0;
  for (const plan of tensors) {
    const more = wholeBytes(plan);
    const last = groups.at(-1)!;
    if (last.length > 0 && (last.length >= splitTensors || bytes + more > splitBytes)) {
      groups.push([plan]);
      bytes = more;
    } else {
      last.push(plan);
      bytes += more;
    }
  }
  return groups;
}

/** `-00002-of-00003`. */
export const splitSuffix = (index: number, count: number): string => `-${String(index + 1).padStart(5, '0')}-of-${String(count).padStart(5, '0')}`;
