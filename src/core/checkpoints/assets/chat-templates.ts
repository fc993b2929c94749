// Chat templates from all the places where they hide: files and fields of a Hugging Face folder, keys of a GGUF. Renders none.
import { join } from 'node:path';
import type { Json, JsonObject } from '../../base/event.js';
import { decodeText, listFolder, malformed, readWhole } from '../files.js';
import { isObject, parseJsonObject } from '../json.js';

type Templates = ReadonlyMap<string, string>;

const defaultName = 'default';
export const additionalFolder = 'additional_chat_templates';
export const templateSuffix = '.jinja';
export const templateKey = 'tokenizer.chat_template';
const longest = 16 << 20;
const deepest = 128;
const mostNamed = 256;

/** The template that counts where none is asked for. */
export const defaultTemplate = (templates: Templates): string | undefined => templates.get(defaultName) ?? templates.values().next().value;

/** A field that holds one template, or a list of named ones. */
function templatesOf(value: Json | undefined): Templates {
  if (typeof value === 'string') return new Map([[defaultName, value]]);
  const entries = Array.isArray(value) ? (value as readonly Json[]).filter(isObject) : [];
  return new Map(
    entries.flatMap(({ name, template }) => (typeof name === 'string' && typeof template === 'string' ? [[name, template] as const] : [])),
  );
}

/** Names of the templates that lie in a folder of their own; none where there is no such folder. */
export async function additionalTemplates(folder: string, names: ReadonlySet<string>): Promise<readonly string[]> {
  if (!names.has(additionalFolder)) return [];
  const path = join(folder, additionalFolder);
  const files = (await listFolder(path).catch(() => [])).filter((name) => name.endsWith(templateSuffix)).sort();
  if (files.length > mostNamed) throw malformed(path, `${files.length} templates, more than ${mostNamed}`);
  return files;
}

/**
 * Templates of a folder whose files are `names`. A file of its own counts more than a field: chat_template.jinja, then
 * chat_template.json, then tokenizer_config.json.
 */
export async function folderTemplates(folder: string, names: ReadonlySet<string>, tokenizerConfig: JsonObject): Promise<Templates> {
  const readText = async (name: string): Promise<string> => {
    const path = join(folder, name);
    return decodeText(path, await readWhole(path, longest), 'the template');
  };
  const found = new Map(templatesOf(tokenizerConfig['chat_template']));
  if (names.has('chat_template.json')) {
    const path = join(folder, 'chat_template.json');
    const file = parseJsonObject(path, await readWhole(path, longest), { depth: deepest });
    for (const [name, template] of templatesOf(file['chat_template'])) found.set(name, template);
  }
  for (const name of await additionalTemplates(folder, names))
    found.set(name.slice(0, -templateSuffix.length), await readText(join(additionalFolder, name)));
  if (names.has('chat_template.jinja')) found.set(defaultName, await readText('chat_template.jinja'));
  return found;
}

/** `tokenizer.chat_template`, and `tokenizer.chat_template.NAME` for named ones. */
export function ggufTemplates(metadata: ReadonlyMap<string, Json>): Templates {
  const found = new Map<string, string>();
  const unnamed = metadata.get(templateKey);
  if (typeof unnamed === 'string') found.set(defaultName, unnamed);
  for (const [key, value] of metadata)
    if (key.startsWith(`${templateKey}.`) && typeof value === 'string' && !found.has(key.slice(templateKey.length + 1)))
      found.set(key.slice(templateKey.length + 1), value);
  return found;
}
