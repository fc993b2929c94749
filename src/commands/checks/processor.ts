// The processor: model, cores, and the vector instructions that matter to kernels.
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import type { Check } from './check.js';
import { ok, warn } from './check.js';

/** As Linux names them in /proc/cpuinfo. */
const features = [
  'avx2',
  'fma',
  'f16c',
  'avx512f',
  'avx512bw',
  'avx512_vnni',
  'avx512_bf16',
  'avx_vnni',
  'amx_int8',
  'asimd',
  'asimddp',
  'i8mm',
  'bf16',
  'sve',
];

export const processor: Check = () => {
  const model = cpus()[0]?.model.trim() || process.arch;
  const text = process.platform === 'linux' ? readFileSync('/proc/cpuinfo', 'utf8') : '';
  const findings = [ok(`${model}; ${coresText(text)}`)];
  const flags = new Set((/^(?:flags|Features)\s*:\s*(.*)$/m.exec(text)?.[1] ?? '').split(' '));
  if (flags.size < 2) return [...findings, ok('vector instructions: not known on this system before the native backend is loaded')];
  const found = features.filter((name) => flags.has(name));
  if (process.arch === 'x64' && !flags.has('avx2'))
    return [...findings, warn(`vector instructions: ${found.join(' ') || 'none'}`, 'Without AVX2 the native kernels run slowly')];
  return [...findings, ok(`vector instructions: ${found.join(' ')}`)];
};

function coresText(cpuinfo: string): string {
  const available = availableParallelism();
  const physical = new Set(
    [...cpuinfo.matchAll(/^physical id\s*:\s*(\d+)[^]*?^core id\s*:\s*(\d+)/gm)].map(([, socket, core]) => `${socket}:${core}`),
  ).size;
  return physical > 0 && physical !== available ? `${physical} cores, ${available} threads` : `${available} cores`;
}
