// The conformance cases on an addon that is instrumented for address errors, leaks and undefined behaviour, in a Node of its own; the barrier and
// the vector functions likewise, on every instruction set of this machine.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/core/base/package-root.js';

interface NativeTests {
  bundleConformance(): Promise<string>;
  addressLibrary(): string | undefined;
  tiersHere(): string[];
  sanitizerEnvironment(library: string): Record<string, string>;
}

interface Harness {
  runHarnesses(options: {
    tiers: readonly string[];
    sanitize: boolean;
    only: readonly string[];
  }): Promise<{ name: string; passed: boolean; output: string }[]>;
}

const root = packageRoot();
const script = (name: string): Promise<unknown> => import(join(root, 'scripts', name));
const { bundleConformance, addressLibrary, sanitizerEnvironment, tiersHere } = (await script('native-tests.mjs')) as NativeTests;
const { runHarnesses } = (await script('native-harness.mjs')) as Harness;

const minute = 60_000;
const library = process.platform === 'linux' && process.arch === 'x64' ? addressLibrary() : undefined;
const problem =
  process.platform !== 'linux' || process.arch !== 'x64'
    ? `${process.platform} ${process.arch}, not linux x64`
    : library === undefined
      ? 'g++ with libasan is missing'
      : undefined;

describe.skipIf(problem !== undefined)(`sanitizers${problem === undefined ? '' : ` (skipped: ${problem})`}`, () => {
  const inherited = (): NodeJS.ProcessEnv =>
    Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST') && name !== 'NODE_OPTIONS'));
  const node = (args: readonly string[], env: Record<string, string>): { status: number | null; report: string } => {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: root,
      encoding: 'utf8',
      env: { ...inherited(), ...env },
      maxBuffer: 1 << 26,
    });
    return { status, report: `${stdout}\n${stderr}` };
  };

  test('the conformance cases run clean', { timeout: 15 * minute }, async () => {
    const driver = await bundleConformance();
    const built = node(['scripts/build-native.mjs', '--sanitize', 'address,undefined'], { CXX: 'g++' });
    expect(built.status, built.report).toBe(0);
    const { status, report } = node([driver], sanitizerEnvironment(library!));
    expect(report).toContain('native conformance');
    expect(status, report).toBe(0);
  });

  test('the barrier holds, the vector functions are exact enough on every instruction set', { timeout: 15 * minute }, async () => {
    const results = await runHarnesses({ tiers: tiersHere(), sanitize: true, only: ['engine', 'simd'] });
    expect(results.length).toBeGreaterThan(0);
    for (const { name, passed, output } of results) expect(passed, `${name}\n${output}`).toBe(true);
  });
});
