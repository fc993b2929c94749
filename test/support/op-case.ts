// The conformance cases of ops, for suites.
export { runCase, type CaseResult } from '../../src/core/measure/op-case.js';
