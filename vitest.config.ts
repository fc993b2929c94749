// One run for all tests. The last line counts them.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/fresh-bundle.ts'],
    reporters: ['default', './scripts/tally-reporter.mjs'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
