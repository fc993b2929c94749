// One request to the hub: redirects followed with care, failures in words, a stall noticed. Retries are the caller's.
import { LlmxError } from '../../base/error.js';
import type { HubSettings } from './settings.js';

const mostRedirects = 8;

/** A failure that may pass: a cut, a stall, a server that is out of breath. */
export class PassingFailure extends Error {
  /** Milliseconds that the server asks to be left alone. */
  readonly pause: number;

  constructor(message: string, { pause = 0, ...options }: ErrorOptions & { readonly pause?: number } = {}) {
    super(message, options);
    this.name = 'PassingFailure';
    this.pause = pause;
  }
}

export interface Request {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What errors call it: `hf:org/name`. */
  readonly what: string;
  readonly signal: AbortSignal;
  /** Looks at the headers of every answer that is no failure, redirects among them. Throws where they are wrong. */
  readonly seen?: (response: Response) => void;
}

const longestPause = 60_000;

/** Seconds as a number; servers that say a date are asked again after the usual pauses. */
function pauseOf(response: Response): number {
  const seconds = Number(response.headers.get('retry-after') ?? 0);
  return seconds > 0 ? Math.min(longestPause, 1000 * seconds) : 0;
}

const passing = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Throws for every status that is no success. */
function checkStatus(response: Response, { what, url }: Request, settings: HubSettings): void {
  if (response.ok) return;
  const { status } = response;
  if (passing.has(status)) throw new PassingFailure(`${what}: the server answers ${status}`, { pause: pauseOf(response) });
  const page = `${settings.endpoint}/${what.replace(/^hf:/, '').split(/[@:]/)[0]}`;
  if (status === 401 || status === 403) {
    const message = response.headers.get('x-error-code') === 'GatedRepo' ? 'its terms have not been accepted' : 'access is refused';
    throw new LlmxError('transfer', `${what}: ${message} (${status})`, `Visit ${page}${settings.token === undefined ? ', and set HF_TOKEN' : ''}`);
  }
  if (status === 404) throw new LlmxError('not-found', `${what}: not found (404)`, `Look for it at ${page}`);
  throw new LlmxError('transfer', `${what}: the server answers ${status} for ${new URL(url).pathname}`, 'Try again later, or from another network');
}

/** What a failed fetch says of itself lies in its cause. */
const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? ('code' in cause ? String(cause.code) : '') || cause.message : String(cause);
};

/** The token goes to the hub's own host and no other. */
const isHub = (url: string, { endpoint }: HubSettings): boolean => new URL(url).origin === new URL(endpoint).origin;

export async function request(asked: Request, settings: HubSettings): Promise<Response> {
  if (settings.offline)
    throw new LlmxError('not-found', `${asked.what}: not in the cache, and the network may not be used`, 'Leave out --offline (HF_HUB_OFFLINE)');
  let { url } = asked;
  for (let hop = 0; hop <= mostRedirects; hop++) {
    const headers = {
      'user-agent': 'llmx',
      'accept-encoding': 'identity',
      ...asked.headers,
      ...(settings.token !== undefined && isHub(url, settings) ? { authorization: `Bearer ${settings.token}` } : {}),
    };
    let response: Response;
    try {
      response = await fetch(url, { headers, redirect: 'manual', signal: asked.signal });
    } catch (error) {
      asked.signal.throwIfAborted();
      throw new PassingFailure(`${asked.what}: ${new URL(url).host} cannot be reached: ${reasonOf(error)}`, { cause: error });
    }
    if (response.status < 400) {
      try {
        asked.seen?.(response);
      } catch (error) {
        await response.body?.cancel().catch(() => {});
        throw error;
      }
    }
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) {
      if (!response.ok) await response.body?.cancel().catch(() => {});
      checkStatus(response, asked, settings);
      return response;
    }
    await response.body?.cancel().catch(() => {});
    const next = URL.canParse(location, url) ? new URL(location, url) : undefined;
    if (next === undefined || !/^https?:$/.test(next.protocol))
      throw new LlmxError('transfer', `${asked.what}: the server redirects to ${JSON.stringify(location).slice(0, 80)}`);
    if (new URL(url).protocol === 'https:' && next.protocol !== 'https:')
      throw new LlmxError('transfer', `${asked.what}: the server redirects from https to http`);
    url = next.href;
  }
  throw new LlmxError('transfer', `${asked.what}: more than ${mostRedirects} redirects`);
}

const mostTries = 5;
const firstPause = 200;

/** Runs work again, after ever longer pauses, as long as its failures may pass. `progressed`: it got further than before, and has all tries again. */
export async function withRetries<Value>(work: () => Promise<Value>, signal: AbortSignal, progressed: () => boolean = () => false): Promise<Value> {
  for (let failures = 0; ;) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof PassingFailure)) throw error;
      failures = progressed() ? 1 : failures + 1;
      if (failures >= mostTries) throw new LlmxError('transfer', error.message, 'Run it again: what is there already is kept', { cause: error });
      const pause = Math.max(error.pause, firstPause * 2 ** (failures - 1));
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause);
        signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
      });
      signal.throwIfAborted();
    }
  }
}

/** A body in parts; a silence that is too long, or a cut, is a failure that may pass. */
export async function* bodyParts(response: Response, what: string, { stallMilliseconds }: HubSettings): AsyncGenerator<Uint8Array, void, void> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const stall = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new PassingFailure(`${what}: no byte for ${stallMilliseconds / 1000} s`)), stallMilliseconds);
      });
      try {
        const { done, value } = await Promise.race([reader.read(), stall]);
        if (done) return;
        yield value;
      } catch (error) {
        if (error instanceof PassingFailure || error instanceof LlmxError) throw error;
        throw new PassingFailure(`${what}: the connection was cut: ${reasonOf(error)}`, { cause: error });
      } finally {
        clearTimeout(timer);
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
