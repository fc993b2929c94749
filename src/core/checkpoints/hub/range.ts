// Bytes of one file of the hub, from one place to another: each answer is checked against what was asked, a cut goes on where it was.
import { LlmxError } from '../../base/error.js';
import type { HubFile } from './repository.js';
import { bodyParts, PassingFailure, request, withRetries } from './request.js';
import type { HubSettings } from './settings.js';

const changed = 'The file may have changed: run it again';

export interface RangeRequest {
  readonly url: string;
  /** `hf:org/name:file`, for errors. */
  readonly what: string;
  readonly file: HubFile;
  readonly begin: number;
  readonly end: number;
  /** What to do about a server that sends the whole file instead: read past what was not asked for, or give up. */
  readonly whole: 'skip' | 'refuse';
  /** Looks at the headers of every answer on the way, redirects among them. Throws where they are wrong. */
  readonly seen?: (response: Response) => void;
}

/** Takes bytes in order; `at`: where in the file they begin. */
export type Sink = (bytes: Uint8Array, at: number) => Promise<void> | void;

/** Says what is wrong with the answer to a request for the bytes from `at` on; true where the server sends the whole file instead. */
function sendsWhole(response: Response, at: number, { end, what, file, whole }: RangeRequest): boolean {
  if (/^text\/html/i.test(response.headers.get('content-type') ?? '') && !/\.html?$/.test(file.name))
    throw new LlmxError(
      'transfer',
      `${what}: the server sends a web page instead of the file`,
      'Check HF_ENDPOINT, and whether a proxy asks you to sign in',
    );
  if (response.status === 200) {
    const length = response.headers.get('content-length');
    if (length !== null && Number(length) !== file.size)
      throw new LlmxError('transfer', `${what}: the server sends ${Number(length)} bytes, the listing says ${file.size}`, changed);
    if (whole === 'refuse' && (at > 0 || end < file.size))
      throw new LlmxError('transfer', `${what}: the server sends the whole file where a part is asked for`, 'Fetch the model first: llmx pull');
    return true;
  }
  const range = response.headers.get('content-range') ?? '';
  if (response.status === 206 && range === `bytes ${at}-${end - 1}/${file.size}`) return false;
  throw new LlmxError(
    'transfer',
    `${what}: bytes ${at} to ${end} of ${file.size} were asked for, the server answers ${response.status} ${JSON.stringify(range.slice(0, 80))}`,
    changed,
  );
}

export async function getRange(asked: RangeRequest, sink: Sink, settings: HubSettings, signal: AbortSignal): Promise<void> {
  const { url, what, file, begin, end, seen } = asked;
  let at = begin;
  let before = at;
  const progressed = (): boolean => {
    const further = at > before;
    before = at;
    return further;
  };
  await withRetries(
    async () => {
      if (at >= end) return;
      const isAll = at === 0 && end === file.size;
      const headers: { readonly range?: string } = isAll ? {} : { range: `bytes=${at}-${end - 1}` };
      const response = await request({ url, headers, what, signal, ...(seen === undefined ? {} : { seen }) }, settings);
      let skip = sendsWhole(response, at, asked) ? at : 0;
      for await (const part of bodyParts(response, what, settings)) {
        if (skip >= part.length) {
          skip -= part.length;
          continue;
        }
        const bytes = part.subarray(skip);
        skip = 0;
        // Behind a part of a file that is sent whole there is more; behind the file there must be nothing.
        const ends = at + bytes.length > end;
        if (ends && (response.status !== 200 || end === file.size))
          throw new LlmxError('transfer', `${what}: more than the ${file.size} bytes that the listing says`, changed);
        const wanted = ends ? bytes.subarray(0, end - at) : bytes;
        await sink(wanted, at);
        at += wanted.length;
        if (ends) return;
      }
      if (at < end) throw new PassingFailure(`${what}: the connection ended at byte ${at} of ${file.size}`);
    },
    signal,
    progressed,
  );
}
