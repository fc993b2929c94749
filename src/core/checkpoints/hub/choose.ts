// Which files of a repository a reference means. Pure.
import { chooseFile, globPattern } from './cache.js';
import type { HubFile } from './repository.js';

export interface FileChoice {
  readonly file?: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

const pickles = /\.(bin|pt|pth|ckpt|pkl|pickle|npy|npz|joblib)$/i;
/** The same weights for other software. */
const foreign = /\.(h5|msgpack|tflite|onnx|onnx_data|mlmodel|ot|gguf|nemo)$|(^|\/)(onnx|openvino|coreml|flax|original)\//i;

const matches = (globs: readonly string[], name: string): boolean =>
  globs.some((glob) => globPattern(glob).test(name) || globPattern(`**/${glob}`).test(name));

/** All parts of a split GGUF, given the first. */
export function partsOf(first: string, names: readonly string[]): readonly string[] {
  const match = /^(.*)-00001-of-(\d{5})\.gguf$/.exec(first);
  return match === null ? [first] : names.filter((name) => name.startsWith(`${match[1]}-`) && name.endsWith(`-of-${match[2]}.gguf`));
}

const beside =
  /(^|\/)(config|generation_config|tokenizer[\w.-]*|special_tokens_map|added_tokens|vocab|merges|chat_template)\.(json|model|bin|txt|jinja)$/;

/**
 * What a file of weights cannot be opened without (only a GGUF is a whole model): config and tokenizer in its folder or above, values in
 * files of their own.
 */
function companionsOf(chosen: string, names: readonly string[]): readonly string[] {
  if (!/\.(safetensors|bin|pt|pth|ckpt|onnx)$/.test(chosen)) return [];
  const folders = chosen.split('/').map((_, index, parts) => parts.slice(0, index).join('/'));
  const folderOf = (name: string): string => name.split('/').slice(0, -1).join('/');
  return names.filter((name) => name !== chosen && ((beside.test(name) && folders.includes(folderOf(name))) || name.startsWith(`${chosen}_data`)));
}

/**
 * With --include or --exclude, what they say. Else one file (by name or tag) with its parts, it first, and what it cannot be opened
 * without; all that a glob matches; or a whole folder of safetensors without the same weights in other forms. Pickles come only where they
 * are included by name, or nothing else holds the weights.
 */
export function chooseFiles(files: readonly HubFile[], { file, include, exclude }: FileChoice): readonly HubFile[] {
  const named = (names: readonly string[]): readonly HubFile[] => files.filter(({ name }) => names.includes(name));
  const names = files.map(({ name }) => name);
  const left = files.filter(({ name }) => !matches(exclude, name));
  if (include.length > 0)
    return left.filter(
      ({ name }) => matches(include, name) && (!pickles.test(name) || include.some((glob) => /\.\w+$/.test(glob) && matches([glob], name))),
    );
  if (file !== undefined && /[*?]/.test(file)) return left.filter(({ name }) => matches([file], name) && !pickles.test(name));
  const chosen = chooseFile(names, file);
  if (chosen === 'none') return [];
  if (chosen !== undefined)
    return [...named(partsOf(chosen, names)), ...named(companionsOf(chosen, names))].filter(({ name }) => !matches(exclude, name));
  const hasTensors = names.some((name) => name.endsWith('.safetensors'));
  return left.filter(({ name }) => !foreign.test(name) && (!hasTensors ? true : !pickles.test(name)));
}
