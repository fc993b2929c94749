// Paths and formats of the outputs, as users name them.
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { LlmxError } from '../../base/error.js';
import { nearest } from '../../base/nearest.js';
import { checkpointFormatKeys, checkpointFormats, type CheckpointFormatKey } from '../../checkpoints/index.js';
import type { CheckpointFormat } from '../../checkpoints/format.js';
import { writerOf, type OutputChoice } from './plan.js';

const rowOf = (key: CheckpointFormatKey): CheckpointFormat => checkpointFormats[key];
const writable = checkpointFormatKeys.filter((key) => rowOf(key).write !== undefined);
const names = writable.map((key) => rowOf(key).name);
/** What a path without a suffix means. */
const usual = writable.find((key) => writerOf(key).output === 'file')!;

function byName(name: string): CheckpointFormatKey {
  const key = writable.find((each) => rowOf(each).name === name.toLowerCase());
  if (key !== undefined) return key;
  const similar = nearest(name, names);
  throw new LlmxError(
    'usage',
    `--to ${name}: there is no such format`,
    similar === undefined ? `There is ${names.join(', ')}` : `Did you mean ${similar}?`,
  );
}

const endsWith = (path: string, suffixes: readonly string[]): boolean => suffixes.some((suffix) => path.toLowerCase().endsWith(suffix));
const isFolderName = (path: string): boolean => /[/\\]$/.test(path);

/** The format whose suffix a path has. */
const bySuffix = (path: string): CheckpointFormatKey | undefined =>
  isFolderName(path) ? writable.find((key) => writerOf(key).isUsualFolder === true) : writable.find((key) => endsWith(path, writerOf(key).suffixes));

/** What stands behind the last dot of a path, where it looks like the kind of a file. */
const kindOf = (path: string): string | undefined => /[^/\\](\.[a-z]\w{0,15})$/i.exec(path)?.[1];

/** Beside the output; a folder that is there already, which may be a link or a disk of its own, has it inside. */
function stagingOf(path: string, isFolder: boolean): string {
  const plain = path.replace(/[/\\]+$/, '');
  const beside = `${plain}.partial`;
  if (!isFolder || existsSync(beside) || !existsSync(plain)) return beside;
  return join(realpathSync(plain), '.llmx.partial');
}

function choose(path: string, said: string | undefined): OutputChoice {
  if (path === '' || path === '-')
    throw new LlmxError('usage', path === '' ? 'an empty output' : '-: a checkpoint is not written to stdout', 'Say where to write with -o PATH');
  const suffixed = bySuffix(path);
  const kind = kindOf(path);
  const file = isFolderName(path) ? bySuffix(path.replace(/[/\\]+$/, '')) : undefined;
  if (file !== undefined)
    throw new LlmxError('usage', `${path} is a folder with the name of a ${rowOf(file).name} file`, 'Leave out the slash, or choose another name');
  if (said === undefined && suffixed === undefined && kind !== undefined)
    throw new LlmxError('usage', `${path}: no format has the suffix ${kind}`, `Say which with --to: ${names.join(', ')}`);
  const format = said === undefined ? (suffixed ?? usual) : byName(said);
  const { output, suffixes, furtherSuffixes = [] } = writerOf(format);
  const isNamed = endsWith(path, [...suffixes, ...furtherSuffixes]);
  if (suffixed !== undefined && !isFolderName(path) && !isNamed)
    throw new LlmxError(
      'usage',
      `${path} is the name of a ${rowOf(suffixed).name} file, and --to says ${rowOf(format).name}`,
      'Choose another name, or leave out --to',
    );
  const isFolder = output === 'folder' || (output === 'either' && !isNamed);
  if (isFolderName(path) && !isFolder)
    throw new LlmxError(
      'usage',
      `${path} is the name of a folder, and ${rowOf(format).name} is written as a file`,
      `Name a file, such as model${suffixes[0]}`,
    );
  return { path, format, isFolder, staging: stagingOf(path, isFolder) };
}

/** One name for one place, however it is spelled. */
function placeOf(path: string): string {
  const full = resolve(path);
  for (const real of [() => realpathSync(full), () => join(realpathSync(dirname(full)), basename(full))])
    try {
      return real();
    } catch {
      // It is not there yet, or neither is its folder.
    }
  return full;
}

/** One format for each output, or one for all; without any the suffix decides, and a path without one is the first format that writes a file. */
export function chooseOutputs(paths: readonly string[], to: readonly string[], type: string): readonly OutputChoice[] {
  if (paths.length === 0) throw new LlmxError('usage', 'no output', 'Say where to write with -o PATH');
  if (to.length > 1 && to.length !== paths.length)
    throw new LlmxError('usage', `${to.length} formats for ${paths.length} outputs`, 'Give --to once, or once for each output');
  const chosen = paths.map((path, index) => choose(path.replaceAll('{ftype}', type.toLowerCase()), to.length === 1 ? to[0] : to[index]));
  const places = chosen.map(({ path }) => placeOf(path));
  const stagings = new Set(chosen.map(({ staging }) => placeOf(staging)));
  const twice = chosen.find((_, index) => places.indexOf(places[index]!) !== index || stagings.has(places[index]!));
  if (twice !== undefined) throw new LlmxError('usage', `${twice.path}: two outputs with one name`, 'Give each output a name of its own');
  return chosen;
}
