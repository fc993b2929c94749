// Text that an option names: a file, a pipe, or stdin. Read to its end, but for those that have none.
import { open } from 'node:fs/promises';
import { LlmxError } from '../../core/base/error.js';
import { readError } from '../../core/jobs/system-errors.js';
import type { Context } from './context.js';
import { decodeText } from './text-lines.js';

const longestText = 64 << 20;
const pieceBytes = 1 << 20;

async function readBytes(path: string): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const pieces: Uint8Array[] = [];
    for (let total = 0; total <= longestText;) {
      const { bytesRead, buffer } = await handle.read({ buffer: new Uint8Array(pieceBytes) });
      if (bytesRead === 0) return Buffer.concat(pieces);
      pieces.push(buffer.subarray(0, bytesRead));
      total += bytesRead;
    }
    throw new LlmxError('malformed', `${path}: more than the ${longestText} bytes that a text may have`);
  } finally {
    await handle.close();
  }
}

/** A file, or stdin for `-`, as text. */
export async function readTextOf(path: string, flag: string, context: Context): Promise<string> {
  if (path === '-') return context.stdin.text();
  try {
    return decodeText(path, await readBytes(path));
  } catch (error) {
    throw readError(path, error, `Check the path given with ${flag}`);
  }
}
