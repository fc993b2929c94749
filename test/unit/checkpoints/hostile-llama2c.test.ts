// llama2.c files that lie. Each must end in an LlmxError that foresees it, never in any other exception.
import { expect, test } from 'vitest';
import { honestLlama2c, llama2cBytes } from '../../support/hostile-bytes.js';
import { attempt, refuse, temporaryFolder, watchMemory } from '../../support/hostile-files.js';

const put = temporaryFolder();
watchMemory();

const fields = honestLlama2c;
const bytes = (version: 0 | 1 | 2, ...more: [Parameters<typeof llama2cBytes>[2]?]) => llama2cBytes(version, fields, ...more);
const patched = (version: 0 | 1 | 2, at: number, value: number): Buffer => {
  const copy = Buffer.from(bytes(version));
  copy.writeInt32LE(value, at);
  return copy;
};

test.each<[string, Buffer, string, RegExp]>([
  ['version 3', bytes(1, { versionField: 3 }), 'malformed', /impossible numbers, or a version/],
  ['version -1', bytes(1, { versionField: -1 }), 'malformed', /impossible numbers, or a version/],
  ['a negative width', patched(1, 8, -64), 'malformed', /impossible/],
  ['2^31 - 1 layers', patched(1, 16, 2 ** 31 - 1), 'malformed', /impossible/],
  ['no heads', patched(1, 20, 0), 'malformed', /impossible/],
  ['heads that do not divide the width', patched(1, 20, 7), 'malformed', /impossible/],
  ['more key heads than heads', patched(1, 24, 8), 'malformed', /impossible/],
  ['a vocabulary of -5 behind the magic', patched(1, 28, -5), 'malformed', /impossible/],
  ['the largest sane numbers', patched(1, 12, 1 << 22), 'malformed', /needs \d+ bytes, the file has/],
  ['4096 layers', patched(1, 16, 4096), 'malformed', /needs \d+ bytes, the file has/],
  ['a group size of 0', bytes(2, { group: 64 }).fill(0, 37, 41), 'malformed', /group size of 0 does not divide/],
  [
    'a group size that does not divide',
    (() => {
      const copy = Buffer.from(bytes(2));
      copy.writeInt32LE(48, 37);
      return copy;
    })(),
    'malformed',
    /group size of 48 does not divide/,
  ],
  [
    'a negative group size',
    (() => {
      const copy = Buffer.from(bytes(2));
      copy.writeInt32LE(-64, 37);
      return copy;
    })(),
    'malformed',
    /group size of -64/,
  ],
  ['only the magic', bytes(1).subarray(0, 8), 'malformed', /impossible/],
  ['version 0 with a longer context', patched(0, 24, 9), 'malformed', /needs \d+ bytes, the file has/],
  ['version 0 with a negative width', patched(0, 0, -64), 'unsupported', /not a checkpoint/],
])('%s', (name, contents, code, message) => refuse(put(`llama2c/${name.replace(/\W+/g, '-')}.bin`, contents), code, message));

test.each([0, 1, 2] as const)('version %i cut short', async (version) => {
  const whole = bytes(version);
  for (let length = 0; length < whole.length; length += length < 300 ? 11 : 9973)
    expect(await attempt(put('llama2c/cut.bin', whole.subarray(0, length))), `${length} bytes`).toBeDefined();
});
