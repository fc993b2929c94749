// Bytes that should be UTF-8 text: strict, and line by line. `place` names where they come from in an error.
import { LlmxError } from '../../core/base/error.js';

const strict = new TextDecoder('utf-8', { fatal: true });

export function decodeText(place: string, bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch (error) {
    throw new LlmxError('malformed', `${place}: not UTF-8 text`, 'Convert it first, for example with iconv -t utf-8', { cause: error });
  }
}

/** Lines without their ends. */
export async function* textLines(place: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<string, void, void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let begin = 0;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, begin)) {
      yield decodeText(place, rest.subarray(begin, end)).replace(/\r$/, '');
      begin = end + 1;
    }
    rest = rest.subarray(begin);
  }
  if (rest.length > 0) yield decodeText(place, rest);
}
