// The engine's end of the protocol that protocol.d.mts describes: what is timed, and how, is the same for every engine.
import { timeAlone } from './alone.mjs';

/** The prompt that all engines are given; over the lower 7/8 of the vocabulary, where no control token is. */
const promptToken = (position, vocabulary) => (position * 7919 + 31) % Math.floor((vocabulary * 7) / 8);

async function timed(work) {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** The commands over one open model. */
function makeRunner(model, batch) {
  const { vocabulary } = model.description;
  let cached = 0;
  const truncate = async (positions) => {
    if (cached > positions) await model.truncate(positions);
    cached = Math.min(cached, positions);
  };
  const step = async (count, logits) => {
    const tokens = Uint32Array.from({ length: count }, (_, index) => promptToken(cached + index, vocabulary));
    await model.step(tokens, cached, logits);
    cached += count;
  };
  const fill = async (positions) => {
    while (cached < positions) {
      const count = Math.min(batch, positions - cached);
      await step(count, cached + count === positions);
    }
  };
  return {
    async prompt(tokens) {
      await truncate(0);
      return timed(() => fill(tokens));
    },
    async generate(tokens, depth) {
      await truncate(depth);
      await fill(depth);
      return timed(async () => {
        for (let count = 0; count < tokens; count++) await step(1, true);
      });
    },
    close: () => model.close(),
  };
}

/** Opens and warms up: a whole batch, then single steps. */
async function prepare(open, settings) {
  const model = await open(settings);
  const runner = makeRunner(model, settings.batch);
  await runner.prompt(Math.min(settings.batch, settings.context));
  await runner.generate(2, 0);
  return { description: model.description, runner };
}

function serveParent(open) {
  let runner;
  const answers = {
    async prepare({ settings }) {
      const prepared = await prepare(open, settings);
      runner = prepared.runner;
      return prepared.description;
    },
    prompt: ({ tokens }) => runner.prompt(tokens),
    generate: ({ tokens, depth }) => runner.generate(tokens, depth),
  };
  // A parent that is gone leaves no engine behind, not even in the middle of a step.
  process.on('disconnect', () => process.exit());
  process.on('message', async (message) => {
    if (message.command === 'exit') {
      await runner?.close();
      process.disconnect();
      return;
    }
    try {
      process.send({ ok: true, value: await answers[message.command](message) });
    } catch (thrown) {
      process.send({ ok: false, error: thrown instanceof Error ? thrown.message : String(thrown) });
    }
  });
}

export async function serve(open) {
  if (process.send === undefined) await timeAlone((settings) => prepare(open, settings));
  else serveParent(open);
}
