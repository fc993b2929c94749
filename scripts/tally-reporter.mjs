// A vitest reporter: counts tests at the end as `N passed, N failed` (with `, N skipped` where there are any), for people and for .ci/run.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const file = join(dirname(dirname(fileURLToPath(import.meta.url))), '.cache', 'tally.txt');

export default class TallyReporter {
  onTestRunEnd(modules, unhandledErrors, reason) {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      // A file that does not load has no tests of its own; it counts as one that failed.
      count.failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        count[state === 'pending' ? 'failed' : state]++;
      }
    }
    // A run that fails for a reason of its own, such as a setup, is one failure.
    if (reason !== 'passed' && count.failed === 0) count.failed = 1;
    const line = `${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}`;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${line}\n`);
    console.log(line);
  }
}
