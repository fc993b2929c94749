// Options of conversations: what the model is told, how that is written, where it is kept.
import { LlmxError } from '../../../core/base/error.js';
import type { JsonObject } from '../../../core/base/event.js';
import type { Context } from '../context.js';
import type { FlagValues } from '../flag.js';
import { flagGroup } from '../flag.js';
import { readTextOf } from '../read-text.js';

export const messageFlags = flagGroup('Chat options', {
  messages: { kind: 'string', value: 'FILE', help: 'OpenAI-style messages: JSON lines, an array, or {"messages": [...]}; - is stdin' },
  system: { kind: 'string', single: ['sys'], aliases: ['system-prompt'], value: 'TEXT', help: 'System message' },
  systemFile: {
    kind: 'string',
    single: ['sysf'],
    aliases: ['system-prompt-file'],
    value: 'FILE',
    conflicts: ['system'],
    help: 'Read the system message from a file',
  },
  chatTemplate: {
    kind: 'string',
    aliases: ['chat-template-file'],
    value: 'NAME',
    default: 'auto',
    help: "Chat template: auto (the model's), none, plain, transcript, a file or a built-in name (llmx help chat-templates)",
  },
  chatTemplateKwargs: { kind: 'string', value: 'JSON', help: 'Variables of the template, for example {"enable_thinking": false}' },
  reasoning: { kind: 'choice', choices: ['auto', 'on', 'off'], value: 'WHEN', default: 'auto', help: 'Whether the model thinks before it answers' },
});

export const sessionFlags = flagGroup('Session options', {
  continue: { kind: 'boolean', conflicts: ['resume', 'session', 'messages'], help: 'Go on with the last session' },
  resume: { kind: 'string', value: 'ID', conflicts: ['session', 'messages'], help: 'Go on with a session by id or name' },
  session: { kind: 'string', value: 'NAME', conflicts: ['messages'], help: 'Go on with the session of this name, or begin it' },
  save: { kind: 'boolean', default: true, help: 'Keep no session, and no history of what was typed' },
});

const policies = ['ask', 'stop', 'slide', 'summarize'] as const;

export const screenFlags = flagGroup('Chat options', {
  prompt: { kind: 'string', short: 'p', value: 'TEXT', conflicts: ['messages'], help: 'First message' },
  contextOverflow: {
    kind: 'choice',
    long: 'ctx-overflow',
    choices: policies,
    value: 'HOW',
    default: 'ask',
    help: 'When the context is full: ask, stop the reply, drop the oldest turns (slide), or have them summarized',
  },
  plain: { kind: 'boolean', help: 'Lines of text, nothing is redrawn, and the commands that need no screen; for screen readers and TERM=dumb' },
  theme: { kind: 'choice', choices: ['auto', 'dark', 'light', 'mono'], value: 'NAME', default: 'auto', setting: true, help: 'Colours' },
  altScreen: { kind: 'boolean', setting: true, help: 'Use the alternate screen, which leaves nothing behind' },
});

type MessageValues = FlagValues<typeof messageFlags>;

/** The system message, where one is asked for. */
export async function readSystem({ system, systemFile }: MessageValues, context: Context): Promise<string | undefined> {
  return systemFile === undefined ? system : (await readTextOf(systemFile, '--system-file', context)).replace(/\r?\n$/, '');
}

/** Variables of the template. Templates know thinking by `enable_thinking`; what is given by name counts more. */
export function readVariables({ chatTemplateKwargs: text, reasoning }: MessageValues): JsonObject {
  const thinking: JsonObject = reasoning === 'auto' ? {} : { enable_thinking: reasoning === 'on' };
  if (text === undefined) return thinking;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...thinking, ...(value as JsonObject) };
  } catch {
    // The same words for all that is no object.
  }
  throw new LlmxError('usage', `--chat-template-kwargs takes a JSON object, not '${text}'`, `For example '{"enable_thinking": false}'`);
}
