// Assembles a kernel's WGSL: directives, bindings, what the file uses, the file itself.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LlmxError } from '../../base/error.js';
import { packageRoot } from '../../base/package-root.js';
import type { Kernel, Use, Variant } from './kernel.js';

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

const fileOf = (use: Use): string => (typeof use === 'string' ? use : use.file);
const needsSubgroups = ({ uses }: Variant): boolean => uses.some((use) => fileOf(use).endsWith('-subgroups'));
const isWide = ({ uses }: Variant): boolean => uses.includes('shared/arena-wide');
const areStatesWide = ({ uses }: Variant): boolean => uses.includes('shared/keys-values-wide');

/** A file that another needs, under the name of the weight that it is for. */
const textOf = (use: Use): string => (typeof use === 'string' ? readKernel(use) : readKernel(use.file).replace(/\bweight(?=_|\b)/g, use.as));

/** What must stand before all else in a module; files that need more than subgroups open with it. */
const directive = /^(?:enable|requires|diagnostic)\b.*;\n/gm;

/** The whole module of a variant. */
export function assemble({ buffers }: Pick<Kernel, 'buffers'>, variant: Variant): string {
  const bindings = buffers.map(
    ({ operand, as = operand, written }, index) =>
      `@group(0) @binding(${index + 1}) var<storage, ${written ? 'read_write' : 'read'}> ${as}: array<${areStatesWide(variant) ? 'vec4<u32>' : 'u32'}>;`,
  );
  const spliced = Object.entries(variant.splices ?? {}).reduce(
    (text, [name, splice]) => text.replace(new RegExp(`/\\*${name}\\*/.*?(?=\\);$)`, 'm'), () => splice),
    readKernel(variant.source),
  );
  return [
    'requires immediate_address_space;',
    ...(needsSubgroups(variant) ? ['enable subgroups;', 'requires subgroup_id;'] : []),
    ...(spliced.match(directive) ?? []),
    `@group(0) @binding(0) var<storage, read_write> arena: array<${isWide(variant) ? 'vec4<u32>' : 'u32'}>;`,
    ...bindings,
    'var<immediate> p: Params;',
    ...variant.uses.map(textOf),
    spliced.replace(directive, ''),
  ].join('\n');
}

/** Equal for variants that are one pipeline. */
export const keyOf = (buffers: Kernel['buffers'], variant: Variant): string =>
  JSON.stringify([buffers.map(({ written }) => written ?? false), variant.source, variant.uses, variant.constants, variant.splices]);
