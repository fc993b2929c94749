// Finished files get their names: all of them, or, where that was cut off, the next run takes them back and goes on.
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LlmxError } from '../../base/error.js';
import { diskError } from '../../checkpoints/write-file.js';
import type { OutputPlan } from './plan.js';
import { facts, finalPaths, lineagePath, stagedFiles } from './staging.js';

/** A file as it was before it got its name: a rename keeps all of this. */
interface Finished {
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

async function finishedFiles(output: OutputPlan): Promise<readonly Finished[]> {
  const paths = finalPaths(output);
  return Promise.all(
    output.files.map(async ({ name }, index) => {
      const { ino, size, mtimeMs } = await stat(join(stagedFiles(output), name));
      return { to: paths[index]!, inode: ino, bytes: size, changed: mtimeMs };
    }),
  );
}

/** A folder that did not exist appears at once. */
async function nameOne(output: OutputPlan, force: boolean): Promise<void> {
  if (output.isFolder && (await facts(output.path)) === undefined) return rename(stagedFiles(output), output.path);
  const paths = finalPaths(output);
  for (const [index, { name }] of output.files.entries()) {
    const to = paths[index]!;
    // It was not there when the conversion began.
    if (!force && (await facts(to)) !== undefined)
      throw new LlmxError('usage', `${to} exists by now`, 'The same command with --resume --force replaces it');
    await mkdir(dirname(to), { recursive: true });
    await rename(join(stagedFiles(output), name), to);
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
    for (const output of outputs) await nameOne(output, force);
  } catch (error) {
    throw diskError(outputs[0]!.path, error);
  }
}

/** The record goes last: as long as it is there, a run that is cut off is gone on with. */
export async function forgetStaging(outputs: readonly OutputPlan[]): Promise<void> {
  const [first, ...others] = outputs;
  for (const output of others) await rm(output.staging, { recursive: true, force: true });
  await rm(stagedFiles(first!), { recursive: true, force: true });
  await rm(first!.staging, { recursive: true, force: true });
}

async function readNaming(outputs: readonly OutputPlan[]): Promise<Naming | undefined> {
  try {
    return JSON.parse(await readFile(recordPath(outputs), 'utf8')) as Naming;
  } catch {
    return undefined; // none, or one that was being written: nothing has its name yet
  }
}

/** Where a run of the same plan was cut off while it named its files, or after: those that have their names lose them again. */
export async function takeBack(outputs: readonly OutputPlan[], digest: string): Promise<void> {
  const naming = await readNaming(outputs);
  if (naming?.digest !== digest) return;
  try {
    const finished = new Map(naming.files.map((file) => [file.to, file]));
    for (const output of outputs) {
      await mkdir(stagedFiles(output), { recursive: true });
      for (const [index, to] of finalPaths(output).entries()) {
        const from = join(stagedFiles(output), output.files[index]!.name);
        const [there, ours] = [await facts(to), finished.get(to)];
        const isOurs = ours !== undefined && there?.ino === ours.inode && there.size === ours.bytes && there.mtimeMs === ours.changed;
        if (!isOurs || (await facts(from)) !== undefined) continue;
        await mkdir(dirname(from), { recursive: true });
        await rename(to, from);
      }
    }
    // Written after the names, of the same run; the second one was being written.
    for (const output of outputs) for (const end of ['', '.partial']) await rm(lineagePath(output) + end, { force: true });
  } catch (error) {
    throw diskError(outputs[0]!.path, error);
  }
}
