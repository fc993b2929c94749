// Softmax over the last axis.
import type { Operator } from './operator.js';

export const softmax: Operator = ({ e, input }) => [e.one('Softmax', [input(0)], { axis: -1 })];
