// The family table, and which row a checkpoint belongs to.
import { LlmxError } from '../base/error.js';
import type { Checkpoint } from '../checkpoints/checkpoint.js';
import { quoted } from '../text/quoted.js';
import type { Family } from './family.js';
import { gpt2 } from './gpt2.js';
import { llama } from './llama.js';
import { mamba } from './mamba.js';
import { mixtral } from './mixtral.js';
import { qwen3 } from './qwen3.js';
import { configPrefix } from './read-fields.js';

export const families = { gpt2, llama, mamba, mixtral, qwen3 } as const satisfies Record<string, Family>;
export type FamilyKey = keyof typeof families;
export const familyKeys = Object.keys(families) as readonly FamilyKey[];

/** The name by which a checkpoint calls its architecture. */
export function architectureOf({ dialect, config, path }: Checkpoint): string {
  const name = dialect === 'huggingface' ? config['model_type'] : dialect === 'gguf' ? config['general.architecture'] : 'llama';
  if (typeof name !== 'string')
    throw new LlmxError('malformed', `${path}: the config names no architecture (${dialect === 'gguf' ? 'general.architecture' : 'model_type'})`);
  return name;
}

export function familyOf(checkpoint: Checkpoint): { readonly key: FamilyKey; readonly family: Family } {
  const architecture = architectureOf(checkpoint);
  const prefix = configPrefix(checkpoint);
  const number = (name: string): number | undefined => {
    const value = checkpoint.config[prefix + name];
    return typeof value === 'number' ? value : undefined;
  };
  for (const key of familyKeys) {
    const family: Family = families[key];
    if (family.names[checkpoint.dialect]?.includes(architecture) && (family.recognise?.(number) ?? true)) return { key, family };
  }
  const known = [...new Set(familyKeys.flatMap((key) => (families[key] as Family).names[checkpoint.dialect] ?? []))];
  throw new LlmxError(
    'unsupported',
    `${checkpoint.path}: architecture ${quoted(architecture)} is not supported`,
    `Supported here: ${known.join(', ')}`,
  );
}
