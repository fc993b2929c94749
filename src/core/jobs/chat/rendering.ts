// A branch as the template writes it. Templates that refuse a system message get its text before the first message.
import type { JsonObject } from '../../base/event.js';
import type { ChatMessage, ChatTemplate } from '../../text/chat-template.js';
import { systemCount, type Branch } from './branches.js';
import { visibleMessages, withoutSystem } from './fit.js';

export interface RenderOptions {
  /** Ends where the reply begins. Default true. */
  readonly addGenerationPrompt?: boolean;
  readonly variables: JsonObject;
}

export type Renderer = (branch: Branch, options: RenderOptions) => string;

export function createRenderer(
  template: ChatTemplate,
  specialTokens: Readonly<Record<string, string>>,
  tools: readonly JsonObject[] | undefined,
): Renderer {
  return (branch, { addGenerationPrompt = true, variables }) => {
    const render = (messages: readonly ChatMessage[]): string =>
      template.render({ messages, addGenerationPrompt, variables, specialTokens, ...(tools === undefined ? {} : { tools }) });
    const messages = visibleMessages(branch);
    try {
      return render(messages);
    } catch (error) {
      if (systemCount(messages) === 0) throw error;
      try {
        return render(withoutSystem(messages));
      } catch {
        throw error;
      }
    }
  };
}
