// Where the files of an output lie until they are whole, and how they get their names: all of them, or none.
import { access, mkdir, readdir, rename, rm, rmdir, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { LlmxError } from '../../base/error.js';
import { diskError } from '../../checkpoints/write-file.js';
import type { PlannedFile } from '../../checkpoints/planned-file.js';
import { writerOf, type OutputChoice, type OutputPlan } from './plan.js';

/** Holds everything of an unfinished output: remove it to give up, keep it for --resume. */
export const stagingOf = (path: string): string => `${path.replace(/[/\\]+$/, '')}.partial`;
export const stagedFiles = (path: string): string => join(stagingOf(path), 'files');

function isFolder({ format, path }: OutputChoice): boolean {
  const { output, suffixes } = writerOf(format);
  return output === 'either' ? !suffixes.some((suffix) => path.toLowerCase().endsWith(suffix)) : output === 'folder';
}

/** What to open in order to read a staged output back. */
export const stagedPath = (output: OutputPlan): string =>
  isFolder(output) ? stagedFiles(output.path) : join(stagedFiles(output.path), output.files[0]!.name);

/** The folder that an output's files come to lie in. */
const folderOf = (output: OutputChoice): string => (isFolder(output) ? output.path : dirname(output.path));

export const finalPaths = (output: OutputChoice & Pick<OutputPlan, 'files'>): readonly string[] =>
  output.files.map(({ name }) => join(folderOf(output), name));

const facts = (path: string) => stat(path).catch(() => undefined);

const weightFile = /\.(safetensors|bin|gguf|onnx|pth|pt)$|\.index\.json$/;

/** Throws where an output would destroy something, or leave something that does not belong to it. */
export async function checkDestination(output: OutputChoice, files: readonly PlannedFile[], force: boolean): Promise<void> {
  const { path } = output;
  const there = await facts(path);
  const parent = await facts(dirname(resolve(path)));
  const beside = isFolder(output) || force ? [] : finalPaths({ ...output, files }).filter((each) => resolve(each) !== resolve(path));
  for (const each of beside)
    if ((await facts(each)) !== undefined) throw new LlmxError('usage', `${each} exists`, 'Pass --force to replace it, or write into another folder');
  if (parent?.isDirectory() !== true)
    throw new LlmxError('disk', `${path}: there is no folder ${dirname(path)}`, 'Make it first, or choose another place');
  if (there === undefined) {
    await access(dirname(resolve(path)), 2).catch((error: unknown) => Promise.reject(diskError(path, error)));
    return;
  }
  if (isFolder(output) !== there.isDirectory())
    throw new LlmxError(
      'usage',
      `${path}: ${there.isDirectory() ? 'a folder' : 'a file'}, where ${isFolder(output) ? 'a folder' : 'a file'} shall be written`,
      'Choose another output',
    );
  if (!there.isDirectory()) {
    if (!force) throw new LlmxError('usage', `${path} exists`, 'Pass --force to replace it');
    return;
  }
  const names = await readdir(path);
  if (names.length === 0) return;
  if (!force) throw new LlmxError('usage', `${path} exists and is not empty`, 'Pass --force to replace the files in it');
  const planned = new Set(files.map(({ name }) => name));
  const stray = names.find((name) => weightFile.test(name) && !planned.has(name));
  if (stray !== undefined)
    throw new LlmxError('usage', `${path} holds ${stray}, which would lie beside the new weights`, 'Remove it, or choose another folder');
}

/** Bytes that may still be written where `path` shall lie. */
export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(dirname(resolve(path)));
  return bavail * bsize;
}

export async function prepareStaging(path: string, resume: boolean): Promise<boolean> {
  const folder = stagingOf(path);
  const existed = (await facts(folder)) !== undefined;
  try {
    if (existed && !resume) await rm(folder, { recursive: true, force: true });
    await mkdir(stagedFiles(path), { recursive: true });
  } catch (error) {
    throw diskError(folder, error);
  }
  return existed;
}

/** Gives every file its name. An output that did not exist appears at once. */
export async function publish(output: OutputPlan): Promise<void> {
  const staged = stagedFiles(output.path);
  try {
    if (isFolder(output)) {
      await rmdir(output.path).catch(() => {}); // an empty one is in the way
      if ((await facts(output.path)) === undefined) await rename(staged, output.path);
    }
    for (const { name } of output.files) {
      const from = join(staged, name);
      if ((await facts(from)) === undefined) continue;
      const to = join(folderOf(output), name);
      await mkdir(dirname(to), { recursive: true });
      await rename(from, to);
    }
    await rm(stagingOf(output.path), { recursive: true, force: true });
  } catch (error) {
    throw diskError(output.path, error);
  }
}

/** Beside a file, or in the folder. */
export const lineagePath = (output: OutputChoice): string =>
  isFolder(output) ? join(output.path, 'lineage.json') : join(dirname(output.path), `${basename(output.path)}.lineage.json`);
