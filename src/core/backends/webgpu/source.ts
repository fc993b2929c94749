// Assembles a kernel's WGSL: directives, bindings, what the file uses, the file itself.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LlmxError } from '../../base/error.js';
import { packageRoot } from '../../base/package-root.js';
import type { Kernel, Variant } from './kernel.js';

export interface Parameter {
  readonly name: string;
  readonly type: 'u32' | 'f32';
}

const files = new Map<string, string>();

export function readKernel(stem: string): string {
  const known = files.get(stem);
  if (known !== undefined) return known;
  const text = readFileSync(join(packageRoot(), 'kernels', 'webgpu', `${stem}.wgsl`), 'utf8');
  files.set(stem, text);
  return text;
}

/** Members of the file's `struct Params`, in order: what setImmediates gets. */
export function parametersOf(source: string): readonly Parameter[] {
  const body = /struct Params \{([^}]*)\}/.exec(readKernel(source))?.[1];
  if (body === undefined) throw new LlmxError('internal', `${source}.wgsl has no struct Params`);
  return [...body.matchAll(/(\w+): (u32|f32)/g)].map(([, name, type]) => ({ name: name!, type: type as Parameter['type'] }));
}

const needsSubgroups = ({ uses }: Variant): boolean => uses.some((name) => name.endsWith('-subgroups'));

/** The whole module of a variant. */
export function assemble({ buffers }: Pick<Kernel, 'buffers'>, variant: Variant): string {
  const bindings = buffers.map(
    ({ operand, as = operand, written }, index) =>
      `@group(0) @binding(${index + 1}) var<storage, ${written ? 'read_write' : 'read'}> ${as}: array<u32>;`,
  );
  const spliced = Object.entries(variant.splices ?? {}).reduce(
    (text, [name, splice]) => text.replace(new RegExp(`/\\*${name}\\*/.*?(?=\\);$)`, 'm'), () => splice),
    readKernel(variant.source),
  );
  return [
    'requires immediate_address_space;',
    ...(needsSubgroups(variant) ? ['enable subgroups;', 'requires subgroup_id;'] : []),
    '@group(0) @binding(0) var<storage, read_write> arena: array<u32>;',
    ...bindings,
    'var<immediate> p: Params;',
    ...variant.uses.map(readKernel),
    spliced,
  ].join('\n');
}

/** Equal for variants that are one pipeline. */
export const keyOf = (buffers: Kernel['buffers'], variant: Variant): string =>
  JSON.stringify([buffers.map(({ written }) => written ?? false), variant.source, variant.uses, variant.constants, variant.splices]);
