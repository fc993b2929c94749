// The engine's end of the protocol that protocol.d.mts describes, and the same engine alone on the command line.
import { parseArgs } from 'node:util';

export const promptToken = (position, vocabulary) => (position * 7919 + 31) % Math.floor((vocabulary * 7) / 8);

async function answer(engine, message) {
  switch (message.command) {
    case 'prepare':
      return engine.prepare(message.settings);
    case 'prompt':
      return engine.prompt(message.tokens);
    case 'generate':
      return engine.generate(message.tokens, message.depth);
    default:
      throw new Error(`unknown command ${message.command}`);
  }
}

function serveParent(engine) {
  process.on('message', async (message) => {
    if (message.command === 'exit') {
      await engine.close();
      process.disconnect();
      return;
    }
    try {
      process.send({ ok: true, value: await answer(engine, message) });
    } catch (thrown) {
      process.send({ ok: false, error: thrown instanceof Error ? thrown.message : String(thrown) });
    }
  });
}

const median = (values) => values.toSorted((one, other) => one - other)[values.length >> 1];

async function timeAlone(engine) {
  const number = (fallback) => ({ type: 'string', default: String(fallback) });
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { threads: number(2), prompt: number(512), generate: number(64), depth: number(0), repeat: number(5) },
  });
  const [threads, prompt, generate, depth, repeat] = ['threads', 'prompt', 'generate', 'depth', 'repeat'].map((name) => Number(values[name]));
  const [file] = positionals;
  if (file === undefined) throw new Error('the file to time is missing');
  const description = await engine.prepare({ file, threads, context: Math.max(prompt, depth + generate) });
  console.log(`${description.engine}: ${description.settings}`);
  const rates = { prompt: [], generate: [] };
  for (let turn = 0; turn < repeat; turn++) {
    rates.prompt.push(prompt / (await engine.prompt(prompt)));
    rates.generate.push(generate / (await engine.generate(generate, depth)));
  }
  for (const [name, list] of Object.entries(rates)) {
    console.log(`${name.padEnd(8)} ${median(list).toFixed(2)} tokens/s [${Math.min(...list).toFixed(2)}..${Math.max(...list).toFixed(2)}]`);
  }
  console.log(JSON.stringify({ file, threads, prompt, generate, depth, ...description, rates }));
  await engine.close();
}

export async function serve(engine) {
  if (process.send === undefined) await timeAlone(engine);
  else serveParent(engine);
}
