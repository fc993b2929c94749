// OpenAI-style messages out of text: JSON lines, an array, or an object with `messages`. Anything else is one clear error.
import { LlmxError } from '../../base/error.js';
import type { JsonObject } from '../../base/event.js';
import type { ChatMessage } from '../../text/chat-template.js';
import { quoted } from '../../text/quoted.js';

export interface ParsedMessages {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly JsonObject[];
}

const mostMessages = 100_000;
const deepest = 64;
const hint = 'A message is {"role": "user", "content": "Hello"}: one a line, in an array, or as {"messages": [...]}';

const malformed = (place: string, what: string, cause?: unknown): LlmxError =>
  new LlmxError('malformed', `${place}: ${what}`, hint, cause === undefined ? {} : { cause });

function parse(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw malformed(place, 'not JSON', error);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Level by level, so that no nesting is too deep to be looked at. */
export function isDeep(value: unknown, limit = deepest): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return false;
}

/** Parts that are text become one text, which every template takes; others are left to the template. */
function joined(content: unknown): unknown {
  if (!Array.isArray(content)) return content;
  const texts = content.map((part: unknown) =>
    isObject(part) && part['type'] === 'text' && typeof part['text'] === 'string' ? part['text'] : undefined,
  );
  return texts.every((text) => text !== undefined) ? texts.join('') : content;
}

/** The type of a part that no template makes text of. */
const mediaOf = (part: unknown): string | undefined => {
  const type = isObject(part) ? part['type'] : undefined;
  return typeof type === 'string' && /image|audio|video|file/i.test(type) ? type : undefined;
};

/** What is wrong with a message; undefined for a good one. `place` names it in an error. */
export function checkMessage(value: unknown, place: string): ChatMessage {
  if (!isObject(value)) throw malformed(place, 'a message is a JSON object');
  const { role, content } = value;
  if (typeof role !== 'string' || role === '') throw malformed(place, 'a message without a role');
  if (content !== undefined && content !== null && typeof content !== 'string' && !Array.isArray(content))
    throw malformed(place, 'the content of a message is a text or a list of parts');
  if (content === undefined && value['tool_calls'] === undefined) throw malformed(place, 'a message without content');
  const unread = Array.isArray(content) ? content.map(mediaOf).find((kind) => kind !== undefined) : undefined;
  if (unread !== undefined) throw new LlmxError('unsupported', `${place}: a part of the type ${quoted(unread)}, and only text is read`, hint);
  if (isDeep(value)) throw malformed(place, `a message is nested deeper than ${deepest} levels`);
  return { ...(value as JsonObject), role, content: joined(content) as string };
}

function checkAll(values: readonly unknown[], place: string): readonly ChatMessage[] {
  if (values.length > mostMessages) throw malformed(place, `${values.length} messages; there may be ${mostMessages}`);
  return values.map((value, index) => checkMessage(value, `${place}, message ${index + 1}`));
}

function checkTools(value: unknown, place: string): readonly JsonObject[] {
  if (!Array.isArray(value) || !value.every(isObject) || isDeep(value)) throw malformed(place, 'tools is a list of JSON objects');
  return value as JsonObject[];
}

function parseLines(text: string, place: string): readonly ChatMessage[] {
  const lines = text.split('\n').map((line, index) => ({ line: line.trim(), number: index + 1 }));
  const full = lines.filter(({ line }) => line !== '');
  if (full.length > mostMessages) throw malformed(place, `${full.length} messages; there may be ${mostMessages}`);
  return full.map(({ line, number }) => checkMessage(parse(line, `${place}, line ${number}`), `${place}, line ${number}`));
}

/** The whole text where it is one JSON value, else its lines. */
function wholeOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `place` names the file in errors. Throws LlmxError('malformed'). */
export function parseMessages(text: string, place: string): ParsedMessages {
  const clean = text.replace(/^\ufeff/, '');
  const trimmed = clean.trim();
  if (trimmed === '') throw malformed(place, 'no messages');
  const whole = wholeOf(trimmed);
  const list = Array.isArray(whole) ? whole : isObject(whole) && 'messages' in whole ? whole['messages'] : undefined;
  if (list === undefined) {
    if (trimmed.startsWith('[')) parse(trimmed, place);
    return { messages: parseLines(clean, place) };
  }
  if (!Array.isArray(list)) throw malformed(place, 'messages is not a list');
  const messages = checkAll(list, place);
  if (messages.length === 0) throw malformed(place, 'no messages');
  const tools = isObject(whole) && whole['tools'] !== undefined && whole['tools'] !== null ? checkTools(whole['tools'], place) : undefined;
  return { messages, ...(tools === undefined ? {} : { tools }) };
}
