// MLX folders: groups written and read, modules that differ, and what does not fit together.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/core/checkpoints/index.js';
import { parseTypeRule } from '../../../src/core/jobs/convert/formats.js';
import { convertTo, familyFolder, newFolder, valuesOf } from '../../support/convert.js';
import { failure } from '../../support/hostile-files.js';

interface Header {
  readonly [name: string]: { dtype: string; shape: number[]; data_offsets: [number, number] };
}

function headerOf(path: string): Header {
  const bytes = readFileSync(path);
  return JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE(0)))) as Header;
}

/** Two types in one model: most matrices 4 bits in groups of 32, the down projections 8 bits in groups of 64 but where they are narrower. */
async function quantized(): Promise<string> {
  const out = join(newFolder(), 'mlx');
  await convertTo(familyFolder('llama-tied'), [out], {
    to: ['mlx'],
    verify: 'full',
    types: { format: 'mlx-4-32-f16', rules: [parseTypeRule('attention-output=MLX_Q8_G32_F16'), parseTypeRule('attention-key=f16')] },
  });
  return out;
}

test('config and header are as mlx-lm writes them', async () => {
  const out = await quantized();
  const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')) as Record<string, Record<string, unknown>>;
  expect(config['quantization']).toMatchObject({
    group_size: 32,
    bits: 4,
    mode: 'affine',
    'model.layers.0.self_attn.o_proj': { group_size: 32, bits: 8, mode: 'affine' },
    'model.layers.0.self_attn.k_proj': false,
  });
  expect(config['quantization_config']).toEqual(config['quantization']);
  const header = headerOf(join(out, 'model.safetensors'));
  const [rows, columns] = headerOf(join(familyFolder('llama-tied'), 'model.safetensors'))['model.layers.0.self_attn.q_proj.weight']!.shape as [
    number,
    number,
  ];
  expect(header['model.layers.0.self_attn.q_proj.weight']).toMatchObject({ dtype: 'U32', shape: [rows, columns / 8] });
  expect(header['model.layers.0.self_attn.q_proj.scales']).toMatchObject({ dtype: 'F16', shape: [rows, columns / 32] });
  expect(header['model.layers.0.self_attn.q_proj.biases']).toMatchObject({ dtype: 'F16', shape: [rows, columns / 32] });
  expect(header['model.layers.0.self_attn.k_proj.weight']).toMatchObject({ dtype: 'F16', shape: expect.any(Array) as number[] });
});

test('groups are read as one tensor, and become plain weights again with their decoded values', async () => {
  const out = await quantized();
  const checkpoint = await openCheckpoint(out);
  expect(checkpoint.format).toBe('mlx');
  expect(checkpoint.tensors.get('model.layers.0.self_attn.q_proj.weight')).toMatchObject({ format: 'mlx-4-32-f16' });
  expect(checkpoint.tensors.get('model.layers.0.self_attn.o_proj.weight')).toMatchObject({ format: 'mlx-8-32-f16' });
  const plain = join(newFolder(), 'plain.gguf');
  const { report } = await convertTo(out, [plain], { verify: 'full', types: { format: 'f32', rules: [] } });
  expect(report.verify).toMatchObject({ 'tensor-mismatches': 0, top1: 1 });
  const [groups, floats] = [await valuesOf(out), await valuesOf(plain)];
  expect(floats.get('blk.0.attn_v.weight')).toEqual(groups.get('model.layers.0.self_attn.v_proj.weight'));
});

test('a config that does not fit the file is refused with both numbers', async () => {
  const out = await quantized();
  const broken = join(newFolder(), 'broken');
  const change = (edit: (quantization: Record<string, unknown>) => void): string => {
    cpSync(out, broken, { recursive: true });
    const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')) as { quantization: Record<string, unknown> };
    edit(config.quantization);
    writeFileSync(join(broken, 'config.json'), JSON.stringify(config));
    return broken;
  };
  expect(await failure(openCheckpoint(change((each) => (each['group_size'] = 64))))).toMatchObject({
    code: 'malformed',
    message: expect.stringMatching(/expected \[\d+,\d+\]/) as string,
  });
  expect(await failure(openCheckpoint(change((each) => (each['bits'] = 5))))).toMatchObject({ code: 'unsupported' });
  expect(await failure(openCheckpoint(change((each) => (each['mode'] = 'mxfp4'))))).toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('mxfp4') as string,
  });
});
