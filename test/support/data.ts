// Real models and texts that may lie beside a checkout; none is part of the project.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const dataFolder = process.env['LLMX_TEST_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
export const hasData = existsSync(join(dataFolder, 'models/stories260K.bin'));
export const withoutData = hasData ? '' : ' (skipped: no real models beside the checkout; LLMX_TEST_DATA names their folder)';
