// What `llmx --help` costs beside Node alone. Processor time, because other tests may run; interleaved rounds, the best of each.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { bin } from '../support/llmx.js';

const rounds = 6;
const promised = 1.3;

/** Seconds of processor time for five runs. */
function cost(args: string): number {
  const script = `TIMEFORMAT='%3U %3S'; time for i in 1 2 3 4 5; do "${process.execPath}" ${args} > /dev/null; done`;
  const { stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  return stderr
    .trim()
    .split(/\s+/)
    .slice(-2)
    .map(Number)
    .reduce((sum, seconds) => sum + seconds, 0);
}

test.skipIf(process.platform === 'win32')('llmx --help starts about as fast as Node (skipped on Windows: its processes start too unevenly)', () => {
  const bare: number[] = [];
  const help: number[] = [];
  for (let round = 0; round < rounds; round++) {
    bare.push(cost('-e 0'));
    help.push(cost(`"${bin}" --help`));
  }
  const ratio = Math.min(...help) / Math.min(...bare);
  console.log(`llmx --help: ${ratio.toFixed(2)} of node -e 0 (processor time, best of ${rounds}; the promise is ${promised})`);
  expect(ratio).toBeLessThan(promised * 1.2);
});
