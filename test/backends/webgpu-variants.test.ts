// Every variant that a kernel can have, for every case of the op table and every kind of device: each module compiles to a pipeline on
// Dawn's null backend, which needs no driver; names in the WGSL and in the tables agree; the assembled modules are as they were reviewed.
import { readdirSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Capabilities } from '../../src/core/backends/webgpu/capabilities.js';
import { openDevice, type Device } from '../../src/core/backends/webgpu/device.js';
import type { Call, Kernel, KernelOperand, Variant } from '../../src/core/backends/webgpu/kernel.js';
import { kernelOf, kernels } from '../../src/core/backends/webgpu/kernels/index.js';
import { plain } from '../../src/core/backends/webgpu/kernels/shapes.js';
import { assemble, keyOf, parametersOf } from '../../src/core/backends/webgpu/source.js';
import { opOf, type OpName } from '../../src/core/ops/index.js';
import type { Attributes, OpCase } from '../../src/core/ops/op.js';

/** Outputs that programs leave out where nothing reads them. */
const sometimesUnread = new Set(['lse']);
const snapshots = join(import.meta.dirname, 'snapshots');
const names = Object.keys(kernels) as OpName[];
/** Words of immediates that every driver has. */
const mostParameters = 16;

const limits = { buffer: 2 ** 28, binding: 2 ** 27, weight: 2 ** 27, invocations: 256, workgroupBytes: 16384, storageBuffers: 8 };

/** Kinds of devices, the fullest first. Matrices need subgroups and half precision; software devices run narrower workgroups. */
const devices: readonly Capabilities[] = [false, true].flatMap((isSoftware) =>
  [{ least: 32, most: 32 }, { least: 4, most: 128 }, undefined].flatMap((subgroups) =>
    [true, false].flatMap((f16) =>
      (subgroups && f16 ? [[16], [8], []] : [[]]).map((matrixSides) => ({
        adapter: 'a kind of device',
        isSoftware,
        subgroups,
        f16,
        matrixSides,
        timestamps: false,
        turnedOff: [],
        limits,
      })),
    ),
  ),
);

interface Made {
  readonly kernel: Kernel;
  readonly op: OpName;
  readonly call: Call;
  readonly variant: Variant;
  readonly isFirst: boolean;
}

const plainName = (name: string): string => name.replace('?', '');

function callOf(name: OpName, { inputs, attributes }: OpCase<Attributes>, withUnread: boolean): Call {
  const operands = inputs.map((input): KernelOperand | undefined => {
    if (input === undefined) return undefined;
    return { shape: input.shape, format: input.kind === 'integers' ? 'i32' : 'format' in input ? (input.format ?? 'f32') : 'f32' };
  });
  const outputs = opOf(name).infer(operands, attributes) as readonly KernelOperand[];
  const isRead = (index: number): boolean => withUnread || !sometimesUnread.has(opOf(name).outputs[index]!);
  return { inputs: operands, outputs: outputs.map((output, index) => (isRead(index) ? output : undefined)), attributes };
}

/** The call itself, or the calls that its row would rather have. */
function partsOf(name: OpName, call: Call): readonly (readonly [OpName, Call])[] {
  const kernel = kernelOf(name);
  const parts = kernel.parts?.(call);
  if (parts === undefined) return [[name, call]];
  const { inputs, outputs } = opOf(name);
  const operands = new Map([
    ...inputs.map((each, index) => [plainName(each), call.inputs[index]] as const),
    ...outputs.map((each, index) => [each, call.outputs[index]] as const),
  ]);
  operands.set('scratch', call.outputs[0]);
  return parts.map(({ op, inputs: given, output, attributes }) => [
    op,
    { inputs: given.map((each) => (each === undefined ? undefined : operands.get(each))), outputs: [operands.get(output)], attributes },
  ]);
}

function* variantsOf(name: OpName): Generator<Made> {
  for (const capabilities of devices) {
    for (const given of opOf(name).cases) {
      for (const withUnread of [true, false]) {
        for (const [op, call] of partsOf(name, callOf(name, given, withUnread))) {
          const kernel = kernelOf(op);
          const made = [kernel.variant(call, capabilities), kernel.then?.(call, capabilities)].filter((each) => each !== undefined);
          for (const [index, variant] of made.entries()) yield { kernel, op, call, variant, isFirst: index === 0 };
        }
      }
    }
  }
}

/** One of each kind, in the order in which they come. */
function distinct(name: OpName): readonly Made[] {
  const found = new Map<string, Made>();
  for (const made of variantsOf(name)) {
    const key = keyOf(made.kernel.buffers, made.variant);
    if (!found.has(key)) found.set(key, made);
  }
  return [...found.values()];
}

const all = new Map(names.map((name) => [name, distinct(name)]));

describe('pipelines on the null backend', () => {
  let device: Device;
  beforeAll(async () => {
    device = await openDevice({ api: 'null' });
  });

  test('what is no op', async () => {
    const scratch = { operand: 'scratch', written: true } as const;
    for (const of_slices of [0, 1]) await device.pipeline({ buffers: [scratch] }, plain('select', device.capabilities, [], { of_slices }));
    await device.pipeline({ buffers: [] }, plain('measure/multiply-add', device.capabilities));
  });

  for (const [name, variants] of all) {
    test(`${name}: ${variants.length} variants`, async () => {
      const results = await Promise.allSettled(variants.map(({ kernel, variant }) => device.pipeline(kernel, variant)));
      const failures = results.flatMap((result, index) =>
        result.status === 'rejected' ? [`${(result.reason as Error).message} ${JSON.stringify(variants[index]!.variant)}`] : [],
      );
      expect(failures.slice(0, 3), `${failures.length} fail`).toEqual([]);
    });
  }
});

describe('names', () => {
  for (const [name, variants] of all) {
    const own = variants.filter(({ op }) => op === name);
    const { inputs, outputs } = opOf(name);
    const operands = [...inputs, ...outputs].map(plainName);
    const { buffers, table, scratch } = kernelOf(name);

    test(`${name}: something gives every parameter, every parameter is read, everything given is a parameter`, () => {
      const params = new Set(own.flatMap(({ kernel, call }) => Object.keys(kernel.params(call))));
      const given = new Set([...operands, ...params, ...(table ? ['table'] : []), ...(scratch ? ['scratch'] : [])]);
      const sources = [...new Set(own.map(({ variant }) => variant.source))];
      const wanted = sources.flatMap((source) => parametersOf(source).map((parameter) => `${source} ${parameter.name}`));
      expect(wanted.filter((each) => !given.has(each.split(' ')[1]!))).toEqual([]);
      const unread = own.flatMap(({ kernel, variant }) => {
        const text = assemble(kernel, variant);
        return parametersOf(variant.source)
          .filter((parameter) => !new RegExp(`\\bp\\.${parameter.name}\\b`).test(text))
          .map((parameter) => `${variant.source} ${parameter.name}`);
      });
      expect([...new Set(unread)]).toEqual([]);
      const names = wanted.map((each) => each.split(' ')[1]!);
      expect([...params].filter((each) => !names.includes(each))).toEqual([]);
      for (const source of sources) expect(parametersOf(source).length, source).toBeLessThanOrEqual(mostParameters);
    });

    test(`${name}: weights and states have bindings, and its first dispatch reads them`, () => {
      expect(buffers.map(({ operand }) => operand).filter((each) => !operands.includes(each))).toEqual([]);
      const needed = opOf(name).cases.flatMap((given) =>
        given.inputs.flatMap((input, index) =>
          input?.kind === 'state' || (input?.kind === 'weight' && input.shape.length > 1) ? [plainName(inputs[index]!)] : [],
        ),
      );
      const bound = new Set(buffers.map(({ operand }) => operand));
      expect([...new Set(needed)].filter((each) => !bound.has(each))).toEqual([]);
      const unread = own.flatMap(({ kernel, variant, isFirst }) => {
        const text = assemble(kernel, variant);
        if (!isFirst) return [];
        return kernel.buffers.flatMap(({ operand, as = operand }) => (text.match(new RegExp(`\\b${as}\\[`)) ? [] : [`${variant.source} ${as}`]));
      });
      expect([...new Set(unread)]).toEqual([]);
    });
  }
});

test('every file is part of a variant, or of what is no op', () => {
  const folder = join(import.meta.dirname, '../../kernels/webgpu');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.wgsl'));
  const used = [...all.values()]
    .flat()
    .flatMap(({ variant: { source, uses } }) => [source, ...uses.map((use) => (typeof use === 'string' ? use : use.file))]);
  const others = ['measure/half-precision', 'measure/multiply-add', 'select'];
  expect(files.map((file) => file.split(sep).join('/').slice(0, -'.wgsl'.length)).sort()).toEqual([...new Set([...used, ...others])].sort());
});

// Tint leaves a variable of a loop's body as the round before left it, where WGSL says that it is zero.
test('variables within blocks begin with a value', () => {
  const bare = [
    ...new Set(
      [...all.values()].flat().flatMap(({ kernel, variant }) => assemble(kernel, variant).match(/^(?! {2}var ).*\bvar \w+: [^=;]*;/gm) ?? []),
    ),
  ];
  expect(bare).toEqual([]);
});

describe('assembled modules', () => {
  const sources = new Map<string, readonly Made[]>();
  for (const made of [...all.values()].flat()) {
    const { source } = made.variant;
    sources.set(source, [...(sources.get(source) ?? []), made]);
  }

  for (const [source, variants] of sources) {
    test(source, async () => {
      const uses = [...new Set(variants.map(({ variant }) => JSON.stringify(variant.uses)))];
      const [first] = variants;
      const text = [...uses.map((each) => `// uses ${each}`), assemble(first!.kernel, first!.variant)].join('\n');
      await expect(text).toMatchFileSnapshot(join(snapshots, `${source}.wgsl`));
    });
  }

  test('no snapshot is of a kernel that is gone', () => {
    expect(readdirSync(snapshots).filter((file) => !sources.has(basename(file, '.wgsl')))).toEqual([]);
  });
});
