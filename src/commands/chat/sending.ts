// Enter: a slash command is done, a message is sent, or waits for the model or for the reply before it.
import { LlmxError } from '../../core/base/error.js';
import type { SlashCommand } from './commands/command.js';
import { findCommand, nearestCommand } from './commands/index.js';
import type { Desk } from './desk.js';
import type { HistoryFile } from './editor/history-file.js';
import { isStandIn, label } from './editor/pastes.js';
import { remember } from './editor/recall.js';
import { afterSend } from './editor/state.js';
import { submit } from './editor/submit.js';
import { graphemes } from './text/graphemes.js';
import type { Line } from './text/line.js';
import { safeText } from './text/safe.js';
import { wrapSpans } from './text/wrap.js';
import { isBusy } from './state.js';

/** Lines of a message that are shown again above its reply. */
const shownLines = 20;

export interface Sender {
  enter(): void;
  /** Sends a message now, or as soon as it can be. */
  send(text: string, shown?: string): void;
  /** After something has ended: what waits is sent. */
  sendQueued(): void;
}

/** A message that waits, and how it is shown. */
interface Waiting {
  readonly text: string;
  readonly shown: string;
}

export function createSender(desk: Desk, history: HistoryFile | undefined): Sender {
  const { store, transcript } = desk;
  let waiting: Waiting | undefined;

  const remembered = (entry: string): void => {
    const { editor } = store.get();
    const entries = remember(editor.history, entry);
    if (entries !== editor.history) history?.append(entry);
    store.change({ editor: afterSend({ ...editor, history: entries }), menu: [], notice: '' });
  };

  const runCommand = async (text: string): Promise<void> => {
    const [, name = '', argument = ''] = /^\/(\S*)\s*([^]*)$/.exec(text) ?? [];
    const found = findCommand(name);
    if (found === undefined) {
      const near = nearestCommand(name);
      const hint =
        near === undefined
          ? '/help lists all; a space before the slash sends it as it is'
          : `Did you mean /${near}? A space before the slash sends it as it is`;
      return transcript.fail(new LlmxError('usage', `there is no command /${name}`, hint));
    }
    const command: SlashCommand = found.command;
    if (isBusy(store.get()) && command.anytime !== true) return store.change({ notice: 'Wait for the model, or stop it with Esc' });
    remembered(text);
    transcript.tell(`> ${text}`);
    try {
      await command.run(argument.trim(), desk);
    } catch (error) {
      transcript.fail(error);
    }
  };

  const say = async ({ text, shown }: Waiting): Promise<void> => {
    const { editing } = store.get();
    store.change({ editing: undefined, notice: '' });
    transcript.print(userLines(shown, desk));
    let failed = false;
    try {
      if (editing === undefined) await desk.reply(text);
      else await desk.answerAnew((conversation) => conversation.edit(editing, text));
    } catch (thrown) {
      failed = true;
      transcript.fail(thrown);
      // A refusal has taken the message back: here it is again.
      if (store.get().editor.text === '') {
        desk.setDraft(text);
        store.change({ editing });
      }
    }
    sendQueued(failed || desk.tally.last?.finish_reason === 'interrupted');
  };

  const send = (text: string, shown = text): void => {
    if (!isBusy(store.get())) return void say({ text, shown });
    waiting = { text, shown };
    store.change({ queued: shown });
  };

  /** What waits is given back where what it waited for was `stopped`. */
  const sendQueued = (stopped: boolean): void => {
    if (waiting === undefined || isBusy(store.get())) return;
    const next = waiting;
    waiting = undefined;
    store.change({ queued: undefined });
    if (!stopped) return void say(next);
    if (store.get().editor.text === '') return desk.setDraft(next.text);
    // Two texts in one draft would be one message, or a command's argument.
    transcript.tell('what waited was not sent; the history has it (Up)');
  };

  return {
    enter() {
      const { editor, queued } = store.get();
      const submission = submit(editor);
      if (submission.kind === 'nothing') return;
      if (submission.kind === 'more') return store.change({ editor: submission.editor });
      const { text } = submission;
      if (/^\/(?!\/)/.test(text)) return void runCommand(text);
      if (isBusy(store.get()) && queued !== undefined) return store.change({ notice: 'One message waits already' });
      const shown = graphemes(editor.text.trimEnd())
        .map((each) => (isStandIn(each) ? label(each, editor.pastes) : each))
        .join('');
      remembered(text);
      send(literal(text), literal(shown));
    },
    send,
    sendQueued: () => sendQueued(false),
  };
}

/** ` /etc` and `//etc` are `/etc`. */
const literal = (text: string): string => text.replace(/^(?: +\/|\/\/)/, '/');

/** What the user said, as it stands above the reply. */
export function userLines(text: string, { store, ink }: Pick<Desk, 'store' | 'ink'>): Line[] {
  const [mark, look] = [ink().look('prompt'), ink().look('user')];
  const lines = safeText(text)
    .split('\n')
    .flatMap((line) => wrapSpans([{ text: line, look }], store.get().columns - 2));
  const shown = lines.slice(0, shownLines).map((line, index): Line => [{ text: index === 0 ? '> ' : '  ', look: mark }, ...line]);
  const more = lines.length - shown.length;
  return more > 0 ? [...shown, [{ text: `  … ${more} more lines`, look: ink().look('notice') }]] : shown;
}
