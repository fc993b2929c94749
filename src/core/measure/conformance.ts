// A short proof that a backend computes rightly on this machine: one case of every op against the float64 reference.
import type { Backend } from '../backends/backend.js';
import { reference } from '../backends/reference/index.js';
import { asLlmxError } from '../base/error.js';
import { isRunBy } from '../graph/fusions/index.js';
import { opNames, opOf, type OpName } from '../ops/index.js';
import { disagreement } from './disagreement.js';
import { runCase } from './op-case.js';

export interface Conformance {
  readonly op: OpName;
  /** What is wrong; undefined where the backend agrees. */
  readonly problem: string | undefined;
}

/** `rounding`: the error that the backend's own functions may add, beside the case's tolerance. */
export async function checkOps(backend: Backend, rounding: number): Promise<readonly Conformance[]> {
  const results: Conformance[] = [];
  for (const op of opNames) {
    const { cases, isView } = opOf(op);
    const first = cases[0];
    if (isView === true || first === undefined || !isRunBy(op, backend.fusions)) continue;
    const problem = await (async () => {
      const expected = await runCase(reference, op, first, { threads: 1 });
      const { outputs } = await runCase(backend, op, first, { threads: 1 });
      const tolerance = first.tolerance === 0 ? 0 : Math.max(first.tolerance ?? 0, rounding);
      return expected.outputs.map((values, index) => disagreement(outputs[index]!, values, tolerance)).find((each) => each !== undefined);
    })().catch((error: unknown) => asLlmxError(error).message);
    results.push({ op, problem });
  }
  return results;
}
