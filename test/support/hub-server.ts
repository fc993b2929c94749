// A hub on this machine: one repository, listed and served as the real one does, that cuts, stalls, redirects and lies when it is told to.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const commit = '0123456789abcdef0123456789abcdef01234567';
const sha = (algorithm: string, ...parts: (string | Uint8Array)[]): string => {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

const usualLarge = 10_000;

export interface Behaviour {
  /** Ends the connection after so many bytes of a body, this many times. */
  cutAfter?: number;
  cuts?: number;
  /** Sends nothing after the headers. */
  stall?: boolean;
  /** Milliseconds between parts of 64 KiB. */
  slow?: number;
  /** Sends nothing more of any body once so many bytes of bodies were sent; `held` says when. */
  holdAfter?: number;
  ignoreRanges?: boolean;
  /** Files above this are large ones to it: they have a SHA-256, and ranges. Default 10,000; of smaller ones, which have git's digest, it sends all. */
  largeAbove?: number;
  wrongRange?: boolean;
  /** Bytes of a file that are flipped, wherever they are asked for. */
  flip?: boolean;
  /** The last byte of every large file is another. */
  flipLast?: boolean;
  longer?: boolean;
  html?: boolean;
  status?: number;
  /** Answers of 503 before it works. */
  failures?: number;
  /** Answers of 429, with a pause to keep, before it works. */
  throttles?: number;
  /** The request for a file that is refused with 403, counted from 0: an address that is no longer good. */
  refuseAt?: number;
  /** From this request for a file on, all are. */
  refuseFrom?: number;
  /** What the revision is now. Default `commit`. */
  commit?: string;
  /** Files of another commit than the one that was listed. */
  otherCommit?: boolean;
  /** Another etag in every answer. */
  newEtags?: boolean;
  gated?: boolean;
  wrongDigest?: boolean;
  /** Bytes by which listed sizes of large files are too large. */
  extraSize?: number;
  names?: readonly string[];
  /** Where files come from: the address of another server. */
  redirect?: string;
}

export interface HubServer extends AsyncDisposable {
  readonly address: string;
  readonly requests: { readonly path: string; readonly range: string | undefined; readonly authorization: string | undefined }[];
  behaviour: Behaviour;
  readonly files: Map<string, Buffer>;
  /** Bytes of files that were sent since it was last set. */
  served: number;
  /** Resolves as soon as `holdAfter` holds a body back. */
  held(): Promise<void>;
}

interface State {
  behaviour: Behaviour;
  served: number;
  readonly onHeld: (() => void)[];
  /** Requests for files so far. */
  answers: number;
}

function listing(
  files: ReadonlyMap<string, Buffer>,
  { wrongDigest, names, extraSize = 0, commit: current = commit, largeAbove = usualLarge }: Behaviour,
): string {
  const siblings = [...files].map(([name, bytes], index) => {
    const blobId = sha('sha1', `blob ${bytes.length}\0`, bytes);
    const sha256 = wrongDigest === true ? '0'.repeat(64) : sha('sha256', bytes);
    return {
      rfilename: names?.[index] ?? name,
      size: bytes.length,
      blobId,
      ...(bytes.length > largeAbove ? { lfs: { sha256, size: bytes.length + extraSize, pointerSize: 130 } } : {}),
    };
  });
  return JSON.stringify({ id: 'org/model', sha: current, siblings });
}

async function sendBody(response: ServerResponse, body: Buffer, state: State): Promise<void> {
  const { behaviour } = state;
  const cut = behaviour.cutAfter !== undefined && (behaviour.cuts ?? 0) > 0 && body.length > behaviour.cutAfter;
  if (cut) behaviour.cuts!--;
  const end = cut ? behaviour.cutAfter! : body.length;
  for (let at = 0; at < end; at += 1 << 16) {
    const part = body.subarray(at, Math.min(end, at + (1 << 16)));
    if (behaviour.holdAfter !== undefined && state.served >= behaviour.holdAfter) {
      for (const tell of state.onHeld.splice(0)) tell();
      return;
    }
    state.served += part.length;
    if (!response.write(part)) await new Promise((resume) => response.once('drain', resume).once('close', resume));
    if (behaviour.slow !== undefined) await new Promise((resume) => setTimeout(resume, behaviour.slow));
    if (response.destroyed) return;
  }
  if (cut) response.destroy();
  else response.end();
}

async function serveFile(request: IncomingMessage, response: ServerResponse, bytes: Buffer, state: State): Promise<void> {
  const { behaviour } = state;
  if (behaviour.html === true) return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>sign in</html>');
  const isSmall = bytes.length <= (behaviour.largeAbove ?? usualLarge);
  const range = behaviour.ignoreRanges === true || isSmall ? null : /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  const [begin, end] = range === null ? [0, bytes.length] : [Number(range[1]), Number(range[2]) + 1];
  const asked = bytes.subarray(begin, end);
  const isFlipped = (index: number): boolean =>
    behaviour.flip === true || (behaviour.flipLast === true && !isSmall && begin + index === bytes.length - 1);
  const sent =
    behaviour.flip === true || behaviour.flipLast === true ? Buffer.from(asked.map((byte, index) => (isFlipped(index) ? byte ^ 1 : byte))) : asked;
  const body = behaviour.longer === true ? Buffer.concat([sent, Buffer.alloc(100)]) : sent;
  const shift = behaviour.wrongRange === true ? 1 : 0;
  const etag = `"${behaviour.newEtags === true ? `etag-${state.answers}` : sha('sha256', String(bytes.length))}"`;
  const headers = {
    'content-length': body.length,
    'x-repo-commit': behaviour.otherCommit === true ? 'f'.repeat(40) : (behaviour.commit ?? commit),
    etag,
  };
  if (range === null) response.writeHead(200, headers);
  else response.writeHead(206, { ...headers, 'content-range': `bytes ${begin + shift}-${end - 1 + shift}/${bytes.length}` });
  response.flushHeaders();
  if (behaviour.stall !== true) await sendBody(response, body, state);
}

/** `files`: of org/model, by name. */
export async function startHub(files: Readonly<Record<string, Buffer>>): Promise<HubServer> {
  const map = new Map(Object.entries(files));
  const hub: State = { behaviour: {}, served: 0, onHeld: [], answers: 0 };
  const requests: HubServer['requests'] = [];
  const server: Server = createServer((request, response) => {
    const { behaviour } = hub;
    const path = decodeURIComponent(request.url ?? '');
    requests.push({ path, range: request.headers.range, authorization: request.headers.authorization });
    response.setMaxListeners(0).on('error', () => {});
    if ((behaviour.failures ?? 0) > 0) {
      behaviour.failures!--;
      return void response.writeHead(503).end();
    }
    if ((behaviour.throttles ?? 0) > 0) {
      behaviour.throttles!--;
      return void response.writeHead(429, { 'retry-after': '0.1' }).end();
    }
    if (behaviour.status !== undefined)
      return void response.writeHead(behaviour.status, behaviour.gated === true ? { 'x-error-code': 'GatedRepo' } : {}).end();
    if (path === '/api/models/org/model/revision/main?blobs=true' || path === '/api/models/org/model/revision/v1?blobs=true')
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(listing(map, behaviour));
    const name = path.replace(`/org/model/resolve/${behaviour.commit ?? commit}/`, '').replace(/^\/elsewhere\//, '');
    const bytes = map.get(name);
    if (bytes === undefined) return void response.writeHead(404).end();
    const answer = hub.answers++;
    if (answer === behaviour.refuseAt || answer >= (behaviour.refuseFrom ?? Infinity)) return void response.writeHead(403).end();
    if (behaviour.redirect !== undefined && !path.startsWith('/elsewhere/'))
      return void response
        .writeHead(302, { 'x-repo-commit': behaviour.commit ?? commit, location: `${behaviour.redirect}/elsewhere/${encodeURIComponent(name)}` })
        .end();
    void serveFile(request, response, bytes, hub);
  });
  await new Promise<void>((resume) => server.listen(0, '127.0.0.1', resume));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    files: map,
    get behaviour() {
      return hub.behaviour;
    },
    set behaviour(behaviour) {
      hub.behaviour = behaviour;
      hub.answers = 0;
    },
    get served() {
      return hub.served;
    },
    set served(bytes) {
      hub.served = bytes;
    },
    held: () => new Promise((resume) => hub.onHeld.push(resume)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resume) => server.close(resume));
    },
  };
}
