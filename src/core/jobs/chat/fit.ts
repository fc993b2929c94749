// What the model sees of a conversation that is longer than its context. Pure but for asking how long a text is; knows no engine.
import { LlmxError } from '../../base/error.js';
import type { Event } from '../../base/event.js';
import type { ChatMessage } from '../../text/chat-template.js';
import { systemCount, type Branch } from './branches.js';
import { contentOf } from './plain-forms.js';

export interface Prompt {
  readonly text: string;
  readonly ids: readonly number[];
}

export interface Room {
  /** Tokens that there may be. */
  readonly size: number;
  /** Most tokens of the reply; -1 for as many as there are. */
  readonly maxTokens: number;
}

/** Messages as the model sees them: without the hidden ones, the note behind the system message. */
export function visibleMessages({ messages, hidden, note }: Branch): readonly ChatMessage[] {
  const system = messages.slice(0, systemCount(messages));
  const rest = messages.slice(system.length + hidden);
  if (note === undefined) return [...system, ...rest];
  const text = [...system.map(contentOf), `Summary of what was said before:\n${note}`].join('\n\n');
  return [{ ...(system[0] ?? { role: 'system' }), content: text }, ...rest];
}

/** The same for templates that take no system message: the note stands before the first message. */
export function withoutSystem(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const count = systemCount(messages);
  const first = messages[count];
  if (count === 0 || first === undefined) return messages;
  return [{ ...first, content: `${contentOf(messages[0]!)}\n\n${contentOf(first)}` }, ...messages.slice(count + 1)];
}

const wanted = (maxTokens: number): number => (maxTokens < 0 ? Infinity : maxTokens);

/** Tokens that a reply must have at least, or the conversation does not fit: a sixteenth of the context, or all that is asked for. */
export const leastReply = ({ size, maxTokens }: Room): number => Math.max(1, Math.min(wanted(maxTokens), Math.floor(size / 16)));
/** Tokens that are free for the reply once something was dropped: a quarter, so that this does not happen at every turn. */
const roomyReply = ({ size, maxTokens }: Room): number => Math.max(1, Math.min(wanted(maxTokens), Math.floor(size / 4)));

export const fits = ({ ids }: Prompt, room: Room): boolean => ids.length + leastReply(room) <= room.size;

function exceeded(what: string, { ids }: Prompt, room: Room, hint: string): LlmxError {
  const surplus = ids.length + leastReply(room) - room.size;
  return new LlmxError(
    'context-exceeded',
    `${what} has ${ids.length} tokens, ${surplus} more than fit beside a reply in the context of ${room.size}`,
    hint,
  );
}

export const tooLong = (prompt: Prompt, room: Room): LlmxError =>
  exceeded('the conversation', prompt, room, 'Raise --ctx-size, take something back, or choose --ctx-overflow slide or summarize');

export const lastTooLong = (prompt: Prompt, room: Room): LlmxError =>
  exceeded('the last message', prompt, room, 'Raise --ctx-size, or say it in parts');

/** A branch, and what the model sees of it. */
export interface Fitted {
  readonly branch: Branch;
  readonly prompt: Prompt;
}

/** Places where the messages may begin that the model sees: user messages, counted behind the system message. The last stays in any case. */
function beginnings({ messages, hidden }: Branch): readonly number[] {
  const skip = systemCount(messages);
  const places = messages.flatMap(({ role }, index) => (index >= skip && role === 'user' ? [index - skip] : []));
  return places.filter((place) => place > hidden);
}

/** Hides the fewest oldest turns that make room for a reply, or all but the last message, which `fits` or is too long by itself. */
export function slide(branch: Branch, render: (branch: Branch) => Prompt, room: Room): Fitted {
  const places = beginnings(branch);
  const at = (index: number): Fitted => {
    const shorter = { ...branch, hidden: places[index] ?? branch.hidden };
    return { branch: shorter, prompt: render(shorter) };
  };
  let [low, high] = [0, Math.max(0, places.length - 1)];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(middle).prompt.ids.length + roomyReply(room) <= room.size) high = middle;
    else low = middle + 1;
  }
  return at(low);
}

export const slidWarning = (dropped: number, before: Prompt, after: Prompt, { size }: Room): Event => ({
  type: 'warning',
  code: 'context-slid',
  message: `the ${dropped === 1 ? 'oldest message is' : `${dropped} oldest messages are`} no longer seen by the model: ${before.ids.length} tokens do not fit beside a reply in the context of ${size}, ${after.ids.length} are left`,
});

export const summarizedWarning = (dropped: number, before: Prompt, after: Prompt, { size }: Room): Event => ({
  type: 'warning',
  code: 'context-summarized',
  message: `the ${dropped === 1 ? 'oldest message is' : `${dropped} oldest messages are`} seen by the model as a summary alone: ${before.ids.length} tokens do not fit beside a reply in the context of ${size}, ${after.ids.length} are left`,
});

export const fullWarning = (used: number, { size }: Room): Event => ({
  type: 'warning',
  code: 'context-full',
  message: `the context of ${size} tokens is full (${used} are used); the reply ends there`,
  hint: 'Raise --ctx-size, or choose --ctx-overflow slide or summarize',
});
