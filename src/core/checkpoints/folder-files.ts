// The files of a Hugging Face folder that are not weights: config.json and what lies beside it.
import type { JsonObject } from '../base/event.js';
import type { PlannedFile } from './planned-file.js';
import type { Contents } from './writer.js';

const sorted = (object: JsonObject): JsonObject => Object.fromEntries(Object.entries(object).sort(([left], [right]) => (left < right ? -1 : 1)));

/** As Transformers writes it: keys in order, two spaces. */
export const jsonFile = (name: string, object: JsonObject, keepOrder = false): PlannedFile => ({
  name,
  pieces: [{ kind: 'bytes', bytes: Buffer.from(`${JSON.stringify(keepOrder ? object : sorted(object), null, 2)}\n`) }],
});

export const folderFiles = ({ config, beside }: Contents): readonly PlannedFile[] => [
  jsonFile('config.json', config),
  ...[...beside].filter(([name]) => name !== 'config.json').map(([name, bytes]): PlannedFile => ({ name, pieces: [{ kind: 'bytes', bytes }] })),
];
