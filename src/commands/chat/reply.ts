// One reply from its events to the screen: what is read, what is thought, what is written. Draws at most 25 times a second.
import type { Event, Job } from '../../core/base/event.js';
import type { Reply } from '../../core/jobs/chat/conversation.js';
import type { Page } from './markdown/blocks.js';
import { createPlainStream } from './markdown/plain-stream.js';
import { createMarkdownStream } from './markdown/stream.js';
import type { ScreenState } from './state.js';
import type { Store } from './store.js';
import type { Line } from './text/line.js';
import { safeText } from './text/safe.js';
import { wrapSpans } from './text/wrap.js';
import type { Transcript } from './desk.js';
import { thoughtLine } from './views/thought.js';

const drawMilliseconds = 40;
/** While someone types, the reply leaves most frames to the keys. */
const typingMilliseconds = 100;
/** Drawing takes no more than a fifth of the time. */
const restFactor = 4;
/** Events that came at once leave room for keys. */
const busyMilliseconds = 12;
/** Characters of a thought that are laid out while it goes on. */
const thoughtWindow = 4000;

export interface ReplyScreen {
  readonly store: Store<ScreenState>;
  readonly transcript: Transcript;
  readonly page: () => Page;
  /** Tokens that the context holds by now. */
  readonly used: () => number;
  /** True shortly after a key. */
  readonly isTyping: () => boolean;
}

export interface ReplyResult {
  readonly reply: Reply;
  readonly thought: string;
}

/** Runs the job to its end. What it throws is thrown on, after what was written has been printed. */
export async function showReply(job: Job<Reply>, { store, transcript, page, used, isTyping }: ReplyScreen): Promise<ReplyResult> {
  const stream = store.get().raw ? createPlainStream() : createMarkdownStream();
  const began = performance.now();
  let thought = '';
  let thoughtTokens = 0;
  let thoughtIsOver = false;
  let tokens = 0;
  let firstAt: number | undefined;
  let printedAny = false;
  let timer: NodeJS.Timeout | undefined;
  let restMilliseconds = drawMilliseconds;

  const print = (lines: readonly Line[]): void => {
    transcript.print(lines, { close: printedAny });
    printedAny ||= lines.length > 0;
  };

  const endThought = (): void => {
    if (thoughtTokens === 0 || thoughtIsOver) return;
    thoughtIsOver = true;
    const { columns, thoughts } = store.get();
    const { ink } = page();
    const head = thoughtLine(thoughtTokens, (performance.now() - (firstAt ?? began)) / 1000, columns, ink);
    transcript.print([head, ...(thoughts === 'show' ? thoughtText(thought, page()) : [])]);
    store.change({ thought: undefined });
  };

  const draw = (): void => {
    const start = performance.now();
    timer = undefined;
    if (thoughtTokens > 0 && !thoughtIsOver) {
      const lines = store.get().thoughts === 'show' ? thoughtText(thought.slice(-thoughtWindow), page()) : [];
      store.change({ thought: { tokens: thoughtTokens, lines } });
    }
    if (tokens > 0) {
      const { finished, tail } = stream.take(page());
      if (finished.length > 0) print(finished);
      store.change({ tail, status: withSpeed(store.get().status, used(), tokens, firstAt, began) });
    }
    store.change({ tick: store.get().tick + 1 });
    restMilliseconds = Math.max(drawMilliseconds, restFactor * (performance.now() - start));
  };
  const drawSoon = (): void => {
    timer ??= setTimeout(draw, isTyping() ? Math.max(restMilliseconds, typingMilliseconds) : restMilliseconds);
  };

  const take = (event: Event): void => {
    if (event.type === 'progress') store.soon({ phase: readingPhase(event) });
    else if (event.type === 'warning') transcript.tell(`warning: ${event.message}${event.hint === undefined ? '' : ` (${event.hint})`}`, 'warning');
    else if (event.type === 'reasoning' || event.type === 'token') {
      firstAt ??= performance.now();
      if (store.get().phase.name !== 'reply') store.change({ phase: { name: 'reply' } });
      if (event.type === 'reasoning') {
        thought += event.text;
        thoughtTokens++;
      } else {
        endThought();
        stream.push(event.text);
        tokens++;
      }
      drawSoon();
    }
  };

  try {
    const reply = await drive(job, take);
    return { reply, thought };
  } finally {
    clearTimeout(timer);
    endThought();
    // In one change, so that no frame shows the tail twice or not at all.
    const rest = stream.end(page());
    store.change({ tail: [], thought: undefined });
    if (rest.length > 0) print(rest);
  }
}

const readingPhase = ({ phase, done, total, unit }: Event & { type: 'progress' }): ScreenState['phase'] => ({
  ...{ name: 'prompt', done, total, unit },
  words: phase === 'prompt' ? 'reading' : phase,
});

/** Hands all events on and returns the report; every now and then lets the event loop turn. */
export async function drive<Report>(job: Job<Report>, take: (event: Event) => void): Promise<Report> {
  let turned = performance.now();
  for (;;) {
    const step = await job.next();
    if (step.done === true) return step.value;
    take(step.value);
    if (performance.now() - turned < busyMilliseconds) continue;
    await new Promise((resolve) => setImmediate(resolve));
    turned = performance.now();
  }
}

export const thoughtText = (thought: string, { ink, columns }: Page): Line[] => {
  const look = ink.look('thought');
  return safeText(thought.trim())
    .split('\n')
    .flatMap((line) => wrapSpans([{ text: line, look }], columns - 2).map((row): Line => [{ text: '  ' }, ...row]));
};

/** `status` with what is known while the reply is written. */
function withSpeed(status: ScreenState['status'], used: number, tokens: number, firstAt = performance.now(), began = firstAt): ScreenState['status'] {
  if (status === undefined) return status;
  const seconds = (performance.now() - firstAt) / 1000;
  return {
    ...status,
    used,
    firstTokenSeconds: (firstAt - began) / 1000,
    ...(tokens > 1 && seconds > 0.2 ? { tokensPerSecond: (tokens - 1) / seconds } : {}),
  };
}
