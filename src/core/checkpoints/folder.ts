// What lies beside the weights in a Hugging Face folder: config, generation defaults, tokenizer, chat template.
import { join } from 'node:path';
import { LlmxError } from '../base/error.js';
import type { Json, JsonObject } from '../base/event.js';
import { shown } from '../text/quoted.js';
import type { TokenizerSource } from '../text/tokenizer.js';
import type { GenerationDefaults } from './checkpoint.js';
import { defaultTemplate, folderTemplates } from './assets/chat-templates.js';
import { malformed, readWhole } from './files.js';
import { parseJsonObject } from './json.js';
import { floatPlaces } from './json-floats.js';
import { readTokenizerFile } from './tokenizer-file.js';

const longestConfig = 16 << 20;
const deepestConfig = 128;

interface FolderAssets {
  readonly config: JsonObject;
  readonly floats: ReadonlySet<string>;
  readonly tokenizer: TokenizerSource | undefined;
  readonly tokenizerProblem?: string;
  readonly chatTemplate: string | undefined;
  readonly chatTemplates?: ReadonlyMap<string, string>;
  readonly generation: GenerationDefaults;
}

const parse = (path: string, bytes: Uint8Array): JsonObject => parseJsonObject(path, bytes, { depth: deepestConfig });
const readObject = async (path: string): Promise<JsonObject> => parse(path, await readWhole(path, longestConfig));

const number = (value: Json | undefined): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);

const mostIds = 2 ** 31;

/** The ids that a field names: one, a list, or none (absent, null, -1). */
function idsOf(path: string, fields: JsonObject, name: string): readonly number[] {
  const given = fields[name] ?? [];
  return (Array.isArray(given) ? (given as readonly Json[]) : [given]).filter((id): id is number => {
    if (typeof id === 'number' && Number.isInteger(id) && id >= -1 && id < mostIds) return id >= 0;
    throw malformed(path, `${name} is ${shown(id)}, not a whole number below ${mostIds}`);
  });
}

/**
 * generation_config.json first, then config.json, where older checkpoints keep the same fields. Ids that the model's vocabulary
 * does not have can neither be read nor written: they are left out, with a sentence each.
 */
function generationDefaults(folder: string, generation: JsonObject, config: JsonObject): GenerationDefaults {
  const size = number(config['vocab_size']) ?? mostIds;
  const dropped: string[] = [];
  const read = (name: string): readonly number[] => {
    const file = (generation[name] ?? undefined) === undefined ? 'config.json' : 'generation_config.json';
    const path = join(folder, file);
    return idsOf(path, file === 'config.json' ? config : generation, name).filter((id) => {
      if (id >= size) dropped.push(`${path}: ${name} ${id} is left out: the vocabulary has ${size} ids`);
      return id < size;
    });
  };
  const [bos] = read('bos_token_id');
  const eos = read('eos_token_id');
  const sampled = generation['do_sample'] !== false;
  const [temperature, topK, topP] = ['temperature', 'top_k', 'top_p'].map((key) => (sampled ? number(generation[key]) : undefined));
  return {
    ...(bos === undefined ? {} : { bos }),
    eos,
    ...(dropped.length === 0 ? {} : { dropped }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topK === undefined ? {} : { topK }),
    ...(topP === undefined ? {} : { topP }),
  };
}

async function readTokenizer(folder: string, names: ReadonlySet<string>): Promise<Pick<FolderAssets, 'tokenizer' | 'tokenizerProblem'>> {
  const name = ['tokenizer.json', 'tokenizer.model'].find((candidate) => names.has(candidate));
  if (name !== undefined) {
    try {
      return { tokenizer: await readTokenizerFile(join(folder, name)) };
    } catch (thrown) {
      if (!(thrown instanceof LlmxError) || thrown.code !== 'unsupported') throw thrown;
      return { tokenizer: undefined, tokenizerProblem: thrown.message };
    }
  }
  const other = [...names].find((candidate) => /^(vocab\.(json|txt)|.*\.tiktoken)$/.test(candidate));
  return {
    tokenizer: undefined,
    tokenizerProblem: `${folder} has neither tokenizer.json nor tokenizer.model${other === undefined ? '' : `; ${other} alone is not read`}`,
  };
}

/** `names` are the folder's files. Without config.json there is nothing to go on, and the error says so. */
export async function readFolderAssets(folder: string, names: readonly string[]): Promise<FolderAssets> {
  const present = new Set(names);
  if (!present.has('config.json'))
    throw new LlmxError(
      'not-found',
      `${folder}: config.json is missing`,
      'A model folder needs config.json beside its weights; fetch it from where the weights came from',
    );
  const optional = async (name: string): Promise<JsonObject> => (present.has(name) ? readObject(join(folder, name)) : {});
  const bytes = await readWhole(join(folder, 'config.json'), longestConfig);
  const config = parse(join(folder, 'config.json'), bytes);
  if (Object.keys(config).length === 0) throw malformed(join(folder, 'config.json'), 'no field at all');
  const templates = await folderTemplates(folder, present, await optional('tokenizer_config.json'));
  return {
    config,
    floats: floatPlaces(Buffer.from(bytes).toString()),
    ...(await readTokenizer(folder, present)),
    chatTemplate: defaultTemplate(templates),
    ...(templates.size === 0 ? {} : { chatTemplates: templates }),
    generation: generationDefaults(folder, await optional('generation_config.json'), config),
  };
}
