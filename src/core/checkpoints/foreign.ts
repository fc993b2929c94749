// Says what a file that no checkpoint format recognised is, as far as its first bytes tell.
import type { PathFacts } from './format.js';

const kinds: readonly (readonly [test: (text: string) => boolean, kind: string])[] = [
  [(text) => /^\x80[\x02-\x05]/.test(text), 'a Python pickle that torch.save did not write'],
  [(text) => /^(lmgg|fmgg|tjgg|algg)/.test(text), 'a model in a ggml layout older than GGUF'],
  [(text) => text.startsWith('\x89HDF'), 'an HDF5 file'],
  [(text) => text.startsWith('\x1f\x8b') || text.startsWith('BZh') || text.startsWith('\x28\xb5\x2f\xfd'), 'a compressed file; unpack it first'],
  [(text) => /^\s*<(!doctype|html)/i.test(text), 'a web page, not a model'],
];

export function foreignKind({ head, size }: PathFacts): string {
  if (size === 0) return 'an empty file';
  const text = Buffer.from(head).toString('latin1');
  return kinds.find(([test]) => test(text))?.[1] ?? 'not a checkpoint that llmx knows';
}
