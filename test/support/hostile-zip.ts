// Zip archives by hand, so that tests can lie in any field; and PyTorch files around them.
import { crc32 } from 'node:zlib';
import { u32, u64 } from './hostile-bytes.js';

export const u16 = (value: number): Buffer => u32(value).subarray(0, 2);

/** Fields of a header; what is not given is the truth. */
interface Header {
  readonly name?: string | Buffer;
  readonly flags?: number;
  readonly method?: number;
  readonly crc?: number;
  readonly stored?: number;
  readonly size?: number;
  readonly extra?: Buffer;
}

export interface ZipPart {
  readonly name: string | Buffer;
  readonly data: Uint8Array;
  readonly local?: Header;
  readonly central?: Header & { readonly offset?: number; readonly disk?: number; readonly comment?: Buffer };
  /** Of both headers. */
  readonly both?: Header;
}

export interface ZipLies {
  readonly entries?: number;
  readonly bytes?: number;
  readonly offset?: number;
  readonly disk?: number;
  readonly comment?: Buffer;
  /** Bytes between the directory and the end record. */
  readonly before?: Buffer;
  /** A zip64 end record and its locator: what it says instead of the truth. */
  readonly end64?: {
    readonly entries?: number | bigint;
    readonly bytes?: number | bigint;
    readonly offset?: number | bigint;
    readonly at?: number | bigint;
  };
  /** Behind all. */
  readonly after?: Buffer;
}

function fields(part: ZipPart, header: Header): { readonly name: Buffer; readonly extra: Buffer; readonly common: Buffer } {
  const all = { ...part.both, ...header };
  const name = Buffer.from((all.name ?? part.name) as string);
  const extra = all.extra ?? Buffer.alloc(0);
  const common = Buffer.concat([
    u16(all.flags ?? 0x800),
    u16(all.method ?? 0),
    u32(0),
    u32(all.crc ?? crc32(part.data)),
    u32(all.stored ?? part.data.length),
    u32(all.size ?? part.data.length),
    u16(name.length),
    u16(extra.length),
  ]);
  return { name, extra, common };
}

export function zipBytes(parts: readonly ZipPart[], lies: ZipLies = {}): Buffer {
  const front: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const part of parts) {
    const local = fields(part, part.local ?? {});
    const bytes = Buffer.concat([Buffer.from('PK\x03\x04'), u16(20), local.common, local.name, local.extra, part.data]);
    const central = fields(part, part.central ?? {});
    const { offset = at, disk = 0, comment = Buffer.alloc(0) } = part.central ?? {};
    directory.push(
      Buffer.concat([Buffer.from('PK\x01\x02'), u16(20), u16(20), central.common, u16(comment.length), u16(disk), u16(0), u32(0), u32(offset)]),
      central.name,
      central.extra,
      comment,
    );
    front.push(bytes);
    at += bytes.length;
  }
  const central = Buffer.concat(directory);
  const { entries = parts.length, bytes = central.length, offset = at, disk = 0, comment = Buffer.alloc(0), end64 } = lies;
  const before = lies.before ?? Buffer.alloc(0);
  const end64At = at + central.length + before.length;
  const long = (value: number | bigint): Buffer => u64(value);
  const zip64 = end64
    ? Buffer.concat([
        Buffer.from('PK\x06\x06'),
        u64(44),
        u32(0),
        u32(0),
        u32(0),
        long(end64.entries ?? parts.length),
        long(end64.entries ?? parts.length),
        long(end64.bytes ?? central.length),
        long(end64.offset ?? at),
        Buffer.from('PK\x06\x07'),
        u32(0),
        long(end64.at ?? end64At),
        u32(1),
      ])
    : Buffer.alloc(0);
  const end = Buffer.concat([
    Buffer.from('PK\x05\x06'),
    u16(disk),
    u16(disk),
    u16(entries),
    u16(entries),
    u32(bytes),
    u32(offset),
    u16(comment.length),
  ]);
  return Buffer.concat([...front, central, before, zip64, end, comment, lies.after ?? Buffer.alloc(0)]);
}

const shortText = (value: string): Buffer => Buffer.concat([Buffer.from('X'), u32(Buffer.byteLength(value)), Buffer.from(value)]);
const integer = (value: number): Buffer => Buffer.concat([Buffer.from('J'), u32(value)]);
const tuple = (values: readonly number[]): Buffer => Buffer.concat([Buffer.from('('), ...values.map(integer), Buffer.from('t')]);

/** Fields of a tensor in a pickle; what is not given is an honest float32 matrix of three rows of two in the storage `0`. */
export interface TorchTensor {
  readonly name?: string;
  readonly storage?: string;
  readonly kind?: string;
  readonly key?: string;
  readonly elements?: number;
  readonly view?: Buffer;
  readonly offset?: number;
  readonly shape?: readonly number[];
  readonly strides?: readonly number[];
}

/** The opcodes of one tensor, as protocol 2 writes them without a memo. `legacy` adds the sixth field of the older form. */
export function torchTensor(tensor: TorchTensor = {}, legacy = false): Buffer {
  const { storage = 'torch\nFloatStorage', kind = 'storage', key = '0', elements = 6, offset = 0, shape = [3, 2], strides = [2, 1] } = tensor;
  const id = [Buffer.from('('), shortText(kind), Buffer.from(`c${storage}\n`), shortText(key), shortText('cpu'), integer(elements)];
  return Buffer.concat([
    Buffer.from('ctorch._utils\n_rebuild_tensor_v2\n('),
    ...id,
    ...(legacy ? [tensor.view ?? Buffer.from('N')] : []),
    Buffer.from('tQ'),
    integer(offset),
    tuple(shape),
    tuple(strides),
    Buffer.from('\x89ccollections\nOrderedDict\n)RtR', 'latin1'),
  ]);
}

/** A whole pickle: a dict of tensors by name. */
export const torchPickle = (tensors: readonly TorchTensor[], legacy = false): Buffer =>
  Buffer.concat([
    Buffer.from('\x80\x02}(', 'latin1'),
    ...tensors.flatMap((tensor, index) => [shortText(tensor.name ?? `t${index}`), torchTensor(tensor, legacy)]),
    Buffer.from('u.'),
  ]);

/** The entries of an honest file around a pickle. */
export const torchParts = (pickle: Uint8Array, storages: Readonly<Record<string, Uint8Array>> = { '0': Buffer.alloc(24, 1) }): ZipPart[] => [
  { name: 'a/data.pkl', data: pickle },
  { name: 'a/byteorder', data: Buffer.from('little') },
  ...Object.entries(storages).map(([key, data]) => ({ name: `a/data/${key}`, data })),
  { name: 'a/version', data: Buffer.from('3\n') },
];

export interface LegacyLies {
  readonly magic?: Buffer;
  readonly version?: number;
  readonly system?: Buffer;
  readonly keys?: Buffer;
  /** Each with its number of elements before it. */
  readonly storages?: readonly (readonly [elements: number | bigint, bytes: Uint8Array])[];
}

/** The form before 1.6 around one pickle. */
export function legacyBytes(pickle: Uint8Array, lies: LegacyLies = {}): Buffer {
  const proto = Buffer.from('\x80\x02', 'latin1');
  const { storages = [[6, Buffer.alloc(24, 1)]] } = lies;
  return Buffer.concat([
    lies.magic ?? Buffer.from('\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.', 'latin1'),
    proto,
    integer(lies.version ?? 1001),
    Buffer.from('.'),
    lies.system ?? Buffer.concat([proto, Buffer.from('}'), shortText('little_endian'), Buffer.from('\x88s.', 'latin1')]),
    pickle,
    lies.keys ?? Buffer.concat([proto, Buffer.from('('), shortText('0'), Buffer.from('l.')]),
    ...storages.flatMap(([elements, bytes]) => [u64(elements), bytes]),
  ]);
}
