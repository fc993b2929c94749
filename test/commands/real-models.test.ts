// stories260K in all the forms that it comes in: the published greedy text and perplexity.
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/core/backends/index.js';
import { openCheckpoint } from '../../src/core/checkpoints/index.js';
import { loadModel } from '../../src/core/generate/index.js';
import { createTokenizer } from '../../src/core/text/index.js';
import { dataFolder, hasData, withoutData } from '../support/data.js';
import { likelihood } from '../support/likelihood.js';
import { freshFolder, llmx } from '../support/llmx.js';

const greedyText = `Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball. She wanted to play with it, but it was too high.
Lily's mom said, "Lily, let's go to the park." Lily was sad and didn't know what to do. She said, "I want to play with your ball, but I can't find it."
Lily was sad and didn't know what to do. She said, "I'm sorry, Lily. I didn't know what to do."
Lily didn't want to help her mom, so`;

describe.skipIf(!hasData)(`stories260K${withoutData}`, () => {
  const models = join(dataFolder, 'models');
  for (const name of ['stories260K.bin', 'stories260K_v1.bin', 'stories260K.gguf']) {
    test(`${name} tells the published story`, async () => {
      const { code, stdout } = await llmx(['run', '-q', '-m', join(models, name), '--temp', '0', '-n', '199', '']);
      expect({ code, text: stdout.trimEnd() }).toEqual({ code: 0, text: greedyText });
    });
  }

  test('and so does a safetensors folder made from it', async () => {
    const folder = join(freshFolder(), 'stories');
    const script = fileURLToPath(new URL('../../fixtures/make/llama2c-to-safetensors.ts', import.meta.url));
    const made = spawnSync(process.execPath, ['--import', 'tsx', script, join(models, 'stories260K.bin'), folder], {
      encoding: 'utf8',
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
    });
    expect({ status: made.status, stderr: made.status === 0 ? '' : made.stderr }).toEqual({ status: 0, stderr: '' });
    const { stdout } = await llmx(['run', '-q', '-m', folder, '--temp', '0', '-n', '199', '']);
    expect(stdout.trimEnd()).toBe(greedyText);
  });

  test('perplexity on 40 stories is the published 3.6947', async () => {
    const checkpoint = await openCheckpoint(join(models, 'stories260K.bin'));
    const tokenizer = await createTokenizer(checkpoint.tokenizer!);
    const loaded = await loadModel(checkpoint, chooseBackend().backend, { contextLength: 512, chunk: 512, rows: 512, threads: 2 });
    const stories = (
      JSON.parse(await readFile(join(dataFolder, 'text/tinystories_1000.json'), 'utf8')) as (string | { story?: string; text?: string })[]
    ).slice(0, 40);
    const texts = stories.map((story) => tokenizer.encode(typeof story === 'string' ? story : (story.story ?? story.text)!).slice(0, 512));
    const { nats, predictions } = await likelihood(loaded, texts);
    await loaded.engine.close();
    expect(predictions).toBe(13_299);
    expect(Math.exp(nats / predictions)).toBeCloseTo(3.6947, 3);
  }, 120_000);
});
