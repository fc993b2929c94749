// The log file: every event with its time, one JSON object a line.
import { openSync, closeSync, writeSync } from 'node:fs';
import { LlmxError } from '../../../core/base/error.js';
import type { Renderer } from './renderer.js';

export function openLog(path: string): Renderer {
  let file: number;
  try {
    file = openSync(path, 'a');
  } catch (error) {
    throw new LlmxError('disk', `${path}: ${(error as Error).message}`, 'Choose another --log-file', { cause: error });
  }
  return {
    event(event) {
      writeSync(file, `${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
    },
    end: () => closeSync(file),
  };
}
