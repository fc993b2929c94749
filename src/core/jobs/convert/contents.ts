// What a target says beside its tensors: config, metadata, tokenizer, templates. Reads the small files of the source and nothing else.
import type { Json, JsonObject } from '../../base/event.js';
import { ggufVocabulary, huggingfaceFiles, llama2cTokenizer } from '../../checkpoints/assets/index.js';
import type { Checkpoint, Dialect } from '../../checkpoints/checkpoint.js';
import type { GgufValue } from '../../checkpoints/gguf-value.js';
import { isObject } from '../../checkpoints/json.js';
import { floatPlaces, jsonText } from '../../checkpoints/json-floats.js';
import type { TensorPlan } from '../../checkpoints/planned-file.js';
import { decodeTensor } from '../../checkpoints/read-tensor.js';
import type { Contents } from '../../checkpoints/writer.js';
import { ggufFloats, huggingfaceFloats, updateConfig, writeFields } from '../../families/write-fields.js';
import type { Family } from '../../families/family.js';
import type { Model } from '../../families/model.js';
import { ropeTensorNames } from '../../families/rope-names.js';
import { refusal } from '../../families/refusal.js';
import { numberFormatByName, numberFormats, type NumberFormatKey } from '../../numbers/index.js';
import { bitsPerValue, type NumberFormat } from '../../numbers/number-format.js';
import { contradictionsOf, typedEntries, withAdded, type Metadata } from './metadata.js';
import { mainFormat, type TargetTensor } from './plan.js';

export interface Naming {
  readonly name?: string;
  /** Keys of GGUF to add or replace. */
  readonly metadata: JsonObject;
}

/** Everything but the program, which only some writers ask for. */
interface Described {
  readonly contents: Omit<Contents, 'program'>;
  /** Values of tensors that no tensor of the source holds. */
  readonly constants: ReadonlyMap<string, Float32Array>;
  readonly refusals: readonly string[];
}

/** Where a GGUF of ours keeps the config.json that it came from, and what its tensors were before they were widened. */
const configKey = 'llmx.huggingface.config';
const widenedNames = 'llmx.widened.names';
const widenedTypes = 'llmx.widened.types';

const strings = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];

/** The number formats that tensors of a GGUF had where it was made from. */
export function widenedOf({ checkpoint: { config } }: Model): ReadonlyMap<string, NumberFormatKey> {
  const names = strings(config[widenedNames]);
  const types = strings(config[widenedTypes]).map(numberFormatByName);
  return new Map(names.flatMap((name, index) => (types[index] === undefined ? [] : [[name, types[index]] as const])));
}

/** A config.json that travels, and its whole numbers that are written as fractions. */
interface Carried {
  readonly config: JsonObject;
  readonly floats: ReadonlySet<string>;
}

function carriedConfig({ checkpoint: { config, floats = new Set(), dialect } }: Model): Carried | undefined {
  if (dialect === 'huggingface') return { config, floats };
  const text = config[configKey];
  if (typeof text !== 'string') return undefined;
  try {
    const parsed = JSON.parse(text) as Json;
    return isObject(parsed) ? { config: parsed, floats: floatPlaces(text) } : undefined;
  } catch {
    return undefined;
  }
}

/** What PyTorch calls the number formats that it has. */
const torchNames: Readonly<Partial<Record<string, string>>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

async function huggingface(model: Model, tensors: readonly TensorPlan[], { name }: Naming): Promise<Described> {
  const carried = carriedConfig(model);
  const updated = carried && (await updateConfig(model, carried.config));
  const main = mainFormat(tensors);
  const dtype = main === undefined ? undefined : torchNames[numberFormats[main].name];
  const { family, checkpoint } = model;
  const { bos, eos } = checkpoint.generation;
  const fresh = updated === undefined ? writeFields(model, 'huggingface') : undefined;
  const config: JsonObject = updated?.config ?? {
    architectures: [family.huggingfaceClass],
    model_type: family.names.huggingface![0],
    ...fresh!.fields,
    ...(bos === undefined ? {} : { bos_token_id: bos }),
    ...(eos.length === 0 ? {} : { eos_token_id: eos.length === 1 ? eos[0] : eos }),
  };
  const dtypeKey = config['dtype'] === undefined ? 'torch_dtype' : 'dtype';
  const isSaid = dtype === undefined || config[dtypeKey] === dtype;
  return {
    contents: {
      config: { ...config, ...(isSaid ? {} : { [dtypeKey]: dtype }), ...(name === undefined ? {} : { _name_or_path: name }) },
      floats: new Set([...(carried?.floats ?? []), ...huggingfaceFloats]),
      beside: await huggingfaceFiles(checkpoint),
      metadata: new Map(),
      tensors,
    },
    constants: new Map(),
    refusals: updated?.refusals ?? fresh!.refusals,
  };
}

const isPlain = (format: NumberFormatKey): boolean => numberFormats[format].blockLength === 1;

function widenedEntries(tensors: readonly TargetTensor[], dialect: Dialect): readonly (readonly [string, GgufValue])[] {
  if (dialect !== 'huggingface') return [];
  const widened = tensors.filter(
    ({ from, format }) => isPlain(from) && isPlain(format) && bitsPerValue(numberFormats[from]) < bitsPerValue(numberFormats[format]),
  );
  if (widened.length === 0) return [];
  return [
    [widenedNames, { type: 'array', of: 'string', value: widened.map(({ name }) => name) }],
    [widenedTypes, { type: 'array', of: 'string', value: widened.map(({ from }) => numberFormats[from].name) }],
  ];
}

async function gguf(model: Model, tensors: readonly TargetTensor[], naming: Naming): Promise<Described> {
  const { checkpoint, h, family } = model;
  const main = mainFormat(tensors);
  const fileType = main === undefined ? undefined : (numberFormats[main] as NumberFormat).ggufFileType;
  const facts: readonly (readonly [string, GgufValue])[] = [
    ...(fileType === undefined ? [] : [['general.file_type', { type: 'u32', value: fileType }] as const]),
    ...(main !== undefined && numberFormats[main].blockLength > 1 ? [['general.quantization_version', { type: 'u32', value: 2 }] as const] : []),
    ...(naming.name === undefined ? [] : [['general.name', { type: 'string', value: naming.name }] as const]),
  ];
  if (checkpoint.metadata !== undefined) {
    const kept = new Map([...checkpoint.metadata, ...facts]);
    const metadata = await addedTo(kept, model, String(checkpoint.config['general.architecture']), naming.metadata);
    return { contents: { config: {}, beside: new Map(), metadata, tensors }, constants: await keptRopeTensors(checkpoint), refusals: [] };
  }
  const architecture = (family as Family).names.gguf![0]!;
  const { fields, tensors: constants, refusals: unsaid } = writeFields(model, 'gguf');
  const entries = typedEntries(fields, `${architecture}.`, ggufFloats);
  const held = new Set(entries.map(([key]) => key));
  const unheld = Object.entries(fields).filter(([key, value]) => typeof value === 'number' && !held.has(`${architecture}.${key}`));
  const refusals = [...unsaid, ...unheld.map(([key, value]) => `${architecture}.${key} is ${String(value)}, which no number of GGUF holds`)];
  const carried = carriedConfig(model);
  const planned = new Map<string, GgufValue>([
    ['general.architecture', { type: 'string', value: architecture }],
    ['general.type', { type: 'string', value: 'model' }],
    ...facts,
    ...entries,
    ...(await ggufVocabulary(checkpoint, { vocabularySize: h.vocabulary })),
    ...(carried === undefined ? [] : [[configKey, { type: 'string', value: jsonText(carried.config, carried.floats) }] as const]),
    ...widenedEntries(tensors, checkpoint.dialect),
  ]);
  const metadata = await addedTo(planned, model, architecture, naming.metadata);
  return { contents: { config: {}, beside: new Map(), metadata, tensors }, constants, refusals };
}

/** Throws LlmxError `usage` for keys that cannot be added. */
async function addedTo(planned: Metadata, model: Model, architecture: string, added: JsonObject): Promise<Metadata> {
  const { metadata, problems } = withAdded(planned, added);
  const all = problems.length > 0 ? problems : await contradictionsOf(model, { dialect: 'gguf', architecture }, metadata, added);
  if (all.length === 0) return metadata;
  throw refusal(
    'usage',
    all.map((problem) => `--metadata: ${problem}`),
    'Take these keys out of the file',
  );
}

/** Rotary tables of a GGUF source travel as they are: its metadata does too. */
async function keptRopeTensors({ tensors }: Checkpoint): Promise<ReadonlyMap<string, Float32Array>> {
  const kept = new Map<string, Float32Array>();
  for (const name of ropeTensorNames) {
    const tensor = tensors.get(name);
    if (tensor !== undefined) kept.set(name, await decodeTensor(tensor));
  }
  return kept;
}

async function llama2c(model: Model, tensors: readonly TensorPlan[]): Promise<Described> {
  const { fields, refusals } = writeFields(model, 'llama2c');
  const { tokenizer } = model.checkpoint;
  const beside = new Map(tokenizer === undefined ? [] : [['tokenizer.bin', await llama2cTokenizer(model.checkpoint, model.h.vocabulary)] as const]);
  return { contents: { config: fields, beside, metadata: new Map(), tensors }, constants: new Map(), refusals };
}

const describers: Readonly<Record<Dialect, (model: Model, tensors: readonly TargetTensor[], naming: Naming) => Promise<Described>>> = {
  huggingface,
  gguf,
  llama2c,
};

export function describe(model: Model, dialect: Dialect, tensors: readonly TargetTensor[], naming: Naming): Promise<Described> {
  return describers[dialect](model, tensors, naming);
}
