// `llmx chat --plain`: a loop over lines for dumb terminals and screen readers. Nothing is redrawn; Ctrl-C stops a reply, twice leaves.
import { asLlmxError, LlmxError } from '../../core/base/error.js';
import type { Job } from '../../core/base/event.js';
import type { Conversation, Reply } from '../../core/jobs/chat/conversation.js';
import type { Context } from '../shell/context.js';
import { errorText } from '../shell/errors.js';
import { openLines, readMessage, type Lines } from './lines.js';
import type { ScreenEnd, ScreenOptions } from './options.js';
import { findPlainCommand } from './plain-commands.js';

type PlainContext = Pick<Context, 'signal' | 'print' | 'note' | 'onInterrupt'>;

/** A second Ctrl-C within this time leaves. */
const twiceMilliseconds = 2000;

interface Loop {
  readonly conversation: Conversation;
  readonly context: PlainContext;
  readonly lines: Lines;
  readonly sessions: ScreenOptions['sessions'];
  /** Of the running reply. */
  stop: AbortController | undefined;
  turns: number;
  /** By what the session is found, once it is written. */
  session: string | undefined;
  /** The session is in a file, or will be in one with the next save. */
  isKept: boolean;
}

/** Ctrl-C: stops the reply that runs, or says how to leave; the second one leaves. */
function watchInterrupts(loop: Loop): { readonly end: () => void; readonly wasLeft: () => boolean } {
  let last = -Infinity;
  let left = false;
  const end = loop.context.onInterrupt(() => {
    const now = performance.now();
    left ||= now - last < twiceMilliseconds;
    last = now;
    loop.stop?.abort(new LlmxError('interrupted', 'interrupted'));
    if (left) loop.lines.end();
    else if (loop.stop === undefined) void loop.context.print('\n(Ctrl-C again, /exit or Ctrl-D leaves)\n> ');
  });
  return { end, wasLeft: () => left };
}

async function save(loop: Loop): Promise<void> {
  if (loop.sessions === undefined) return;
  loop.session = await loop.sessions.save(loop.conversation);
  loop.isKept = true;
}

/** A reply as it comes. Its warnings and thoughts go to stderr by way of events; progress would have to be redrawn. */
async function* speak(loop: Loop, begin: (signal: AbortSignal) => Job<Reply>): Job<void> {
  const { context } = loop;
  loop.stop = new AbortController();
  let text = '';
  try {
    const job = begin(AbortSignal.any([context.signal, loop.stop.signal]));
    for (;;) {
      const step = await job.next();
      if (step.done === true) {
        if (!text.endsWith('\n')) await context.print('\n');
        if (step.value.finish_reason === 'interrupted') context.note('(stopped)');
        if (step.value.finish_reason === 'length') context.note(`(cut after ${step.value.completion_tokens} tokens; /continue goes on)`);
        break;
      }
      const event = step.value;
      if (event.type === 'token') {
        text += event.text;
        await context.print(event.text);
      }
      if (event.type === 'warning' || event.type === 'reasoning') yield event;
    }
    loop.turns++;
    await save(loop);
  } catch (thrown) {
    context.signal.throwIfAborted();
    await context.print(`${text === '' ? '' : '\n'}${errorText(asLlmxError(thrown), 0, { color: false })}`);
  } finally {
    loop.stop = undefined;
  }
}

/** Does what a command says; gives what is to come next. */
async function obey(loop: Loop, line: string): Promise<'reply' | 'proceed' | 'leave' | undefined> {
  const found = findPlainCommand(line);
  if (found === 'unknown' || found === undefined) {
    await loop.context.print(`there is no command ${line.split(/\s/)[0]}; /help lists them\n`);
    return undefined;
  }
  const { text, then, changed, begins } = found.command.run(loop.conversation, found.value);
  if (text !== undefined) await loop.context.print(`${text}\n`);
  if (begins === true) {
    loop.sessions?.begin();
    [loop.session, loop.isKept] = [undefined, false];
  }
  if (changed === true && loop.isKept) await save(loop);
  return then;
}

async function* talk(loop: Loop, first: string | undefined): Job<void> {
  const { conversation, context, lines } = loop;
  let said = first;
  for (;;) {
    said ??= await readMessage(lines, (goesOn) => context.print(goesOn ? '... ' : '> '));
    if (said === undefined) return;
    const line = said;
    said = undefined;
    if (line.trim() === '') continue;
    if (line.startsWith('/') && !line.startsWith('//')) {
      const next = await obey(loop, line);
      if (next === 'leave') return;
      if (next === 'reply') yield* speak(loop, (signal) => conversation.reply(undefined, signal));
      if (next === 'proceed') yield* speak(loop, (signal) => conversation.proceed!(signal));
    } else yield* speak(loop, (signal) => conversation.reply(line.replace(/^(?: (?=\/)|\/(?=\/))/, ''), signal));
  }
}

export async function* plainLoop(options: ScreenOptions, context: PlainContext, input: NodeJS.ReadableStream): Job<ScreenEnd> {
  await using conversation = yield* options.open(context.signal, {});
  const lines = openLines(input, context.signal);
  const { sessions, showsPast: isKept = false } = options;
  const loop: Loop = { conversation, context, lines, sessions, isKept, stop: undefined, turns: 0, session: undefined };
  const interrupts = watchInterrupts(loop);
  try {
    await context.print('/help lists commands, /exit leaves\n');
    if (isKept)
      for (const { role, content } of conversation.messages)
        if (role !== 'system') await context.print(`${role === 'user' ? '> ' : ''}${String(content)}\n`);
    yield* talk(loop, options.firstMessage);
    const wasLeft = interrupts.wasLeft();
    await context.print('\n');
    return { exit: wasLeft ? 130 : 0, turns: loop.turns, ...(loop.session === undefined ? {} : { session: loop.session }) };
  } finally {
    interrupts.end();
    lines.close();
  }
}
