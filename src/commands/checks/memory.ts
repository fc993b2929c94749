// Memory of the machine, or of the container where that is less.
import { freemem, totalmem } from 'node:os';
import { bytesText } from '../shell/quantity.js';
import type { Check } from './check.js';
import { ok, warn } from './check.js';

export const memory: Check = () => {
  const limit = process.constrainedMemory();
  const total = limit !== undefined && limit > 0 && limit < totalmem() ? limit : totalmem();
  const detail = `${bytesText(total)}, ${bytesText(Math.min(freemem(), total))} free`;
  return [freemem() < 1e9 ? warn(detail, 'Models larger than this will be read from disk again and again') : ok(detail)];
};
