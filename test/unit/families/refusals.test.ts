// Configs that would be computed wrongly, or not at all, are refused in words that name the field; nothing is refused in silence or crashes.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { LlmxError } from '../../../src/core/base/error.js';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { understand } from '../../../src/core/families/model.js';

const root = join(import.meta.dirname, '../../../fixtures/families');
const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

/** The fixture with its config changed; the error that understanding it gives. */
async function refusal(name: string, change: Record<string, unknown>): Promise<LlmxError> {
  const folder = await mkdtemp(join(tmpdir(), 'llmx-refusal-'));
  folders.push(folder);
  await cp(join(root, name), folder, { recursive: true });
  const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>;
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, ...change }));
  return understand(await openCheckpoint(folder)).then(
    () => expect.fail('it was understood'),
    (error: unknown) => error as LlmxError,
  );
}

describe.each([
  ['llama', { hidden_act: 'gelu' }, /hidden_act is "gelu"/],
  ['llama', { embedding_multiplier: 12 }, /embedding_multiplier = 12 is unknown/],
  ['llama', { sliding_window: 128 }, /sliding_window is 128/],
  ['llama', { rope_parameters: { rope_type: 'yarn', factor: 4, rope_theta: 10000 } }, /rope scaling "yarn"/],
  ['llama', { num_attention_heads: -4 }, /heads is -4/],
  ['llama', { num_attention_heads: 4.5 }, /heads is 4.5/],
  ['llama', { num_attention_heads: 3 }, /3 heads cannot share 2/],
  ['llama', { num_hidden_layers: 0 }, /layers is 0/],
  ['llama', { num_hidden_layers: 1e9 }, /layers is 1000000000/],
  ['llama', { num_hidden_layers: '3' }, /num_hidden_layers is "3", expected one number/],
  ['llama', { num_hidden_layers: 4 }, /tensor model\.layers\.3\.[a-z_.]+ is missing/],
  ['llama', { num_hidden_layers: 2 }, /tensors belong to nothing/],
  ['llama', { vocab_size: 100 }, /is \[99, 64\], the config asks for \[100, 64\]/],
  ['llama', { max_position_embeddings: 2 ** 40 }, /contextLength is 1099511627776/],
  ['llama', { head_dim: 7 }, /asks for|rotary width 7/],
  ['llama', { model_type: 'martian' }, /architecture "martian" is not supported/],
  ['mixtral', { num_experts_per_tok: 9 }, /wants 9 of 4 experts/],
  ['gpt2', { scale_attn_by_inverse_layer_idx: true }, /scale_attn_by_inverse_layer_idx is true/],
  ['mamba', { conv_kernel: 0 }, /convolution is 0/],
] as const)('%s with %j', (name, change, message) => {
  test('is refused by name', async () => {
    const error = await refusal(name, change);
    expect(error).toBeInstanceOf(LlmxError);
    expect(error.exitCode).toBe(4);
    expect(error.message).toMatch(message);
  });
});
