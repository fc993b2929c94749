// One PyTorch file: its container opened, the weights in its pickle found, each placed in the file. Knows no folder and no config.
import { LlmxError } from '../base/error.js';
import type { Tensor } from './checkpoint.js';
import { openFile, refuseLfsPointer, type ByteSource } from './files.js';
import { isLegacyHead, readLegacyContainer } from './pytorch-legacy.js';
import { findStateDict } from './pytorch-state-dict.js';
import { readTensorObject } from './pytorch-tensors.js';
import { readZipContainer, type PytorchContainer } from './pytorch-zip.js';
import type { WeightsFile } from './weights-shards.js';

const headBytes = 64;
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

interface Kind {
  readonly is: (head: Uint8Array) => boolean;
  readonly open: (source: ByteSource) => Promise<PytorchContainer>;
}

/** The forms that PyTorch has had, by a file's first bytes. */
const kinds: readonly Kind[] = [
  { is: (head) => latin1(head).startsWith('PK\x03\x04'), open: readZipContainer },
  { is: isLegacyHead, open: readLegacyContainer },
  {
    // A tar archive, before 0.1.10 or so: its first member is one of these.
    is: (head) => /^(sys_info|storages|tensors|pickle)\0/.test(latin1(head)),
    open: ({ path }) =>
      Promise.reject(
        new LlmxError('unsupported', `${path}: the tar form of the first PyTorch versions`, 'Load it and save it again with torch.save'),
      ),
  },
];

/** True for the first bytes of a file that PyTorch has written. */
export const isPytorchHead = (head: Uint8Array): boolean => kinds.some(({ is }) => is(head));

export async function readPytorchFile(path: string): Promise<WeightsFile> {
  await using source = await openFile(path);
  await refuseLfsPointer(source);
  const head = await source.read(0, Math.min(headBytes, source.size), 'the file');
  const kind = kinds.find(({ is }) => is(head));
  if (kind === undefined)
    throw new LlmxError(
      'unsupported',
      `${path}: not a PyTorch file: neither a zip archive nor its older form`,
      'Fetch it again, or name another file',
    );
  const { value, place } = await kind.open(source);
  const tensors = new Map<string, Tensor>();
  const skipped = new Map<string, string>();
  for (const [name, object] of findStateDict(path, value)) {
    const tensor = readTensorObject(path, name, object, place);
    if (typeof tensor === 'string') skipped.set(name, tensor);
    else tensors.set(name, tensor);
  }
  return { path, bytes: source.size, tensors, skipped };
}
