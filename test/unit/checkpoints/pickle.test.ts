// Pickles: what Python's pickler wrote (fixtures/make/goldens/make-pickles.py), and pickles that lie or ask for code.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LlmxError } from '../../../src/core/base/error.js';
import { packageRoot } from '../../../src/core/base/package-root.js';
import { uniform } from '../../../src/core/base/random.js';
import { pythonGlobals } from '../../../src/core/checkpoints/pickle/pickle-globals.js';
import type { PickleValue } from '../../../src/core/checkpoints/pickle/pickle-value.js';
import { readPickle } from '../../../src/core/checkpoints/pickle/read-pickle.js';
import { writePickle } from '../../../src/core/checkpoints/pickle/write-pickle.js';
import { pytorchGlobals } from '../../../src/core/checkpoints/pytorch-globals.js';
import { watchMemory } from '../../support/hostile-files.js';

watchMemory();

const golden = JSON.parse(readFileSync(join(packageRoot(), 'fixtures', 'pytorch', 'pickles.json'), 'utf8')) as {
  readonly values: readonly unknown[];
  /** `value` is an index into `values`. */
  readonly reading: readonly { readonly protocol: number; readonly bytes: string; readonly value: number }[];
  readonly writing: readonly { readonly value: readonly string[]; readonly bytes: string }[];
  readonly sizes: readonly { readonly items: number; readonly sha256: string }[];
};

/** Python's spelling of a float. */
const repr = (value: number): string => {
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const text = Object.is(value, -0) ? '-0' : String(value).replace(/e([+-])(\d)$/, 'e$10$2');
  return /[.e]/.test(text) ? text : `${text}.0`;
};

/** A value in the maker's words; whether a number is whole the golden value decides. */
function tagged(value: PickleValue, wanted: unknown): unknown {
  const inner = (field: string): unknown[] => ((wanted as Record<string, unknown[]> | null)?.[field] ?? []) as unknown[];
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return { int: String(value) };
  if (typeof value === 'number')
    return typeof wanted === 'object' && wanted !== null && 'float' in wanted ? { float: repr(value) } : { int: String(value) };
  if (typeof value === 'string') return { str: value };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return { list: value.map((item, index) => tagged(item, inner('list')[index])) };
  if (value instanceof Map) {
    const pairs = inner('dict') as [unknown, unknown][];
    return { dict: [...value].map(([key, item], index) => [tagged(key, pairs[index]?.[0]), tagged(item, pairs[index]?.[1])]) };
  }
  if (value instanceof Set) {
    const items = [...value].map((item) => tagged(item, undefined));
    return { set: items.sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1)) };
  }
  if (value.kind === 'object') return { object: value.of, state: tagged(value.state ?? null, (wanted as { state?: unknown } | null)?.state) };
  return value;
}

test.each([0, 1, 2, 3, 4, 5])('protocol %i: what Python wrote', (protocol) => {
  const cases = golden.reading.filter((row) => row.protocol === protocol);
  expect(cases.length).toBeGreaterThan(20);
  for (const { bytes, value } of cases) {
    const given = Buffer.from(bytes, 'base64');
    const pickle = readPickle('p', given, pythonGlobals)!;
    expect(tagged(pickle.value, golden.values[value])).toEqual(golden.values[value]);
    expect(pickle.length).toBe(given.length);
  }
});

test('what is shared stays shared, even a list inside itself', () => {
  const shared = readPickle('p', Buffer.from('(]q\x00h\x00l.', 'latin1'), pythonGlobals)!.value as PickleValue[];
  expect(shared[0]).toBe(shared[1]);
  const [itself] = readPickle('p', Buffer.from(']q\x00h\x00a.', 'latin1'), pythonGlobals)!.value as PickleValue[];
  expect((itself as PickleValue[])[0]).toBe(itself);
});

test('keys that mean something to JavaScript are keys', () => {
  const { value } = readPickle('p', Buffer.from('(X\x09\0\0\0__proto__K\x01X\x0b\0\0\0constructorK\x02d.', 'latin1'), pythonGlobals)!;
  expect([...(value as Map<string, number>)]).toEqual([
    ['__proto__', 1],
    ['constructor', 2],
  ]);
  expect(({} as Record<string, unknown>)['1']).toBeUndefined();
});

test('every cut of a pickle is the end of its bytes, not an error', () => {
  const whole = Buffer.from(
    golden.reading.find(({ protocol, bytes }) => protocol === 4 && bytes.length > 300 && bytes.length < 1000)!.bytes,
    'base64',
  );
  for (let length = 0; length < whole.length; length++) expect(readPickle('p', whole.subarray(0, length), pythonGlobals)).toBeUndefined();
});

const text = (value: string): Buffer => Buffer.from(value, 'latin1');
const many = (value: string, times: number, end = ''): Buffer => text(value.repeat(times) + end);

test.each<[string, Buffer, string, RegExp]>([
  ['eval', text('cbuiltins\neval\n(X\x01\0\0\0xtR.'), 'unsupported', /^p: the pickle asks for builtins\.eval at byte 0$/],
  ['exec in the spelling of Python 2', text('\x80\x02c__builtin__\nexec\n.'), 'unsupported', /builtins\.exec at byte 2$/],
  ['os.system', text("cos\nsystem\n(S'true'\ntR."), 'unsupported', /os\.system at byte 0/],
  [
    'posix.system by its names on the stack',
    text('\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.'),
    'unsupported',
    /posix\.system at byte 17/,
  ],
  ['subprocess.Popen by INST', text("(S'true'\nisubprocess\nPopen\n."), 'unsupported', /subprocess\.Popen/],
  ['getattr of an allowed module', text('ctorch\nload\n.'), 'unsupported', /torch\.load/],
  ['a dotted name', text('\x80\x04\x8c\x05torch\x8c\x13serialization.load\n\x93.'), 'unsupported', /asks for/],
  ['a name of every object', text('c\nconstructor\n.'), 'unsupported', /asks for \.constructor/],
  ['a name with an escape in it', text('cos\n\x1b[2J\n.'), 'unsupported', /asks for "os\.\\u001b\[2J"/],
  ['a global that may only be named', text('ctorch\nFloatStorage\n)R.'), 'malformed', /torch\.FloatStorage is called/],
  ['a registered extension', text('\x82\x01.'), 'unsupported', /the opcode EXT1/],
  ['a buffer beside the pickle', text('\x97.'), 'unsupported', /the opcode NEXT_BUFFER/],
  ['keyword arguments', text('}\x92.'), 'unsupported', /the opcode NEWOBJ_EX/],
  ['a persistent id of text', text('P12\n.'), 'unsupported', /the opcode PERSID/],
  ['protocol 6', text('\x80\x06N.'), 'unsupported', /protocol 6/],
  ['an unknown opcode', text('\x01.'), 'malformed', /unknown opcode 1 at byte 0/],
  ['a stop with nothing', text('.'), 'malformed', /nothing on the stack/],
  ['a stop with too much', text('NN.'), 'malformed', /values left/],
  ['a stop with a mark', text('N(.'), 'malformed', /nothing on the stack|values left/],
  ['a pop through a mark', text('N(a.'), 'malformed', /nothing on the stack/],
  ['no mark', text('Nt.'), 'malformed', /no mark/],
  ['a mark too many', many('(', 5000), 'malformed', /more than 4096 marks/],
  ['something called that is a number', text('K\x01)R.'), 'malformed', /no global/],
  ['arguments that are a number', text('ccollections\nOrderedDict\nK\x01R.'), 'malformed', /without a list/],
  ['an item in a list', text(']K\x01K\x02s.'), 'malformed', /no dict/],
  ['an item in a tuple’s place', text('NK\x01a.'), 'malformed', /no list/],
  ['a key alone', text('}(K\x01u.'), 'malformed', /without a value/],
  ['attributes of a number', text('K\x01}b.'), 'malformed', /attributes/],
  ['a memo that holds nothing', text('h\x07.'), 'malformed', /remembered as 7/],
  ['a memo far away', text('Nr\xff\xff\xff\xff.'), 'malformed', /remembered as 4294967295/],
  ['a memo of text', text('Npx\n.'), 'malformed', /no place in the memo/],
  ['a whole number of 4 GiB', text('\x8b\xff\xff\xff\xff.'), 'malformed', /whole number of 4294967295 bytes/],
  ['a whole number of 2000 digits', text(`I${'9'.repeat(2000)}\n.`), 'malformed', /no whole number/],
  ['a number that is none', text('Fabc\n.'), 'malformed', /no number/],
  ['a hexadecimal float', text('F0x10\n.'), 'malformed', /no number/],
  ['broken UTF-8', text('X\x01\0\0\0\xff.'), 'malformed', /not valid UTF-8/],
  ['text without quotes', text('Sabc\n.'), 'malformed', /without quotes/],
  ['a character beyond Unicode', text('V\\U99999999\n.'), 'malformed', /beyond Unicode/],
  ['a line without end', many('c', 5000), 'malformed', /a line of more than 4096 bytes/],
  ['pairs that are none', text('ccollections\nOrderedDict\n((K\x01K\x02K\x03ttR.'), 'malformed', /something else than pairs/],
  ['bytes that are no bytes', text('c_codecs\nencode\n(X\x02\0\0\0\xc4\x80X\x06\0\0\0latin1tR.'), 'malformed', /something else than bytes/],
  ['two million dicts', many('}0', 2_000_000), 'malformed', /values of more than/],
  ['dicts on a stack', many('}', 3_000_000), 'malformed', /a stack of more than|values of more than/],
  ['opcodes that do nothing', many('N0', 1 << 23, 'N0'), 'malformed', /more than 16777216 opcodes/],
])('%s', (_, bytes, code, message) => {
  const start = performance.now();
  let error: unknown;
  try {
    expect(readPickle('p', bytes, pytorchGlobals)).toBe('an error');
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(LlmxError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
  expect((error as LlmxError).message).not.toMatch(/[\0-\x1f\x7f]/);
  expect(performance.now() - start).toBeLessThan(5000);
});

test('lengths beyond the bytes are the end of the bytes: nothing is set aside for them', () => {
  for (const bytes of ['X\xff\xff\xff\xff', '\x8d\xff\xff\xff\xff\xff\xff\xff\xff', '\x96\xff\xff\xff\xff\xff\xff\xff\x7f', 'B\xff\xff\xff\xffx'])
    expect(readPickle('p', text(bytes), pythonGlobals)).toBeUndefined();
});

test('4000 pickles with a few bytes changed: a value or an error that was foreseen', () => {
  const originals = golden.reading.map(({ bytes }) => Buffer.from(bytes, 'base64')).filter(({ length }) => length > 8 && length < 2000);
  const interesting = text(
    '\x80\x95(012)t\x85\x86\x87]lae}dsu\x8f\x90\x91pqr\x94ghjc\x93R\x81iobQILFJKMGSTUVX\x8a\x8b\x8c\x8d\x8eBC\x96N\x88\x89.\n',
  );
  const results = { read: 0, refused: 0, cut: 0 };
  const start = performance.now();
  for (let seed = 0; seed < 4000; seed++) {
    const draw = (counter: number, below: number): number => Math.floor(uniform(20240607, seed, counter) * below);
    const bytes = Buffer.from(originals[draw(0, originals.length)]!);
    for (let flip = 0; flip <= draw(1, 6); flip++) {
      const at = draw(10 + 3 * flip, bytes.length);
      bytes[at] = draw(11 + 3 * flip, 3) > 0 ? interesting[draw(12 + 3 * flip, interesting.length)]! : draw(12 + 3 * flip, 256);
    }
    try {
      results[readPickle('p', bytes, pytorchGlobals) === undefined ? 'cut' : 'read']++;
    } catch (thrown) {
      if (!(thrown instanceof LlmxError)) throw new Error(`seed ${seed}: ${String(thrown)}`, { cause: thrown });
      expect(['malformed', 'unsupported'], thrown.message).toContain(thrown.code);
      results.refused++;
    }
  }
  expect(performance.now() - start).toBeLessThan(10_000);
  for (const [name, times] of Object.entries(results)) expect(times, name).toBeGreaterThan(200);
});

test('what is written is what Python writes', () => {
  for (const { value, bytes } of golden.writing) expect(Buffer.from(writePickle({ tuple: value.map(Number) })).toString('base64')).toBe(bytes);
  for (const { items, sha256 } of golden.sizes) {
    const bytes = writePickle({ dict: Array.from({ length: items }, (_, index) => [`k${index}`, index] as const) });
    expect(createHash('sha256').update(bytes).digest('hex'), `${items} items`).toBe(sha256);
  }
});
