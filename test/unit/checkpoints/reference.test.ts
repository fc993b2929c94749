// Model references: what each spelling means, and where it leads on this machine.
import { mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../../src/core/base/package-root.js';
import { chooseFile, findInHubCache, hubCacheFolder } from '../../../src/core/checkpoints/hub/cache.js';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { parseReference, resolveReference } from '../../../src/core/checkpoints/reference.js';
import { failure, temporaryFolder } from '../../support/hostile-files.js';

const put = temporaryFolder();
const nowhere = () => false;
const hub = (repository: string, revision = 'main', file?: string) => ({
  kind: 'hub',
  repository,
  revision,
  ...(file === undefined ? {} : { file }),
});

test.each([
  ['model.gguf', { kind: 'path', path: 'model.gguf' }],
  ['./hf:org/name', { kind: 'path', path: './hf:org/name' }],
  ['../x', { kind: 'path', path: '../x' }],
  ['C:\\models\\m.gguf', { kind: 'path', path: 'C:\\models\\m.gguf' }],
  ['c:/models', { kind: 'path', path: 'c:/models' }],
  ['org/name', { kind: 'path', path: 'org/name' }],
  ['hf:org/name', hub('org/name')],
  ['HF:Org/Name-1.5_b', hub('Org/Name-1.5_b')],
  ['hf:org/name@v1.0', hub('org/name', 'v1.0')],
  ['hf:org/name@refs/pr/3:Q4_K_M', hub('org/name', 'refs/pr/3', 'Q4_K_M')],
  ['hf:org/name:sub/file-*.gguf', hub('org/name', 'main', 'sub/file-*.gguf')],
  ['hf://org/name', hub('org/name')],
  ['hf://org/name@abc/sub/file.gguf', hub('org/name', 'abc', 'sub/file.gguf')],
  ['hf://org/name/file.gguf', hub('org/name', 'main', 'file.gguf')],
  ['https://huggingface.co/org/name', hub('org/name')],
  ['https://huggingface.co/org/name/', hub('org/name')],
  ['https://huggingface.co/org/name/tree/dev', hub('org/name', 'dev')],
  ['https://huggingface.co/org/name/resolve/main/a/b.gguf?download=true', hub('org/name', 'main', 'a/b.gguf')],
  ['huggingface.co/org/name/blob/main/b.gguf', hub('org/name', 'main', 'b.gguf')],
  ['hf.co/org/name:Q8_0', hub('org/name', 'main', 'Q8_0')],
  ['builtin:storyteller', { kind: 'builtin', name: 'storyteller' }],
])('%s', (text, expected) => expect(parseReference(text, nowhere)).toEqual(expected));

test('an existing path wins', () => expect(parseReference('hf:org/name', () => true)).toEqual({ kind: 'path', path: 'hf:org/name' }));

test.each([
  '',
  'ftp:x',
  'https://example.com/m',
  'hf:',
  'hf:name',
  'hf:a/b/c',
  'hf:../x',
  'hf:org/..',
  'hf:org/name@',
  'hf:org/name@../..',
  'hf:org/name:',
  'hf:org/name:../x',
  'hf:org/na me',
  'x\0y',
])('%j is a usage error', (text) => {
  expect(() => parseReference(text, nowhere)).toThrow(expect.objectContaining({ code: 'usage', exitCode: 2 }) as Error);
});

test('an unknown builtin is told what there is', async () => {
  expect(await failure(resolveReference('builtin:storyteler'))).toMatchObject({ code: 'not-found', hint: 'Did you mean builtin:storyteller?' });
  expect(await resolveReference('builtin:storyteller')).toBe(join(packageRoot(), 'fixtures', 'storyteller', 'storyteller-q8_0.gguf'));
});

test('the cache lies where the environment says', () => {
  expect(hubCacheFolder({ HF_HUB_CACHE: '/a', HF_HOME: '/b' })).toBe('/a');
  expect(hubCacheFolder({ HF_HOME: '/b' })).toBe(join('/b', 'hub'));
  expect(hubCacheFolder({ XDG_CACHE_HOME: '/c' })).toBe(join('/c', 'huggingface', 'hub'));
  expect(hubCacheFolder({})).toMatch(/huggingface.hub$/);
});

const files = [
  'README.md',
  'mmproj-x.gguf',
  'x-00002-of-00002-Q2_K.txt',
  'x.IQ4_XS.gguf',
  'x.Q4_K_M.gguf',
  'y/x-Q8_0-00001-of-00002.gguf',
  'y/x-Q8_0-00002-of-00002.gguf',
];
test.each([
  [files, undefined, 'x.Q4_K_M.gguf'],
  [files, 'q8_0', 'y/x-Q8_0-00001-of-00002.gguf'],
  [files, 'iq4_xs', 'x.IQ4_XS.gguf'],
  [files, 'README.md', 'README.md'],
  [files, 'x*.gguf', 'x.IQ4_XS.gguf'],
  [files, '**Q8_0*', 'y/x-Q8_0-00001-of-00002.gguf'],
  [files, 'Q4_K', 'none'],
  [['m_q4_0.gguf'], 'Q4_0', 'm_q4_0.gguf'],
  [['a.gguf', 'b.gguf'], undefined, 'a.gguf'],
  [['config.json', 'model.safetensors', 'a.gguf'], undefined, undefined],
  [['config.json'], undefined, undefined],
])('of %j, %s means %s', (names, wanted, expected) => expect(chooseFile(names, wanted)).toBe(expected));

test('finds a cached repository by branch and by commit, and says what is not there', async () => {
  const cache = dirname(put('hub/version.txt', '1'));
  put('hub/models--org--name/refs/main', 'abc123\n');
  put('hub/models--org--name/refs/refs/pr/3', 'def456');
  put('hub/models--org--name/snapshots/abc123/m.Q4_K_M.gguf', '');
  put('hub/models--org--name/snapshots/def456/config.json', '{}');
  const find = (revision: string, file?: string, repository = 'org/name') =>
    findInHubCache({ repository, revision, ...(file === undefined ? {} : { file }) }, cache);
  expect(basename(await find('main'))).toBe('m.Q4_K_M.gguf');
  expect(basename(await find('abc123', 'q4_k_m'))).toBe('m.Q4_K_M.gguf');
  expect(basename(await find('refs/pr/3'))).toBe('def456');
  expect(await failure(find('main', 'Q8_0'))).toMatchObject({ code: 'not-found', hint: 'It has m.Q4_K_M.gguf' });
  expect(await failure(find('v2'))).toMatchObject({ code: 'not-found', message: expect.stringContaining('but not at v2') as string });
  expect(await failure(find('main', undefined, 'org/nane'))).toMatchObject({
    code: 'not-found',
    hint: expect.stringContaining('Did you mean hf:org/name?') as string,
  });
  put('hub/models--org--evil/refs/main', '..');
  mkdirSync(join(cache, 'models--org--evil', 'snapshots'), { recursive: true });
  expect(await failure(find('main', undefined, 'org/evil'))).toMatchObject({ code: 'not-found' });
});

test('a missing path is told the nearest name', async () => {
  const path = put('near/stories.gguf', 'x');
  expect(await failure(openCheckpoint(join(dirname(path), 'storys.gguf')))).toMatchObject({ code: 'not-found', hint: 'Did you mean stories.gguf?' });
  expect(await failure(openCheckpoint(join(dirname(path), 'none', 'x')))).toMatchObject({
    code: 'not-found',
    hint: expect.stringContaining('does not exist either') as string,
  });
  expect(await failure(openCheckpoint(join(path, 'x')))).toMatchObject({ code: 'not-found' });
});
