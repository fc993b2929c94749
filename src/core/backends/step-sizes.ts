// The sizes of one step, taken from the lengths of its inputs and checked against the program's largest.
import { LlmxError } from '../base/error.js';
import type { Sizes } from '../base/shape.js';
import type { Program } from '../graph/program.js';
import type { StepInputs } from './backend.js';

export function stepSizes(program: Program, inputs: StepInputs): Sizes {
  const sequences = inputs.slots?.length ?? (inputs.tables ? inputs.tables.length / program.sizes.table : 0);
  const sizes: Sizes = {
    tokens: inputs.ids.length,
    rows: inputs.rows?.length ?? 0,
    sequences,
    table: sequences > 0 && inputs.tables ? inputs.tables.length / sequences : 0,
    pages: program.sizes.pages,
    slots: program.sizes.slots,
  };
  for (const [name, size] of Object.entries(sizes)) {
    const most = program.sizes[name as keyof Sizes];
    if (!Number.isInteger(size) || size > most) throw new LlmxError('internal', `step: ${size} ${name}, the program takes at most ${most}`);
  }
  return sizes;
}
