// What lies beside the weights in a Hugging Face folder that is written: config.json, and the files that are carried over as they are.
import type { Json, JsonObject } from '../base/event.js';
import { isObject } from './json.js';
import { jsonText } from './json-floats.js';
import type { PlannedFile } from './planned-file.js';
import type { Contents } from './writer.js';

/** Keys in the order of their characters at every level, as Transformers writes them. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key]!)]));
}

/** A file of JSON with sorted keys, two spaces a level, and a line feed at its end. */
export const jsonFile = (name: string, value: JsonObject, floats: ReadonlySet<string> = new Set()): PlannedFile => ({
  name,
  pieces: [{ kind: 'bytes', bytes: Buffer.from(`${jsonText(sorted(value), floats)}\n`) }],
});

export const folderFiles = ({ config, floats, beside }: Pick<Contents, 'config' | 'floats' | 'beside'>): readonly PlannedFile[] => [
  jsonFile('config.json', config, floats),
  ...[...beside].filter(([name]) => name !== 'config.json').map(([name, bytes]): PlannedFile => ({ name, pieces: [{ kind: 'bytes', bytes }] })),
];
