// A device that is lost in the middle of a text: the next one goes on, and the text is the same as if nothing had happened.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Engine } from '../../../src/core/backends/backend.js';
import { backends } from '../../../src/core/backends/index.js';
import { LlmxError } from '../../../src/core/base/error.js';
import type { Event } from '../../../src/core/base/event.js';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { defaultSampling, loadModel, type LoadedModel } from '../../../src/core/generate/index.js';
import { generateOn, type Slot } from '../../../src/core/jobs/generate-on.js';
import type { Opened } from '../../../src/core/jobs/load-on.js';
import { createTokenizer } from '../../../src/core/text/index.js';

const checkpoint = await openCheckpoint(join(import.meta.dirname, '../../../fixtures/storyteller/storyteller-q8_0.gguf'));
const tokenizer = await createTokenizer(checkpoint.tokenizer!);
const prompt = tokenizer.encode('Once upon a time');
const load = (): Promise<LoadedModel> => loadModel(checkpoint, backends.reference, { contextLength: 64, threads: 1 });

/** The model on a device that is lost with step `last`; records when it is closed. */
function losing(loaded: LoadedModel, last: number, closed: string[]): LoadedModel {
  let steps = 0;
  const engine: Engine = Object.create(loaded.engine, {
    program: { value: loaded.engine.program },
    step: {
      value: async (inputs: Parameters<Engine['step']>[0]) => {
        if (steps++ === last) throw new LlmxError('device-lost', 'the device was lost');
        return loaded.engine.step(inputs);
      },
    },
    read: { value: (...given: Parameters<Engine['read']>) => loaded.engine.read(...given) },
    close: {
      value: async () => {
        closed.push('lost');
        await loaded.engine.close();
      },
    },
  }) as Engine;
  return { ...loaded, engine };
}

async function text(slot: Slot): Promise<{ readonly events: readonly Event[]; readonly text: string; readonly device: string }> {
  const options = { maxTokens: 14, sampling: { ...defaultSampling, seed: 5 }, eos: [], stop: [] };
  const job = generateOn(slot, tokenizer, prompt, options, new AbortController().signal);
  const events: Event[] = [];
  for (;;) {
    const step = await job.next();
    if (step.done) {
      await slot.opened.loaded.engine.close();
      return { events, text: step.value.text, device: step.value.device };
    }
    events.push(step.value);
  }
}

const tokensOf = (events: readonly Event[]) => events.filter((event) => event.type === 'token');

test('goes on where it was, with one event a token and the same text', async () => {
  const whole = await text({ opened: { loaded: await load(), device: 'first' } });
  for (const last of [0, 1, 6]) {
    const closed: string[] = [];
    const first: Opened = {
      loaded: losing(await load(), last, closed),
      device: 'first',
      next: async function* () {
        return { loaded: await load(), device: 'second' };
      },
    };
    const broken = await text({ opened: first });
    expect(tokensOf(broken.events)).toEqual(tokensOf(whole.events));
    expect(broken).toMatchObject({ text: whole.text, device: 'second' });
    expect(broken.events.filter(({ type }) => type === 'warning')).toEqual([
      { type: 'warning', code: 'device-lost', message: 'the device was lost; going on elsewhere' },
    ]);
    expect(closed).toEqual(['lost']);
  }
}, 120_000);

test('without another device it is an error', async () => {
  const slot: Slot = { opened: { loaded: losing(await load(), 3, []), device: 'only' } };
  await expect(text(slot)).rejects.toMatchObject({ code: 'device-lost' });
});
