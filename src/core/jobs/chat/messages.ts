// `llmx chat --messages`: messages in, one assistant message out, by the session logic of the screen.
import type { Job, JsonObject } from '../../base/event.js';
import type { ChatMessage } from '../../text/chat-template.js';
import { checkReference } from '../open-model.js';
import type { Reply } from './conversation.js';
import { openConversation, type ConversationOptions } from './open-conversation.js';
import type { ParsedMessages } from './parse-messages.js';

export interface MessagesOptions extends Omit<ConversationOptions, 'messages' | 'tools'> {
  /** Asked once it is known that the model is there, so that nobody is waited for in vain. */
  readonly input: () => Promise<ParsedMessages>;
}

export interface MessagesReport extends Omit<Reply, 'timings'> {
  readonly model: string;
  readonly device: string;
  readonly template: string;
  readonly context_length: number;
  readonly message: ChatMessage;
  readonly logprobs?: readonly JsonObject[];
  readonly timings: Reply['timings'] & { readonly load_ms: number };
}

export async function* answerMessages(options: MessagesOptions, signal: AbortSignal): Job<MessagesReport> {
  const { input, ...rest } = options;
  await checkReference(rest);
  const given = await input();
  const begin = performance.now();
  await using conversation = yield* openConversation({ ...rest, ...given }, signal);
  const loadedAt = performance.now();
  const logprobs: JsonObject[] = [];
  const replying = conversation.reply(undefined, signal);
  for (;;) {
    const step = await replying.next();
    if (step.done === true) {
      const { timings, ...reply } = step.value;
      const { reference, device, template } = conversation.model;
      return {
        ...{ model: reference, device, template, context_length: conversation.context.size },
        message: conversation.messages.at(-1)!,
        ...reply,
        ...(options.settings.logprobs === undefined ? {} : { logprobs }),
        timings: { load_ms: loadedAt - begin, ...timings },
      };
    }
    if (step.value.type === 'token' && options.settings.logprobs !== undefined) {
      const { id, text, logprob, top } = step.value;
      logprobs.push({ id, text, logprob, top: top?.map((each) => ({ ...each })) });
    }
    yield step.value;
  }
}
