// Which backends run here, and why a fast one does not.
import { backends } from '../../core/backends/index.js';
import type { Backend } from '../../core/backends/backend.js';
import { nativeAdvice } from '../../core/jobs/native-advice.js';
import type { Check } from './check.js';
import { ok, warn } from './check.js';

export const backendsHere: Check = () =>
  Object.values<Backend>(backends).map((backend) => {
    const { text, problem } = backend.describe();
    return text === undefined ? warn(`${backend.name}: ${problem ?? 'not available'}`, nativeAdvice()) : ok(text);
  });
