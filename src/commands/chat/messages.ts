// Messages as text: their content may be a string or, as in OpenAI's interfaces, a list of parts.
import type { Conversation } from '../../core/jobs/chat/conversation.js';
import type { ChatMessage } from '../../core/text/chat-template.js';

export function textOf({ content }: ChatMessage): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) => (typeof part === 'object' && part !== null && 'text' in part && typeof part.text === 'string' ? part.text : ''))
    .join('');
}

export const ofRole = (messages: readonly ChatMessage[], role: string): readonly ChatMessage[] => messages.filter((message) => message.role === role);

export const systemOf = (messages: readonly ChatMessage[]): string | undefined => {
  const [first] = ofRole(messages, 'system');
  return first === undefined ? undefined : textOf(first);
};

/** Whether there is more than a system message. */
export const isBegun = ({ messages }: Pick<Conversation, 'messages'>): boolean => messages.some(({ role }) => role !== 'system');

/** Contents of fenced blocks. */
export const codeBlocks = (text: string): string[] =>
  [...text.matchAll(/^ {0,3}(`{3,}|~{3,})[^\n]*\n([^]*?)^ {0,3}\1[ \t]*$/gm)].map(([, , code]) => code!.replace(/\n$/, ''));

/** Empty, and without the branches of before; the system message stays. */
export function startOver(conversation: Conversation): void {
  const system = conversation.messages.filter(({ role }) => role === 'system');
  if (conversation.restore === undefined) conversation.clear();
  else conversation.restore({ branch: 'main', branches: { main: system } });
}
