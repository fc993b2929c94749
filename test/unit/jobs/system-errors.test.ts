// What the system says of a file, in words and with the right status.
import { closeSync, mkdtempSync, openSync, readSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LlmxError } from '../../../src/core/base/error.js';
import { systemWords } from '../../../src/core/base/system-words.js';
import { readError, writeError } from '../../../src/core/jobs/system-errors.js';

const folder = mkdtempSync(join(tmpdir(), 'llmx-'));
const thrown = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

test('no code and no name of a call is left', async () => {
  writeFileSync(join(folder, 'file'), '');
  const errors = [
    await readFile(join(folder, 'none')).catch((error: unknown) => error),
    await readFile(folder).catch((error: unknown) => error),
    thrown(() => openSync(join(folder, 'file', 'inside'), 'r')),
    thrown(() => openSync(join(folder, 'x'.repeat(300)), 'w')),
    thrown(() => {
      const file = openSync(join(folder, 'file'), 'r');
      closeSync(file);
      readSync(file, Buffer.alloc(1));
    }),
  ];
  const texts = errors.map(systemWords);
  expect(texts.slice(0, 4)).toEqual([
    'no such file or folder',
    'a folder, not a file',
    'a part of the path is a file, not a folder',
    'the name is too long',
  ]);
  expect(texts[4]).toBe('bad file descriptor');
});

test('statuses', () => {
  const error = (code: string): Error => Object.assign(new Error(`${code}: something, open 'x'`), { code });
  expect(readError('x', error('ENOENT'))).toMatchObject({ code: 'not-found', exitCode: 4, message: 'x: no such file or folder' });
  expect(readError('x', error('EACCES'))).toMatchObject({ code: 'unreadable', exitCode: 4, message: 'x: no permission' });
  expect(writeError('x', error('ENOSPC'))).toMatchObject({ code: 'disk', exitCode: 5, message: 'x: no space left on the disk' });
  const own = new LlmxError('usage', 'no');
  expect([readError('x', own), writeError('x', own)]).toEqual([own, own]);
});
