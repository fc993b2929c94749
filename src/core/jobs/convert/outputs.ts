// Paths and formats of the outputs, as users name them.
import { LlmxError } from '../../base/error.js';
import { nearest } from '../../base/nearest.js';
import { checkpointFormatKeys, checkpointFormats, type CheckpointFormatKey } from '../../checkpoints/index.js';
import type { CheckpointFormat } from '../../checkpoints/format.js';
import type { OutputChoice } from './plan.js';

const rowOf = (key: CheckpointFormatKey): CheckpointFormat => checkpointFormats[key];
const writable = checkpointFormatKeys.filter((key) => rowOf(key).write !== undefined);
const names = writable.map((key) => rowOf(key).name);

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

const bySuffix = (path: string): CheckpointFormatKey | undefined =>
  writable.find((key) => rowOf(key).write!.suffixes.some((suffix) => path.toLowerCase().endsWith(suffix)));

/** One format for each output, or one for all; without any the suffix decides, and a path without one is the first format that has suffixes. */
export function chooseOutputs(paths: readonly string[], to: readonly string[], type: string): readonly OutputChoice[] {
  if (paths.length === 0) throw new LlmxError('usage', 'no output', 'Say where to write with -o PATH');
  if (to.length > 1 && to.length !== paths.length)
    throw new LlmxError('usage', `${to.length} formats for ${paths.length} outputs`, 'Give --to once, or once for each output');
  const chosen = paths.map((path, index): OutputChoice => {
    const said = to.length === 1 ? to[0] : to[index];
    const suffixed = bySuffix(path);
    const format = said === undefined ? (suffixed ?? writable.find((key) => rowOf(key).write!.output === 'file')) : byName(said);
    return { path: path.replaceAll('{ftype}', type.toLowerCase()), format: format! };
  });
  const twice = chosen.find(({ path }, index) => chosen.findIndex((each) => each.path === path) !== index);
  if (twice !== undefined) throw new LlmxError('usage', `${twice.path}: two outputs with one name`, 'Give each output a name of its own');
  return chosen;
}
