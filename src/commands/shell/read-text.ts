// Text that an option names: a file, a pipe, or stdin. Read to its end, but for those that have none.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { LlmxError } from '../../core/base/error.js';
import { readError } from '../../core/jobs/system-errors.js';
import type { Context } from './context.js';
import { decodeText } from './text-lines.js';

const longestText = 64 << 20;
const pieceBytes = 1 << 20;

/** A file in pieces. A pipe is read as such: to open it in the usual way is to wait for a writer, where nothing can interrupt. */
async function* piecesOf(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    if ((await handle.stat()).isFIFO()) {
      yield* addAbortSignal(signal, new Socket({ fd: handle.fd, readable: true, writable: false }));
      return;
    }
    for (;;) {
      const { bytesRead, buffer } = await handle.read({ buffer: new Uint8Array(pieceBytes) });
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close().catch(() => {}); // a socket has closed it
  }
}

async function readBytes(path: string, signal: AbortSignal): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  for await (const piece of piecesOf(path, signal)) {
    pieces.push(piece);
    total += piece.length;
    if (total > longestText) throw new LlmxError('malformed', `${path}: more than the ${longestText} bytes that a text may have`);
  }
  return Buffer.concat(pieces);
}

/** A file, or stdin for `-`, as text. */
export async function readTextOf(path: string, flag: string, context: Context): Promise<string> {
  if (path === '-') return context.stdin.text();
  try {
    return decodeText(path, await readBytes(path, context.signal));
  } catch (error) {
    context.signal.throwIfAborted();
    throw readError(path, error, `Check the path given with ${flag}`);
  }
}
