// llmx chat: a conversation on a terminal, and the same logic for scripts with --messages.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LlmxError } from '../core/base/error.js';
import type { Job, JsonObject } from '../core/base/event.js';
import type { ChatSettings, Conversation } from '../core/jobs/chat/conversation.js';
import type { MessagesReport } from '../core/jobs/chat/messages.js';
import type { ConversationOptions } from '../core/jobs/chat/open-conversation.js';
import type { FoundSession } from '../core/jobs/chat/session-file.js';
import type { ScreenEnd, ScreenOptions } from './chat/options.js';
import { defineCommand } from './shell/command.js';
import type { Context } from './shell/context.js';
import type { FlagValues } from './shell/flag.js';
import { messageFlags, readSystem, readVariables, screenFlags, sessionFlags } from './shell/flags/chat.js';
import { generationFlags } from './shell/flags/generation.js';
import { modelChoice, modelFlags } from './shell/flags/model.js';
import { readSampling, samplingFlags } from './shell/flags/sampling.js';
import { readTextOf } from './shell/read-text.js';
import { shellWord } from './shell/shell-word.js';

const { predict, stop, ignoreEos, logprobs } = generationFlags;
const flagTable = { ...messageFlags, ...screenFlags, ...sessionFlags, predict, stop, ignoreEos, logprobs, ...samplingFlags, ...modelFlags };
type Flags = FlagValues<typeof flagTable>;

/** Without --threads the backend takes every physical core. */
const allCores = 0;

export const command = defineCommand({
  examples: [
    'llmx chat',
    'llmx chat model.gguf --system "Answer briefly." --temp 0.6',
    'llmx chat --continue',
    'llmx chat --messages chat.jsonl --json',
  ],
  description:
    'A screen on a terminal; sessions are kept after every turn. /help in it, or llmx help slash-commands, lists its commands and keys. With --messages no terminal is needed: the messages are answered, and stdout gets one assistant message as JSON. A base model without a chat template goes on with what is said, as one text.',
  arguments: { reference: { optional: true, help: 'Model: a file, a folder, hf:org/name or builtin:storyteller' } },
  flags: flagTable,
  exits: [0, 1, 2, 4, 5, 130],
  async *run({ reference }, flags, context): Job<MessagesReport | ScreenEnd> {
    checkModel(reference, context);
    if (flags.messages === undefined) return yield* talk(reference, flags, context);
    const [{ answerMessages }, { parseMessages }] = await Promise.all([
      import('../core/jobs/chat/messages.js'),
      import('../core/jobs/chat/parse-messages.js'),
    ]);
    const path = flags.messages;
    const input = async () => parseMessages(await readTextOf(path, '--messages', context), path === '-' ? 'stdin' : path);
    return yield* answerMessages({ ...(await conversationOptions(reference, flags, context)), input }, context.signal);
  },
  human: (report) => ('message' in report ? JSON.stringify(report.message) : ''),
  notes: (report) => {
    if ('message' in report) return report.finish_reason === 'length' ? [`stopped after ${report.completion_tokens} tokens`] : [];
    return report.session === undefined ? [] : [`llmx chat --resume ${shellWord(report.session)} goes on with this`];
  },
  exit: (report) => ('exit' in report ? report.exit : 0),
});

function checkModel(reference: string | undefined, context: Context): void {
  if (reference !== undefined && (context.source('model') === 'flag' || context.source('hfRepo') === 'flag'))
    throw new LlmxError('usage', `'${reference}' and -m are two models`, 'Give one of them');
}

function settingsOf(flags: Flags): ChatSettings {
  return {
    sampling: readSampling(flags),
    maxTokens: flags.predict,
    stop: flags.stop,
    contextPolicy: flags.contextOverflow,
    variables: readVariables(flags),
    ...(flags.logprobs === undefined ? {} : { logprobs: flags.logprobs }),
  };
}

async function conversationOptions(reference: string | undefined, flags: Flags, context: Context): Promise<ConversationOptions> {
  const system = await readSystem(flags, context);
  return {
    ...modelChoice(flags, context),
    ...(reference === undefined ? {} : { reference }),
    device: flags.device,
    gpuLayers: flags.gpuLayers,
    threads: flags.threads ?? allCores,
    contextLength: flags.contextSize,
    chunk: flags.batchSize,
    cacheFormat: flags.cacheType,
    chatTemplate: flags.chatTemplate,
    ignoreEos: flags.ignoreEos,
    settings: settingsOf(flags),
    ...(system === undefined ? {} : { system }),
  };
}

function checkTerminal({ terminal: { stdin, stdout }, output }: Context): void {
  const scripts = 'For pipes and scripts there are llmx run and llmx chat --messages FILE';
  if (output !== 'text') throw new LlmxError('usage', `--${output} has nothing to say of a screen`, scripts);
  if (!stdin.tty || !stdout.tty) throw new LlmxError('usage', `llmx chat needs a terminal: ${stdin.tty ? 'stdout' : 'stdin'} is none`, scripts);
}

/** The session to go on with, and the name of the one that is begun otherwise. */
async function chooseSession(flags: Flags, folder: string): Promise<{ readonly found?: FoundSession; readonly name?: string }> {
  const { findSession, latest, requireSession } = await import('../core/jobs/chat/sessions.js');
  if (flags.session !== undefined) {
    const found = await findSession(folder, flags.session, true);
    return found === undefined ? { name: flags.session } : { found };
  }
  const wanted = flags.continue ? latest : flags.resume;
  return wanted === undefined ? {} : { found: await requireSession(folder, wanted) };
}

/** A template is kept beside the settings; a file's path means the same from wherever the session is gone on with. */
const templateKey = 'chat-template';
const lastingTemplate = (template: string): string => (existsSync(template) ? resolve(template) : template);

async function* talk(reference: string | undefined, flags: Flags, context: Context): Job<ScreenEnd> {
  checkTerminal(context);
  const { keptSettings, restoredSettings } = await import('./chat/kept-settings.js');
  const folder = join(context.directories.data, 'sessions');
  const { found, name } = await chooseSession(flags, folder);
  const isChosen = reference !== undefined || ['model', 'hfRepo'].some((key) => context.source(key) === 'flag');
  const base = await conversationOptions(reference ?? (isChosen ? undefined : found?.header.model), flags, context);
  const isGiven = (option: string): boolean => context.source(option) === 'flag';
  const template = found?.settings[templateKey];
  const chatTemplate = isChosen || isGiven('chatTemplate') || typeof template !== 'string' ? base.chatTemplate : template;
  const settingsOf = ({ settings }: Conversation): JsonObject => ({ ...keptSettings(settings), [templateKey]: lastingTemplate(chatTemplate) });
  const applySettings = (conversation: Conversation, kept: JsonObject): readonly string[] => {
    const { settings, problems } = restoredSettings(conversation.settings, kept, isGiven);
    conversation.configure(settings);
    return problems;
  };
  const { createSessionStore, warnSettings } = await import('../core/jobs/chat/sessions.js');
  let isFirst = true;
  // What runs models comes after the screen stands.
  const open: ScreenOptions['open'] = async function* (signal, request) {
    const { openConversation } = await import('../core/jobs/chat/open-conversation.js');
    const conversation = yield* openConversation({ ...base, chatTemplate, ...request }, signal);
    if (isFirst && found !== undefined) {
      conversation.restore(found.transcript);
      yield* warnSettings(applySettings(conversation, found.settings));
      if (base.system !== undefined) conversation.setSystem(base.system);
    }
    isFirst = false;
    return conversation;
  };
  const options: ScreenOptions = {
    open,
    ...(flags.save ? { historyFile: join(context.directories.state, 'chat-history') } : {}),
    theme: flags.theme,
    ...(flags.save
      ? { sessions: createSessionStore({ ...{ folder, open, settingsOf, applySettings }, ...(name === undefined ? {} : { name }) }, found) }
      : {}),
    ...(flags.prompt === undefined ? {} : { firstMessage: flags.prompt }),
    ...(found === undefined ? {} : { showsPast: true }),
  };
  const { environment } = context;
  if (flags.plain || environment.TERM === 'dumb' || environment.INK_SCREEN_READER) {
    const { plainLoop } = await import('./chat/plain-loop.js');
    return yield* plainLoop(options, context, process.stdin);
  }
  const { startScreen } = await import('./chat/screen.js');
  if (!flags.altScreen) return startScreen(options, context);
  const { onAlternateScreen } = await import('./chat/alternate-screen.js');
  return onAlternateScreen(process.stdout, () => startScreen(options, context));
}
