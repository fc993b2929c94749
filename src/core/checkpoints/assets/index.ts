// Text that travels beside the weights.
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Checkpoint } from '../checkpoint.js';
import type { GgufValue } from '../gguf-value.js';

export async function huggingfaceFiles(source: Checkpoint): Promise<ReadonlyMap<string, Uint8Array>> {
  if (source.dialect !== 'huggingface') return new Map();
  const folder = dirname(source.files[0]!.path);
  const names = (await readdir(folder)).filter((name) => /^(tokenizer|special_tokens|generation_config|chat_template|vocab|merges)/.test(name));
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)));
}

export async function ggufVocabulary(_source: Checkpoint, _size: number): Promise<ReadonlyMap<string, GgufValue>> {
  return new Map();
}

export async function llama2cTokenizer(_source: Checkpoint): Promise<Uint8Array> {
  return new Uint8Array();
}
