// Attention of shapes that no case of the op table has: every plan compiles within the least workgroup memory that WebGPU promises, and
// scratch has room for every step.
import { beforeAll, describe, expect, test } from 'vitest';
import type { AttentionAttributes } from '../../src/core/ops/attention.js';
import { openDevice, type Device } from '../../src/core/backends/webgpu/device.js';
import type { Call } from '../../src/core/backends/webgpu/kernel.js';
import { attention } from '../../src/core/backends/webgpu/kernels/attention.js';

const leastWorkgroupBytes = 16384;
const page = 32;

const callOf = (tokens: number, sharing: number, width: number, context: number, window = 0): Call<AttentionAttributes> => {
  const pages = context / page;
  const state = { shape: [pages, page, 2, width], format: 'f16' } as const;
  const tokensOf = { shape: [tokens], format: 'i32' } as const;
  return {
    inputs: [{ shape: [tokens, 2 * sharing, width], format: 'f32' }, state, state, tokensOf, tokensOf, { shape: [1, pages], format: 'i32' }],
    outputs: [{ shape: [tokens, 2 * sharing, width], format: 'f32' }, undefined],
    attributes: { scale: 1, window },
  };
};

describe('heads of any width, shared by any number', () => {
  let device: Device;
  beforeAll(async () => {
    device = await openDevice({ api: 'null' });
  });

  for (const width of [8, 33, 64, 80, 96, 128, 192, 256, 512]) {
    test(`${width} wide`, async () => {
      expect(device.capabilities.limits.workgroupBytes).toBe(leastWorkgroupBytes);
      for (const sharing of [1, 3, 4, 7, 16, 71]) {
        for (const tokens of [1, 512]) {
          const call = callOf(tokens, sharing, width, 65536);
          const variants = [attention.variant(call, device.capabilities), attention.then!(call, device.capabilities)];
          for (const variant of variants) if (variant !== undefined) await device.pipeline(attention, variant);
        }
      }
    });
  }

  test('wider than any plan is refused by name', () => {
    expect(() => attention.variant(callOf(1, 1, 1024, 256), device.capabilities)).toThrow(/1024 wide/);
  });
});

test('the number of splits is that of the context, whatever a step holds, and of the window where that is shorter', () => {
  const splits = (context: number, window = 0): number => {
    const call = callOf(1, 4, 64, context, window);
    const variant = attention.variant(call, { isSoftware: false } as Device['capabilities']);
    return attention.grid(call, variant)[2];
  };
  expect([128, 256, 512, 1024, 65536].map((context) => splits(context))).toEqual([1, 1, 2, 4, 32]);
  expect(splits(65536, 512)).toBe(2);
});

test('scratch at the largest sizes has room for every smaller step', () => {
  const most = attention.scratch!(callOf(512, 4, 64, 4096));
  for (const tokens of [1, 2, 7, 8, 9, 100]) expect(attention.scratch!(callOf(tokens, 4, 64, 4096))).toBeLessThanOrEqual(most);
  expect(attention.scratch!(callOf(512, 4, 64, 256))).toBe(0);
});
