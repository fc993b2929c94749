// What stands in for a chat template where a model has none: two ways to write a conversation as text that a base model can go on from.
import type { ChatMessage, ChatTemplate } from '../../text/chat-template.js';

export interface PlainForm extends ChatTemplate {
  /** Texts that end a reply. */
  readonly stop: readonly string[];
}

/** The text of a message, whose content may be a list of parts. */
export function contentOf({ content }: ChatMessage): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: unknown) => (typeof part === 'object' && part !== null && 'text' in part ? String(part.text) : '')).join('');
}

/** One running text: what the user writes begins a line, and the reply goes on where it ends. A system message is the first paragraph. */
const plain: PlainForm = {
  name: 'plain',
  stop: [],
  render: ({ messages }) => {
    let text = '';
    for (const message of messages) {
      const content = contentOf(message);
      if (message.role === 'assistant') text += content;
      else text += (text === '' || text.endsWith('\n') ? '' : '\n') + content + (message.role === 'system' ? '\n\n' : '');
    }
    return text;
  },
};

const speakers: Readonly<Record<string, string>> = { user: 'User', assistant: 'Assistant' };

/** Lines that name who speaks, behind the system message as a paragraph. A base model of some size answers in it. */
const transcript: PlainForm = {
  name: 'transcript',
  stop: ['\nUser:'],
  render: ({ messages, addGenerationPrompt }) => {
    const lines = messages.map((message) => {
      const content = contentOf(message);
      const speaker = speakers[message.role];
      if (speaker === undefined) return `${content}\n\n`;
      return `${speaker}:${/^\s|^$/.test(content) ? '' : ' '}${content}${content.endsWith('\n') ? '' : '\n'}`;
    });
    return lines.join('') + (addGenerationPrompt ? 'Assistant:' : '');
  },
};

export const plainForms = { plain, transcript } as const satisfies Record<string, PlainForm>;
