// The conformance cases on an addon that is instrumented for address errors, leaks and undefined behaviour, in a Node of its own.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/core/base/package-root.js';

interface NativeTests {
  bundleConformance(): Promise<string>;
  addressLibrary(): string | undefined;
  sanitizerEnvironment(library: string): Record<string, string>;
}

const root = packageRoot();
const { bundleConformance, addressLibrary, sanitizerEnvironment } = (await import(join(root, 'scripts', 'native-tests.mjs'))) as NativeTests;

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
});
