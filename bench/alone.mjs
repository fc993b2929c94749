// One engine by itself on the command line: medians over a few repetitions, last line JSON.
import { parseArgs } from 'node:util';

const defaults = { threads: 2, prompt: 512, generate: 64, depth: 0, batch: 512, repeat: 5 };

function readArguments() {
  const options = Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, { type: 'string', default: String(value) }]));
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  if (positionals.length !== 1) throw new Error('name one file to time');
  return { file: positionals[0], ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)])) };
}

const median = (values) => [...values].sort((one, other) => one - other)[values.length >> 1];

export async function timeAlone(prepare) {
  const { file, threads, prompt, generate, depth, batch, repeat } = readArguments();
  const { description, runner } = await prepare({ file, threads, batch, context: Math.max(prompt, depth + generate) });
  console.log(`${description.engine}: ${description.settings}`);
  const rates = { prompt: [], generate: [] };
  for (let turn = 0; turn < repeat; turn++) {
    rates.prompt.push(prompt / (await runner.prompt(prompt)));
    rates.generate.push(generate / (await runner.generate(generate, depth)));
  }
  await runner.close();
  for (const [name, list] of Object.entries(rates)) {
    console.log(`${name.padEnd(8)} ${median(list).toFixed(2)} tokens/s [${Math.min(...list).toFixed(2)}..${Math.max(...list).toFixed(2)}]`);
  }
  console.log(JSON.stringify({ file, threads, prompt, generate, depth, ...description, rates }));
}
