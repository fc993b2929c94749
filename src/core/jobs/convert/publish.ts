// Finished files get their names: all of them, or, where that was cut off, the next run takes them back and goes on.
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LlmxError } from '../../base/error.js';
import { diskError } from '../../checkpoints/write-file.js';
import type { OutputPlan } from './plan.js';
import { finalPaths, stagedFiles } from './staging.js';

/** A file as it was before it got its name: a rename keeps all of this. */
interface Finished {
  readonly from: string;
  readonly to: string;
  readonly inode: number;
  readonly bytes: number;
  /** Milliseconds. */
  readonly changed: number;
}

interface Naming {
  /** Of the plan. */
  readonly digest: string;
  readonly files: readonly Finished[];
}

/** Lies with the journal. */
const recordPath = (outputs: readonly OutputPlan[]): string => join(outputs[0]!.staging, 'naming.json');

const facts = (path: string) => stat(path).catch(() => undefined);

async function finishedFiles(output: OutputPlan): Promise<readonly Finished[]> {
  const paths = finalPaths(output);
  return Promise.all(
    output.files.map(async ({ name }, index) => {
      const from = join(stagedFiles(output), name);
      const { ino, size, mtimeMs } = await stat(from);
      return { from, to: paths[index]!, inode: ino, bytes: size, changed: mtimeMs };
    }),
  );
}

/** A folder that did not exist appears at once. */
async function nameOne(output: OutputPlan, files: readonly Finished[], force: boolean): Promise<void> {
  if (output.isFolder && (await facts(output.path)) === undefined) return rename(stagedFiles(output), output.path);
  for (const { from, to } of files) {
    // It was not there when the conversion began.
    if (!force && (await facts(to)) !== undefined)
      throw new LlmxError('usage', `${to} exists by now`, 'The same command with --resume --force replaces it');
    await mkdir(dirname(to), { recursive: true });
    await rename(from, to);
  }
}

/** Names the files of every output; what stands there is replaced with `force` alone. Call `forgetStaging` once nothing is left to do. */
export async function publish(outputs: readonly OutputPlan[], digest: string, force: boolean): Promise<void> {
  const path = recordPath(outputs);
  try {
    const files = await Promise.all(outputs.map(finishedFiles));
    const handle = await open(path, 'w');
    try {
      await handle.writeFile(JSON.stringify({ digest, files: files.flat() } satisfies Naming));
      await handle.sync();
    } finally {
      await handle.close();
    }
    for (const [index, output] of outputs.entries()) await nameOne(output, files[index]!, force);
  } catch (error) {
    throw diskError(outputs[0]!.path, error);
  }
}

/** The record goes first: without it nothing is taken back. */
export async function forgetStaging(outputs: readonly OutputPlan[]): Promise<void> {
  await rm(recordPath(outputs), { force: true });
  for (const { staging } of outputs) await rm(staging, { recursive: true, force: true });
}

async function readNaming(outputs: readonly OutputPlan[]): Promise<Naming | undefined> {
  try {
    return JSON.parse(await readFile(recordPath(outputs), 'utf8')) as Naming;
  } catch {
    return undefined; // none, or one that was being written: nothing has its name yet
  }
}

/** Where a run of the same plan was cut off while it named its files: those that have their names lose them again. False where there was none. */
export async function takeBack(outputs: readonly OutputPlan[], digest: string): Promise<boolean> {
  const naming = await readNaming(outputs);
  if (naming?.digest !== digest) return false;
  try {
    const known = new Set(outputs.flatMap(finalPaths));
    for (const { from, to, inode, bytes, changed } of naming.files) {
      const there = await facts(to);
      const isOurs = known.has(to) && there?.ino === inode && there.size === bytes && there.mtimeMs === changed;
      if (!isOurs || (await facts(from)) !== undefined) continue;
      await mkdir(dirname(from), { recursive: true });
      await rename(to, from);
    }
  } catch (error) {
    throw diskError(outputs[0]!.path, error);
  }
  return true;
}
