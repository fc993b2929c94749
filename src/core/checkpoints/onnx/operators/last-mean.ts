// The mean over the last axis, which keeps its place: operator sets from 18 on take axes as an input.
import type { Emitter } from '../emitter.js';

export const lastMean = (e: Emitter, x: string): string =>
  e.opset < 18 ? e.one('ReduceMean', [x], { axes: [-1], keepdims: 1 }) : e.one('ReduceMean', [x, e.integers([-1])], { keepdims: 1 });
