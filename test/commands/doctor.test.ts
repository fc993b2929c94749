// `llmx doctor`: every check tells something, and the shape for programs holds.
import { expect, test } from 'vitest';
import { checks } from '../../src/commands/checks/index.js';
import { llmx } from '../support/llmx.js';

test('--json has a finding for each check', async () => {
  const { code, stdout } = await llmx(['doctor', '--json']);
  const report = JSON.parse(stdout) as { checks: { id: string; status: string; detail: string; hint: string }[] };
  expect(new Set(report.checks.map(({ id }) => id))).toEqual(new Set(Object.keys(checks)));
  for (const { status, detail, hint } of report.checks) {
    expect(['ok', 'warn', 'fail']).toContain(status);
    expect(detail.length).toBeGreaterThan(5);
    expect(typeof hint).toBe('string');
  }
  expect(code).toBe(report.checks.some(({ status }) => status === 'fail') ? 1 : 0);
});

test('text has a line for each finding', async () => {
  const { stdout, stderr } = await llmx(['doctor']);
  for (const id of Object.keys(checks)) expect(stdout).toMatch(new RegExp(`^(ok  |warn|fail) {2}${id} `, 'm'));
  expect(stderr).toBe('');
});
