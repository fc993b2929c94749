// Comparisons of number arrays, for suites.
export { disagreement, normalisedError } from '../../src/core/measure/disagreement.js';
