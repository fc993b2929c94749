// Files that torch.save wrote (fixtures/make/goldens/make-pytorch.py), each read back to the bytes that PyTorch had.
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../../src/core/base/package-root.js';
import type { Checkpoint } from '../../../src/core/checkpoints/checkpoint.js';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { decodeTensor, readTensorBytes } from '../../../src/core/checkpoints/read-tensor.js';
import { dataFolder, hasData, withoutData } from '../../support/data.js';
import { failure, temporaryFolder } from '../../support/hostile-files.js';

const folder = join(packageRoot(), 'fixtures', 'pytorch');
const put = temporaryFolder();

interface Row {
  readonly skipped?: string;
  readonly format?: string;
  readonly shape?: readonly number[];
  readonly bytes?: string;
}
const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<string, Record<string, Row>>;

/** A checkpoint in the maker's words. */
async function described({ tensors, skipped }: Checkpoint): Promise<Record<string, Row>> {
  const rows: [string, Row][] = [...skipped].map(([name, dtype]) => [name, { skipped: dtype }]);
  for (const tensor of tensors.values()) {
    const { name, format, shape } = tensor;
    rows.push([name, { format, shape, bytes: Buffer.from(await readTensorBytes(tensor)).toString('base64') }]);
  }
  return Object.fromEntries(rows.map(([name, row]) => [`.${name}`, row]));
}

test.each(Object.keys(expected))('%s holds what PyTorch had', async (name) => {
  const checkpoint = await openCheckpoint(join(folder, name));
  expect(checkpoint).toMatchObject({ format: 'pytorch', dialect: 'huggingface', config: { model_type: 'llama' } });
  const wanted = Object.entries(expected[name]!).map(([key, row]) => [`.${key}`, row]);
  expect(await described(checkpoint)).toEqual(Object.fromEntries(wanted));
});

test('the golden file holds every kind', () => {
  const rows = Object.values(expected['every-kind.bin']!);
  expect(new Set(rows.map(({ format, skipped }) => format ?? skipped)).size).toBeGreaterThan(9);
});
