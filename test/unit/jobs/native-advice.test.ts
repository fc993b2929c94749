// What to do without the native addon: only what the user at hand can do.
import { expect, test } from 'vitest';
import { nativeAdvice } from '../../../src/core/jobs/native-advice.js';

const place = { environment: {}, hasSources: true, platform: 'linux-riscv64' };

test('a checkout builds it, a package cannot, and a variable that stands in the way is named', () => {
  expect(nativeAdvice(place)).toContain('npm run build:native');
  const installed = nativeAdvice({ ...place, hasSources: false });
  expect(installed).toContain('linux-riscv64');
  expect(installed).toContain('clone');
  expect(installed).not.toContain('npm run');
  expect(nativeAdvice({ ...place, environment: { LLMX_NATIVE: 'off' } })).toMatch(/^LLMX_NATIVE is set/);
});
