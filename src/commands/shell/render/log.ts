// The log file: every event with its time, one JSON object a line.
import { openSync, closeSync, writeSync } from 'node:fs';
import { writeError } from '../../../core/jobs/system-errors.js';
import { jsonText } from '../json-text.js';
import type { Renderer } from './renderer.js';

export function openLog(path: string): Renderer {
  const attempt = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (error) {
      throw writeError(path, error, 'Choose another --log-file');
    }
  };
  const file = attempt(() => openSync(path, 'a'));
  let broken = false;
  return {
    event(event) {
      if (broken) return;
      broken = true;
      attempt(() => writeSync(file, `${jsonText({ time: new Date().toISOString(), ...event })}\n`));
      broken = false;
    },
    end: () => closeSync(file),
  };
}
