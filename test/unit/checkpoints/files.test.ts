// What lies at a path and is no readable file: refused at once, in words, and never waited for.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openFile, readWhole } from '../../../src/core/checkpoints/files.js';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { readTokenizerFile } from '../../../src/core/checkpoints/tokenizer-file.js';
import { failure, temporaryFolder } from '../../support/hostile-files.js';

const put = temporaryFolder();
const folder = dirname(put('empty.bin', ''));
const at = (name: string): string => join(folder, name);

mkdirSync(at('folder.gguf'));
symlinkSync('loop', at('loop'));
symlinkSync('nowhere', at('dangling'));
put('secret.gguf', 'GGUF');
chmodSync(at('secret.gguf'), 0);
const posix = process.platform !== 'win32';
if (posix) execFileSync('mkfifo', [at('pipe'), at('pipe.gguf')]);

interface Row {
  readonly path: string;
  readonly code: string;
  readonly message: RegExp;
  /** Why a system cannot show it. */
  readonly skip?: string | false;
}

const rows: readonly Row[] = [
  { path: at('pipe'), code: 'unreadable', message: /pipe: not a regular file but a pipe$/, skip: !posix && 'no pipes here' },
  { path: at('pipe.gguf'), code: 'unreadable', message: /not a regular file but a pipe$/, skip: !posix && 'no pipes here' },
  { path: '/dev/zero', code: 'unreadable', message: /^\/dev\/zero: not a regular file but a device$/, skip: !posix && 'no devices here' },
  { path: at('missing'), code: 'not-found', message: /missing: no such file or folder$/ },
  { path: join(at('empty.bin'), 'inside'), code: 'not-found', message: /no such file or folder$/ },
  { path: at('dangling'), code: 'not-found', message: /dangling: no such file or folder$/ },
  { path: at('loop'), code: 'unreadable', message: /loop: too many links that lead to links/ },
  { path: at('n'.repeat(300)), code: 'unreadable', message: /n: the name is too long$/ },
  {
    path: at('secret.gguf'),
    code: 'unreadable',
    message: /secret\.gguf: no permission to read it$/,
    skip: process.getuid?.() === 0 && 'root may read everything',
  },
];

describe.each(rows)('$path', ({ path, code, message, skip = false }) => {
  const why = skip === false ? '' : ` (skipped: ${skip})`;
  test.skipIf(skip !== false)(`as a checkpoint${why}`, async () => {
    expect(await failure(openCheckpoint(path))).toMatchObject({ name: 'LlmxError', code, message: expect.stringMatching(message) as string });
  });
  test.skipIf(skip !== false)(`as a tokenizer${why}`, async () => {
    expect(await failure(readTokenizerFile(path))).toMatchObject({ name: 'LlmxError', code, message: expect.stringMatching(message) as string });
  });
});

test('an empty file is said to be one', async () => {
  expect(await failure(openCheckpoint(at('empty.bin')))).toMatchObject({ code: 'unsupported', message: `${at('empty.bin')}: an empty file` });
});

test('a folder given as a file', async () => {
  expect(await failure(readTokenizerFile(folder))).toMatchObject({ code: 'unreadable', message: `${folder}: not a regular file but a folder` });
  expect(await failure(openCheckpoint(at('folder.gguf')))).toMatchObject({ code: 'not-found' });
});

test.each(['config.json', 'tokenizer.json', 'generation_config.json', 'model.safetensors'])('a folder with a folder as its %s', async (name) => {
  const model = put(`model-${name}/config.json`, '{"a":1}');
  put(`model-${name}/model.safetensors`, 'x');
  execFileSync('rm', ['-f', join(dirname(model), name)]);
  mkdirSync(join(dirname(model), name));
  const error = await failure(openCheckpoint(dirname(model)));
  expect(error).toMatchObject({ code: 'unreadable', message: `${join(dirname(model), name)}: not a regular file but a folder` });
});

test('a file that becomes shorter while it is open', async () => {
  const path = put('shrinks', Buffer.alloc(1000));
  await using source = await openFile(path);
  truncateSync(path, 10);
  expect(await failure(source.read(0, 1000, 'the whole'))).toMatchObject({
    code: 'malformed',
    message: `${path}: the whole ends at byte 10 instead of 1000: the file became shorter`,
  });
});

test('a file that is larger than its kind may be is not read', async () => {
  const path = put('large', '');
  truncateSync(path, 2 ** 40);
  expect(await failure(readWhole(path, 100))).toMatchObject({
    code: 'malformed',
    message: `${path}: 1099511627776 bytes, more than the 100 that such a file may have`,
  });
});
