// Slash commands of the plain loop: the few that need no screen.
import { startOver } from './messages.js';
import type { Conversation } from '../../core/jobs/chat/conversation.js';

interface PlainCommand {
  readonly names: readonly string[];
  readonly value?: string;
  readonly help: string;
  /** Text to print; `reply` answers the messages as they stand, `leave` ends the chat. */
  run(
    conversation: Conversation,
    value: string,
  ): { readonly text?: string; readonly then?: 'reply' | 'proceed' | 'leave'; readonly changed?: boolean; readonly begins?: boolean };
}

export const plainCommands: readonly PlainCommand[] = [
  { names: ['help', '?'], help: 'show this', run: () => ({ text: helpText() }) },
  { names: ['exit', 'quit', 'bye'], help: 'leave; so does Ctrl-D', run: () => ({ then: 'leave' }) },
  {
    names: ['retry'],
    help: 'another reply to the last message',
    run: (conversation) => {
      conversation.retract();
      return conversation.messages.some(({ role }) => role === 'user') ? { then: 'reply' } : { text: 'nothing was said yet' };
    },
  },
  {
    names: ['continue'],
    help: 'go on with the last reply',
    run: ({ proceed, messages }) =>
      proceed !== undefined && messages.at(-1)?.role === 'assistant' ? { then: 'proceed' } : { text: 'there is no reply to go on with' },
  },
  {
    names: ['undo'],
    help: 'take the last message and its reply back',
    run: (conversation) => {
      const message = conversation.undo();
      return message === undefined ? { text: 'nothing to take back' } : { text: `taken back: ${String(message['content'])}`, changed: true };
    },
  },
  {
    names: ['clear'],
    help: 'forget the messages',
    run: (conversation) => {
      conversation.clear();
      return { text: 'cleared', changed: true };
    },
  },
  {
    names: ['new'],
    help: 'begin a new conversation; the one before stays saved',
    run: (conversation) => {
      startOver(conversation);
      return { text: 'a new conversation', begins: true };
    },
  },
  {
    names: ['system'],
    value: 'TEXT',
    help: 'set the system message; without TEXT, none',
    run: (conversation, value) => {
      conversation.setSystem(value === '' ? undefined : value);
      return { text: value === '' ? 'no system message' : 'system message set', changed: true };
    },
  },
  {
    names: ['show'],
    help: 'what the model sees',
    run: (conversation) => ({ text: `${conversation.rendered()}\n(${conversation.context.used} of ${conversation.context.size} tokens)` }),
  },
];

const spelled = ({ names, value }: PlainCommand): string => `${names.map((name) => `/${name}`).join(' ')}${value === undefined ? '' : ` ${value}`}`;

export function helpText(): string {
  const width = Math.max(...plainCommands.map((command) => spelled(command).length));
  const rows = plainCommands.map((command) => `${spelled(command).padEnd(width)}  ${command.help}`);
  return [...rows, 'Ctrl-C stops a reply. A line that ends in \\ goes on; """ begins and ends several. // sends a slash.'].join('\n');
}

/** The command that a line asks for, `unknown`, or undefined for a line that is said. */
export function findPlainCommand(line: string): { readonly command: PlainCommand; readonly value: string } | 'unknown' | undefined {
  const [, name, value = ''] = /^\/([a-z?]+)(?:\s+(.*))?$/is.exec(line) ?? [];
  if (name === undefined) return undefined;
  const command = plainCommands.find(({ names }) => names.includes(name.toLowerCase()));
  return command === undefined ? 'unknown' : { command, value: value.trim() };
}
