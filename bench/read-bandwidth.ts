// The read ceiling: how many GB/s `threads` threads read from memory at this moment. Compiles read-bandwidth.c with `cc` on first use.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface ReadBandwidth extends Disposable {
  /** GB/s, in about 0.1 s. */
  measure(): Promise<number>;
}

function compile(): string {
  const source = join(import.meta.dirname, 'read-bandwidth.c');
  const program = join(tmpdir(), `llmx-read-bandwidth-${createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16)}`);
  if (existsSync(program)) return program;
  const partial = `${program}.${process.pid}`;
  execFileSync(process.env['CC'] ?? 'cc', ['-O3', '-march=native', '-pthread', source, '-o', partial]);
  renameSync(partial, program);
  return program;
}

export function startReadBandwidth(threads: number): ReadBandwidth {
  const child = spawn(compile(), [String(threads)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async measure() {
      child.stdin.write('\n');
      const { value, done } = await lines.next();
      if (done) throw new Error('read-bandwidth ended');
      return Number(value);
    },
    [Symbol.dispose]: () => void child.kill(),
  };
}
