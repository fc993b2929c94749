// Where the files of an output lie until they are whole, and whether they may have the names that they are to get.
import { constants } from 'node:fs';
import { access, lstat, mkdir, readdir, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { LlmxError } from '../../base/error.js';
import { holderOf, tryLock, type Lock } from '../../checkpoints/process-lock.js';
import { diskError } from '../../checkpoints/write-file.js';
import type { OutputChoice, OutputPlan } from './plan.js';

export const stagedFiles = ({ staging }: OutputChoice): string => join(staging, 'files');

/** What to open in order to read a staged output back. */
export const stagedPath = (output: OutputPlan): string => (output.isFolder ? stagedFiles(output) : join(stagedFiles(output), output.files[0]!.name));

/** The folder that an output's files come to lie in. */
const folderOf = ({ isFolder, path }: OutputChoice): string => (isFolder ? path : dirname(path));

export const finalPaths = (output: OutputChoice & Pick<OutputPlan, 'files'>): readonly string[] =>
  output.files.map(({ name }) => join(folderOf(output), name));

/** What to open once everything has its name. */
export const openablePath = (output: OutputPlan): string => (output.isFolder ? output.path : finalPaths(output)[0]!);

/** Undefined where there is nothing. */
export const facts = (path: string) => stat(path).catch(() => undefined);

const weightFile = /\.(safetensors|bin|gguf|onnx|pth|pt)$|\.index\.json$/;

/** Files that stand where an output's shall, and are none of ours to replace. */
async function checkReplaced(paths: readonly string[], sources: readonly string[]): Promise<void> {
  const read = await Promise.all(sources.map(facts));
  for (const path of paths) {
    const there = await facts(path);
    if (there === undefined) continue;
    if (!there.isFile() && !there.isDirectory()) throw new LlmxError('usage', `${path} is neither a file nor a folder`, 'Choose another output');
    if (read.some((each) => each?.ino === there.ino && each.dev === there.dev))
      throw new LlmxError('usage', `${path} is what is converted`, 'Write under another name; the source is never replaced');
  }
}

/** Parts of an output of before that would lie beside its new ones: another number of them. */
async function strayParts({ path, files }: OutputPlan): Promise<string | undefined> {
  const part = /-\d{5}-of-\d{5}(?=\.\w+$)/;
  const planned = new Set(files.map(({ name }) => name));
  const stems = new Set([...planned].filter((name) => part.test(name)).map((name) => name.replace(part, '')));
  const names = stems.size === 0 ? [] : await readdir(dirname(resolve(path)));
  return names.find((name) => part.test(name) && !planned.has(name) && stems.has(name.replace(part, '')));
}

const refusal = (path: string, what: string, hint: string): LlmxError => new LlmxError('usage', `${path} ${what}`, hint);

/** Throws where an output would destroy something, or leave something that does not belong to it. `sources`: the files that are read. */
export async function checkDestination(output: OutputPlan, sources: readonly string[], force: boolean): Promise<void> {
  const { path, files } = output;
  const [there, parent] = [await facts(path), await facts(dirname(resolve(path)))];
  if (parent?.isDirectory() !== true)
    throw new LlmxError('not-found', `${path}: there is no folder ${dirname(path)}`, 'Make it first, or choose another place');
  if (there?.isDirectory() === !output.isFolder && (there.isFile() || there.isDirectory()))
    throw refusal(
      `${path}:`,
      `${there.isDirectory() ? 'a folder' : 'a file'}, where ${output.isFolder ? 'a folder' : 'a file'} shall be written`,
      'Choose another output',
    );
  const inside = `${resolve(output.staging)}${sep}`;
  if (sources.some((source) => resolve(source).startsWith(inside)))
    throw refusal(output.staging, 'is where the unfinished output would grow, and holds what is converted', 'Move it, or choose another output');
  await checkReplaced(output.isFolder && there !== undefined && !there.isDirectory() ? [path] : finalPaths(output), sources);
  const hint =
    (await facts(join(output.staging, 'journal.jsonl'))) === undefined
      ? 'Pass --force to replace it'
      : 'The same command with --resume goes on; --force replaces it';
  const stray = output.isFolder ? undefined : await strayParts(output);
  if (stray !== undefined) throw refusal(path, `would lie beside ${stray}, a part of another`, 'Remove it, or choose another name');
  if (!output.isFolder)
    for (const each of force ? [] : [...finalPaths(output), lineagePath(output)])
      if ((await lstat(each).catch(() => undefined)) !== undefined) throw refusal(each, 'exists', hint);
  const names = output.isFolder && there !== undefined ? (await readdir(path)).filter((name) => name !== basename(output.staging)) : [];
  if (names.length > 0 && !force) throw refusal(path, 'exists and is not empty', hint);
  const planned = new Set(files.map(({ name }) => name));
  const other = names.find((name) => weightFile.test(name) && !planned.has(name));
  if (other !== undefined) throw refusal(path, `holds ${other}, which would lie beside the new weights`, 'Remove it, or choose another folder');
  if (there === undefined && output.isFolder && (await lstat(path).catch(() => undefined)) !== undefined)
    throw refusal(path, 'is a link to nowhere', 'Choose another output');
  const written = output.isFolder && there !== undefined ? path : dirname(resolve(path));
  await access(written, constants.W_OK | constants.X_OK).catch((error: unknown) => Promise.reject(diskError(written, error)));
}

/** Bytes that may still be written where an output is. */
export async function freeBytes({ staging }: OutputChoice): Promise<number> {
  const { bavail, bsize } = await statfs(dirname(resolve(staging)));
  return bavail * bsize;
}

/** The file system where an output is, by the system's number. */
export const diskOf = async ({ staging }: OutputChoice): Promise<number> => (await stat(dirname(resolve(staging)))).dev;

/** Bytes of the disk that an unfinished output has already. */
export async function stagedBytes(output: OutputPlan): Promise<number> {
  const all = await Promise.all(output.files.map(({ name }) => facts(join(stagedFiles(output), name))));
  return all.reduce((sum, each) => sum + 512 * (each?.blocks ?? 0), 0);
}

/** Whether every file is there, as they are from the first write on. */
export async function isStaged(outputs: readonly OutputPlan[]): Promise<boolean> {
  for (const output of outputs) for (const { name } of output.files) if ((await facts(join(stagedFiles(output), name))) === undefined) return false;
  return true;
}

const own: ReadonlySet<string> = new Set(['files', 'journal.jsonl', 'lock', 'naming.json']);

/** Throws where something else has the name that an unfinished output would have. */
async function checkOwn(folder: string): Promise<void> {
  const there = await lstat(folder).catch(() => undefined);
  const isOurs = there === undefined || (there.isDirectory() && (await readdir(folder)).every((name) => own.has(name)));
  if (!isOurs) throw refusal(folder, 'is in the way: the unfinished output would have this name', 'Move it, or choose another output');
}

/** Everything that an output has so far. */
export async function emptyStaged(output: OutputChoice): Promise<void> {
  const folder = stagedFiles(output);
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
  } catch (error) {
    throw diskError(folder, error);
  }
}

const lockPath = ({ staging }: OutputChoice): string => join(staging, 'lock');
const busy = (output: OutputChoice, holder: number): LlmxError =>
  new LlmxError(
    'disk',
    `${output.staging}: process ${holder} is writing there`,
    `Wait for it, or choose another output; if it is no llmx, remove ${lockPath(output)}`,
  );

/** Throws where another process is at work. */
export async function checkIdle(output: OutputChoice): Promise<void> {
  const holder = await holderOf(lockPath(output));
  if (holder !== undefined) throw busy(output, holder);
}

/** The folder of an unfinished output, for this process alone. `existed`: something was there already. */
export async function openStaging(output: OutputChoice): Promise<Lock & { readonly existed: boolean }> {
  await checkOwn(output.staging);
  const existed = (await facts(output.staging)) !== undefined;
  if (!existed) await mkdir(output.staging).catch((error: unknown) => Promise.reject(diskError(output.staging, error)));
  const taken = await tryLock(lockPath(output));
  if ('holder' in taken) throw busy(output, taken.holder);
  return { ...taken, existed, [Symbol.asyncDispose]: () => taken[Symbol.asyncDispose]() };
}

/** Beside a file, or in the folder. */
export const lineagePath = (output: OutputChoice): string =>
  output.isFolder ? join(output.path, 'lineage.json') : join(dirname(output.path), `${basename(output.path)}.lineage.json`);
