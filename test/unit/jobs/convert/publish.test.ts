// Names at the end of a conversion: a death at every one of them, what others have put there meanwhile, and what is nobody's to replace.
import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { convertTo, familyFolder, newFolder } from '../../../support/convert.js';
import { failure } from '../../../support/hostile-files.js';

const source = familyFolder('llama');

const filesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(folder, name)).isFile() && !name.endsWith('lineage.json'))
      .sort()
      .map((name) => [name, readFileSync(join(folder, name)).toString('base64')]),
  );

/** A conversion in a process of its own, which dies before the name that it gives, or the removal, of this number. */
function dieAt(at: number, given: string): number | null {
  const url = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const program = `
    import fs from 'node:fs/promises';
    import { syncBuiltinESMExports } from 'node:module';
    let steps = 0;
    for (const name of ['rename', 'rm']) {
      const real = fs[name];
      fs[name] = async (...given) => {
        if (steps++ === ${at}) process.kill(process.pid, 'SIGKILL');
        return real(...given);
      };
    }
    syncBuiltinESMExports();
    const { convert } = await import(${url('../../../../src/core/jobs/convert/convert.ts')});
    const { chooseOutputs } = await import(${url('../../../../src/core/jobs/convert/outputs.ts')});
    const job = convert(
      {
        reference: ${JSON.stringify(source)}, types: { format: undefined, rules: [] }, selection: { vocabularyOnly: false },
        naming: { metadata: {} }, remote: false, verify: 'none', gates: [], force: false, resume: false, dryRun: false,
        chunkBytes: 65536, threads: 1, version: 'test', ${given}
      },
      new AbortController().signal,
    );
    while ((await job.next()).done !== true);`;
  return spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], { stdio: ['ignore', 'ignore', 'inherit'] }).status;
}

const outputsIn = (folder: string): readonly string[] => [join(folder, 'a.gguf'), join(folder, 'b'), join(folder, 'c.safetensors')];
const to = ['gguf', 'pytorch', 'safetensors'];
const layout = { splitTensors: 12 };

test('dies at every name and removal, and --resume gives the same bytes', { timeout: 120_000 }, async () => {
  const whole = newFolder();
  await convertTo(source, outputsIn(whole), { to, layout });
  const golden = filesOf(whole);
  expect(Object.keys(golden).length).toBeGreaterThan(8);
  let [deaths, resumed] = [0, 0];
  for (let at = 0; ; at++) {
    const folder = newFolder();
    const given = `layout: ${JSON.stringify(layout)}, outputs: chooseOutputs(${JSON.stringify(outputsIn(folder))}, ${JSON.stringify(to)}, 'auto')`;
    if (dieAt(at, given) === 0) break;
    deaths++;
    const { report } = await convertTo(source, outputsIn(folder), { to, layout, resume: true });
    if (report.resumed_bytes > 0) resumed++;
    expect(filesOf(folder), `after ${at} steps`).toEqual(golden);
    expect(readdirSync(folder).filter((name) => name.endsWith('.partial'))).toEqual([]);
  }
  // Files of two outputs, and a folder that appears at once.
  expect(deaths).toBeGreaterThan(12);
  expect(resumed).toBeGreaterThan(6);
});

test('what another has put there meanwhile is not replaced', async () => {
  const folder = newFolder();
  const path = join(folder, 'a.gguf');
  const events = convertTo(source, [path], { verify: 'full' });
  while (!existsSync(`${path}.partial`)) await new Promise((resolve) => setTimeout(resolve, 1));
  writeFileSync(path, 'mine');
  expect(await failure(events)).toMatchObject({ code: 'usage', message: `${path} exists by now` });
  expect(readFileSync(path, 'utf8')).toBe('mine');
  await convertTo(source, [path], { resume: true, force: true });
  expect(readFileSync(path).subarray(0, 4).toString()).toBe('GGUF');
});

test('one conversion at a time', async () => {
  const path = join(newFolder(), 'a.gguf');
  const first = convertTo(source, [path], { verify: 'full' });
  while (!existsSync(`${path}.partial/lock`)) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(await failure(convertTo(source, [path]))).toMatchObject({
    code: 'disk',
    message: `${path}.partial: process ${process.pid} is writing there`,
  });
  await first;
  // One that has died holds nothing.
  const other = join(newFolder(), 'b.gguf');
  mkdirSync(`${other}.partial`);
  writeFileSync(`${other}.partial/lock`, String(spawnSync(process.execPath, ['-e', '']).pid));
  await convertTo(source, [other]);
  expect(existsSync(`${other}.partial`)).toBe(false);
});

test('what has the name of an unfinished output is not removed', async () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'a.gguf.partial'), 'mine');
  expect(await failure(convertTo(source, [join(folder, 'a.gguf')]))).toMatchObject({ code: 'usage', message: /a\.gguf\.partial is in the way/ });
  await cp(source, join(folder, 'm.partial'), { recursive: true });
  const before = filesOf(join(folder, 'm.partial'));
  expect(await failure(convertTo(join(folder, 'm.partial'), [join(folder, 'm')], { to: ['safetensors'] }))).toMatchObject({ code: 'usage' });
  expect(filesOf(join(folder, 'm.partial'))).toEqual(before);
});

test('the source is never replaced, under whatever name', async () => {
  const folder = newFolder();
  await convertTo(source, [join(folder, 'a.gguf')]);
  const bytes = readFileSync(join(folder, 'a.gguf'));
  linkSync(join(folder, 'a.gguf'), join(folder, 'hard.gguf'));
  for (const name of ['a.gguf', 'hard.gguf'])
    expect(await failure(convertTo(join(folder, 'a.gguf'), [join(folder, name)], { force: true }))).toMatchObject({
      code: 'usage',
      message: `${join(folder, name)} is what is converted`,
    });
  await cp(source, join(folder, 'model'), { recursive: true });
  expect(await failure(convertTo(join(folder, 'model'), [join(folder, 'model')], { to: ['safetensors'], force: true }))).toMatchObject({
    code: 'usage',
  });
  expect(readFileSync(join(folder, 'a.gguf')).equals(bytes)).toBe(true);
});

test('a lineage, a link to nowhere and a device are not replaced; parts of another number are not written beside', async () => {
  const folder = newFolder();
  const [path, link] = [join(folder, 'a.gguf'), join(folder, 'link.gguf')];
  writeFileSync(`${path}.lineage.json`, 'mine');
  expect(await failure(convertTo(source, [path]))).toMatchObject({ code: 'usage', message: `${path}.lineage.json exists` });
  symlinkSync(join(folder, 'nowhere'), link);
  expect(await failure(convertTo(source, [link]))).toMatchObject({ code: 'usage', message: `${link} exists` });
  if (process.platform === 'linux')
    expect(await failure(convertTo(source, ['/dev/full'], { to: ['gguf'], force: true }))).toMatchObject({
      code: 'usage',
      message: /neither a file/,
    });
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  await convertTo(source, [join(folder, 's.gguf')], { layout: { splitTensors: 12 } });
  expect(await failure(convertTo(source, [join(folder, 's.gguf')], { layout: { splitTensors: 20 }, force: true }))).toMatchObject({
    code: 'usage',
    message: /would lie beside s-0000\d-of-00003\.gguf/,
  });
});

test('with other flags --resume begins anew and leaves nothing of before; a journal without its files is not believed', async () => {
  const folder = newFolder();
  const output = join(folder, 'o');
  const given = `layout: ${JSON.stringify(layout)}, outputs: chooseOutputs([${JSON.stringify(output)}], ['safetensors'], 'auto')`;
  expect(dieAt(1, given)).not.toBe(0);
  await convertTo(source, [output], { to: ['safetensors'], resume: true });
  expect(readdirSync(output).sort()).toEqual(
    ['config.json', 'generation_config.json', 'lineage.json', 'model.safetensors'].filter((name) => existsSync(join(output, name))),
  );
  expect(existsSync(join(output, 'model.safetensors'))).toBe(true);

  const golden = filesOf(output);
  const again = join(folder, 'p');
  expect(dieAt(1, given.replace(output, again).replace('"splitTensors":12', ''))).not.toBe(0);
  rmSync(join(`${again}.partial`, 'files', 'model.safetensors'));
  const { report } = await convertTo(source, [again], { to: ['safetensors'], resume: true });
  expect(report.resumed_bytes).toBe(0);
  expect(filesOf(again)).toEqual(golden);
});
