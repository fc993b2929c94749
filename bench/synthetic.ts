// Writes a llama checkpoint of a real shape with random weights, for timing: `npx tsx bench/synthetic.ts --shape 1b --type Q4_0 --out FILE`.
import { parseArgs } from 'node:util';
import { blockTypes, type BlockType } from './synthetic/blocks.js';
import { writeSynthetic } from './synthetic/checkpoint.js';
import { shapes, type Shape } from './synthetic/shapes.js';

function choose<Row>(table: Readonly<Record<string, Row>>, key: string, flag: string): Row {
  const row = table[key];
  if (row === undefined) throw new RangeError(`--${flag} ${key}: one of ${Object.keys(table).join(', ')}`);
  return row;
}

function main(): void {
  const { values } = parseArgs({
    options: {
      shape: { type: 'string', default: '1b' },
      type: { type: 'string', default: 'Q4_0' },
      out: { type: 'string' },
      seed: { type: 'string', default: '1' },
    },
  });
  if (values.out === undefined) throw new Error('--out FILE is needed');
  const started = performance.now();
  const shape = choose<Shape>(shapes, values.shape, 'shape');
  const bytes = writeSynthetic(
    values.out,
    `synthetic ${values.shape} ${values.type}`,
    shape,
    choose<BlockType>(blockTypes, values.type, 'type'),
    Number(values.seed),
  );
  const seconds = (performance.now() - started) / 1000;
  console.log(`${values.out}: ${(bytes / 1e9).toFixed(3)} GB in ${seconds.toFixed(1)} s`);
}

main();
