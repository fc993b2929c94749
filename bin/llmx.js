#!/usr/bin/env node
// Starts the bundle. Kept tiny: `llmx --help` is to cost hardly more than Node itself.
import module from 'node:module';

module.enableCompileCache?.();
try {
  await import('../dist/llmx.js');
} catch (error) {
  if (error?.code !== 'ERR_MODULE_NOT_FOUND' || !String(error.message).includes('dist')) throw error;
  process.stderr.write('error: dist/ is missing: run `npm run build` in the llmx folder first\n');
  process.exitCode = 1;
}
