// Comparisons of number arrays that say where they first differ.

/** Sum of squared differences over the sum of squares of what was expected. */
export function normalisedError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0;
  let total = 0;
  for (let index = 0; index < expected.length; index++) {
    difference += (actual[index]! - expected[index]!) ** 2;
    total += expected[index]! ** 2;
  }
  return total === 0 ? difference : difference / total;
}

/** Undefined when the normalised mean square error is at most `tolerance`, else one line with the worst element and both values. */
export function disagreement(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): string | undefined {
  const error = normalisedError(actual, expected);
  if (error <= tolerance) return undefined;
  let worst = 0;
  for (let index = 0; index < expected.length; index++) {
    const distance = Math.abs(actual[index]! - expected[index]!);
    if (!(distance <= Math.abs(actual[worst]! - expected[worst]!))) worst = index;
  }
  return `error ${error.toExponential(2)} > ${tolerance}; worst at ${worst} of ${expected.length}: ${actual[worst]}, expected ${expected[worst]}`;
}
