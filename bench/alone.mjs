// One engine by itself on the command line: medians over a few repetitions, last line JSON.
import { parseArgs } from 'node:util';

const defaults = { threads: 2, prompt: 512, generate: 64, depth: 0, batch: 512, repeat: 5 };
const numbers = (text) => text.split(',').map(Number);

function readArguments() {
  const options = Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, { type: 'string', default: String(value) }]));
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { ...options, gpu: { type: 'string' } } });
  if (positionals.length !== 1) throw new Error('name one file to time');
  const { prompt, gpu, ...others } = values;
  return {
    file: positionals[0],
    gpu,
    prompts: numbers(prompt),
    ...Object.fromEntries(Object.entries(others).map(([name, value]) => [name, Number(value)])),
  };
}

const median = (values) => [...values].sort((one, other) => one - other)[values.length >> 1];

export async function timeAlone(prepare) {
  const { file, gpu, threads, prompts, generate, depth, batch, repeat } = readArguments();
  const { description, runner } = await prepare({ file, gpu, threads, batch, context: Math.max(...prompts, depth + generate) });
  console.log(`${description.engine}: ${description.settings}`);
  const tests = [
    ...prompts.map((tokens) => ({ name: `pp${tokens}`, tokens, run: () => runner.prompt(tokens) })),
    { name: `tg${generate}`, tokens: generate, run: () => runner.generate(generate, depth) },
  ];
  // A graphics device compiles what a length needs when it first meets it.
  if (gpu !== undefined) for (const { run } of tests) await run();
  const rates = Object.fromEntries(tests.map(({ name }) => [name, []]));
  for (let turn = 0; turn < repeat; turn++) for (const { name, tokens, run } of tests) rates[name].push(tokens / (await run()));
  await runner.close();
  for (const [name, list] of Object.entries(rates)) {
    console.log(`${name.padEnd(8)} ${median(list).toFixed(2)} tokens/s [${Math.min(...list).toFixed(2)}..${Math.max(...list).toFixed(2)}]`);
  }
  console.log(JSON.stringify({ file, threads, prompts, generate, depth, ...description, rates }));
}
