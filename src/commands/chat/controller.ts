// The screen without its drawing: keys and sizes in, state out.
import { LlmxError } from '../../core/base/error.js';
import { slashCommands } from './commands/index.js';
import type { Desk, TerminalActions } from './desk.js';
import type { HistoryFile } from './editor/history-file.js';
import { paste } from './editor/pastes.js';
import { emptyEditor, setDraft } from './editor/state.js';
import { createKeyboard } from './keyboard.js';
import type { Key } from './keys.js';
import { createHighlighter } from './markdown/highlight.js';
import { isBegun, textOf } from './messages.js';
import type { ScreenContext, ScreenEnd, ScreenOptions } from './options.js';
import { createSender, userLines } from './sending.js';
import type { ScreenState } from './state.js';
import { isBusy } from './state.js';
import type { Store } from './store.js';
import { createStore } from './store.js';
import { createTalk } from './talk.js';
import type { Ink } from './text/line.js';
import { inkOf } from './text/line.js';
import type { Background } from './themes/background.js';
import { fromAnswer, fromEnvironment } from './themes/background.js';
import type { ThemeChoice } from './themes/index.js';
import { themes } from './themes/index.js';
import { createTranscript, pageOf } from './transcript.js';

export interface Controller {
  readonly store: Store<ScreenState>;
  ink(): Ink;
  key(key: Key): void;
  resize(columns: number, rows: number): void;
  leave(exit: ScreenEnd['exit']): void;
  /** Opens the model and serves until the user leaves. Rejects with what opening threw. */
  run(): Promise<ScreenEnd>;
}

export interface ControllerParts {
  readonly options: ScreenOptions;
  readonly context: ScreenContext;
  readonly terminal: TerminalActions;
  readonly history?: HistoryFile;
  readonly columns: number;
  readonly rows: number;
}

const turnMilliseconds = 100;
/** So long after a key someone is typing. */
const typingMilliseconds = 500;
/** Messages that are shown again when a conversation is gone on with. */
const shownPast = 20;

export function createController({ options, context, terminal, history, columns, rows }: ControllerParts): Controller {
  const store = createStore(initialState(options, columns, rows, history?.entries));
  let themeChoice: ThemeChoice = options.theme ?? 'auto';
  let background: Background | undefined = fromEnvironment(context.environment);
  let lastKey = -Infinity;
  let onAnswer: ((answer: string) => void) | undefined;
  let end: (end: ScreenEnd['exit']) => void = () => {};
  const ended = new Promise<ScreenEnd['exit']>((resolve) => (end = resolve));

  const colored = context.terminal.stdout.color;
  const ink = (): Ink => inkOf(colored ? themes[store.get().theme] : undefined);
  const setTheme = (choice: ThemeChoice): void => {
    themeChoice = choice;
    store.change({ theme: choice === 'auto' ? (background ?? 'dark') : choice });
  };
  setTheme(themeChoice);

  // Code that was plain is drawn again when its language has come.
  const highlighter = createHighlighter(() => store.change({ tick: store.get().tick + 1 }));
  const transcript = createTranscript(store, ink, highlighter);
  const talk = createTalk({
    ...{ options, store, transcript },
    page: () => pageOf(store.get(), ink(), highlighter),
    isTyping: () => performance.now() - lastKey < typingMilliseconds,
    ask: (question, choices) =>
      new Promise((resolve) => {
        onAnswer = resolve;
        store.change({ choice: { question, options: choices, at: 0 } });
      }),
  });
  const answered = (answer: string): void => {
    store.change({ choice: undefined });
    onAnswer?.(answer);
  };

  const desk: Desk = {
    ...{ options, context, store, transcript, terminal, ink, setTheme, commands: slashCommands },
    ...{
      conversation: talk.conversation,
      initialSettings: talk.initialSettings,
      save: talk.save,
      refresh: talk.refresh,
      stop: talk.stop,
      answerAnew: talk.answerAnew,
      beginSession: talk.beginSession,
      reply: talk.reply,
      proceed: talk.proceed,
    },
    get tally() {
      return talk.tally;
    },
    get lastThought() {
      return talk.lastThought;
    },
    // A long text stands in the draft as it was pasted: folded.
    setDraft: (text) => store.change({ editor: paste({ ...setDraft(store.get().editor, { text: '', cursor: 0 }), pastes: [] }, text) }),
    async open(words, job) {
      try {
        return await talk.open(words, job);
      } catch (error) {
        transcript.fail(error);
        return false;
      }
    },
    showPast() {
      const { messages } = talk.conversation();
      const past = messages.filter(({ role }) => role !== 'system');
      if (past.length > shownPast) transcript.tell(`… ${past.length - shownPast} messages before`);
      for (const message of past.slice(-shownPast)) {
        if (message.role === 'user') transcript.print(userLines(textOf(message), desk));
        else transcript.markdown(textOf(message));
      }
    },
    leave: (exit) => end(exit),
  };
  const sender = createSender(desk, history);
  const keyboard = createKeyboard(desk, sender, answered);

  /** Something was said, or a session is gone on with; an empty conversation makes no session. */
  const isWorthKeeping = (): boolean => talk.isKept || (talk.tally.turns > 0 && isBegun(talk.conversation()));

  const serve = async (): Promise<ScreenEnd['exit']> => {
    if (options.firstMessage !== undefined) sender.send(options.firstMessage);
    await talk.open('loading the model', (signal) => options.open(signal, {}));
    if (options.showsPast === true) desk.showPast();
    sender.sendQueued();
    return ended;
  };

  return {
    store,
    ink,
    key(key) {
      if (key.kind !== 'answer') {
        lastKey = performance.now();
        return keyboard(key);
      }
      background = fromAnswer(key.text.replace(/^11;/, '')) ?? background;
      if (themeChoice === 'auto') setTheme('auto');
    },
    resize: (width, height) => store.change({ columns: width, rows: height }),
    leave: desk.leave,
    async run() {
      const stopTurning = turn(store);
      const aborted = (): void => end(signalExit(context.signal));
      context.signal.addEventListener('abort', aborted, { once: true });
      if (context.signal.aborted) aborted();
      try {
        const exit = await Promise.race([serve(), ended]);
        await talk.settle();
        if (isWorthKeeping()) await talk.save();
        return { exit, turns: talk.tally.turns, ...(talk.session === undefined ? {} : { session: talk.session }) };
      } finally {
        context.signal.removeEventListener('abort', aborted);
        stopTurning();
        await talk.settle();
        await talk.close();
      }
    },
  };
}

/** Moves the spinner while anything runs; a reply that is written moves it itself. */
function turn(store: Store<ScreenState>): () => void {
  const timer = setInterval(() => {
    if (isBusy(store.get()) && store.get().phase.name !== 'reply' && !store.get().hidden) store.change({ tick: store.get().tick + 1 });
  }, turnMilliseconds);
  return () => clearInterval(timer);
}

const signalExit = ({ reason }: AbortSignal): 130 | 143 => (reason instanceof LlmxError && reason.exitCode === 143 ? 143 : 130);

function initialState(options: ScreenOptions, columns: number, rows: number, history: readonly string[] = []): ScreenState {
  return {
    ...{ printed: [], editor: emptyEditor(history), tick: 0, tail: [], thought: undefined, choice: undefined, menu: [], notice: '' },
    ...{ queued: undefined, editing: undefined, status: undefined, columns, rows, theme: 'dark', raw: false, hidden: false },
    phase: { name: 'opening', words: 'loading the model', done: 0, total: 0, unit: '' },
    thoughts: options.thoughts ?? 'fold',
  };
}
