// The gate of every change: types, lint, format, structure tests, fresh documents. Two run at a time; prints each one's time.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name) => join(root, 'node_modules', '.bin', name);

const steps = [
  ['lint', 'eslint', '.', '--cache', '--cache-location', '.cache/eslint'],
  ['types', 'tsc', '-p', '.'],
  ['format', 'prettier', '--check', '--log-level', 'warn', '--cache', '--cache-location', '.cache/prettier', '.'],
  ['structure', 'vitest', 'run', 'test/structure', '--reporter', 'dot'],
  ['documents', 'tsx', 'scripts/docs.ts', '--check'],
];

function run([name, program, ...args]) {
  return new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(bin(program), args, { cwd: root, shell: process.platform === 'win32' });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => (output += error.message));
    child.on('close', (code) => {
      console.log(`${code === 0 ? 'ok  ' : 'FAIL'}  ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
      if (code !== 0) console.log(output);
      resolve(code === 0);
    });
  });
}

const queue = [...steps];
const results = [];
const worker = async () => {
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) results.push(await run(step));
};
await Promise.all([worker(), worker()]);
process.exitCode = results.every(Boolean) ? 0 : 1;
