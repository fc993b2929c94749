// Chosen rows. The rows that a step wants are all of them: a runtime's caller chooses among the logits.
import type { Operator } from './operator.js';

export const gather: Operator = ({ e, input, leaf }) => (leaf(1) === undefined ? [e.one('Gather', [input(0), input(1)], { axis: 0 })] : [input(0)]);
