// Folders that no disk holds: paths into them are read through what was mounted, and only while it is.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileSize, isFolder, listFolder, openFile, readWhole } from '../../../src/core/checkpoints/files.js';
import { isMounted, openMounts, type MountedFolder } from '../../../src/core/checkpoints/mounts.js';

const root = 'hf:org/name@0123';

function folderOf(files: Readonly<Record<string, string>>): MountedFolder {
  const bytes = new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)]));
  return {
    sizes: new Map([...bytes].map(([name, { length }]) => [name, length])),
    received: 7,
    open: (name, path) =>
      Promise.resolve({
        path,
        size: bytes.get(name)!.length,
        read: (offset, length) => Promise.resolve(Uint8Array.from(bytes.get(name)!.subarray(offset, offset + length))),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
  };
}

const textOf = async (path: string): Promise<string> => Buffer.from(await readWhole(path, 100)).toString();

test('files and folders inside, and what is not there', async () => {
  using mounts = openMounts();
  mounts.add(root, folderOf({ 'config.json': '{}', 'onnx/model.onnx': 'x', 'onnx/deep/a': 'yy' }));
  expect(await textOf(join(root, 'config.json'))).toBe('{}');
  expect(await textOf(join(root, 'onnx', 'deep', 'a'))).toBe('yy');
  expect(await fileSize(join(root, 'onnx/deep/a'))).toBe(2);
  expect(await fileSize(join(root, 'onnx'))).toBeUndefined();
  expect([
    await isFolder(root),
    await isFolder(`${root}/onnx/`),
    await isFolder(join(root, 'config.json')),
    await isFolder(join(root, 'on')),
  ]).toEqual([true, true, false, false]);
  expect([await listFolder(root), await listFolder(join(root, 'onnx'))]).toEqual([
    ['config.json', 'onnx'],
    ['model.onnx', 'deep'],
  ]);
  await expect(openFile(join(root, 'confg.json'))).rejects.toMatchObject({ code: 'not-found', hint: 'Did you mean config.json?' });
  await expect(openFile(join(root, 'onnx'))).rejects.toMatchObject({ code: 'unreadable' });
  await expect(listFolder(join(root, 'none'))).rejects.toMatchObject({ code: 'not-found' });
  expect(mounts.received).toBe(7);
});

test('a path that only begins alike is another', () => {
  using mounts = openMounts();
  mounts.add(root, folderOf({ a: '1' }));
  expect([root, `${root}/a`, `${root}4/a`, 'hf:org/name', join(import.meta.dirname, root)].map(isMounted)).toEqual([true, true, false, false, false]);
});

test('the latest of two counts, and each goes with its owner', async () => {
  const first = openMounts();
  first.add(root, folderOf({ a: 'first' }));
  const second = openMounts();
  second.add(root, folderOf({ a: 'second' }));
  expect(await textOf(`${root}/a`)).toBe('second');
  first[Symbol.dispose]();
  expect(await textOf(`${root}/a`)).toBe('second');
  second[Symbol.dispose]();
  expect(isMounted(root)).toBe(false);
  await expect(openFile(`${root}/a`)).rejects.toMatchObject({ code: 'not-found' });
});
