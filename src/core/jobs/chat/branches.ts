// What was said, in all branches of a conversation, and the ways to change it. Pure: knows no model and no tokens.
import { LlmxError } from '../../base/error.js';
import type { ChatMessage } from '../../text/chat-template.js';
import type { Transcript } from './conversation.js';

export interface Branch {
  readonly messages: readonly ChatMessage[];
  /** Messages behind the system message that the model no longer sees, oldest first. */
  readonly hidden: number;
  /** What stands in for them. */
  readonly note?: string;
}

export interface Branches {
  readonly names: readonly string[];
  readonly name: string;
  readonly current: Branch;
  readonly transcript: Transcript;
  set(branch: Branch): void;
  fork(name?: string): string;
  switchTo(name: string): void;
  restore(transcript: Transcript): void;
}

const empty: Branch = { messages: [], hidden: 0 };

export const isSystem = ({ role }: ChatMessage): boolean => role === 'system' || role === 'developer';
const isUser = ({ role }: ChatMessage): boolean => role === 'user';

/** Messages at the front that are the system's. */
export const systemCount = (messages: readonly ChatMessage[]): number => (messages[0] !== undefined && isSystem(messages[0]) ? 1 : 0);

const lastIndex = (messages: readonly ChatMessage[], wanted: (message: ChatMessage) => boolean): number => messages.findLastIndex(wanted);

/** A branch with its messages cut or replaced; what was hidden comes back where its place is gone. */
export function withMessages(branch: Branch, messages: readonly ChatMessage[]): Branch {
  const visible = messages.length - systemCount(messages) - branch.hidden;
  return visible > 0 ? { ...branch, messages } : { messages, hidden: 0 };
}

/** Without the last user message and what follows; undefined where there is none. */
export function undone(branch: Branch): { readonly branch: Branch; readonly message: ChatMessage } | undefined {
  const at = lastIndex(branch.messages, isUser);
  if (at < 0) return undefined;
  return { branch: withMessages(branch, branch.messages.slice(0, at)), message: branch.messages[at]! };
}

/** Without the last reply alone. */
export function retracted(branch: Branch): Branch | undefined {
  const { messages } = branch;
  if (messages.at(-1)?.role !== 'assistant') return undefined;
  return withMessages(branch, messages.slice(0, lastIndex(messages, isUser) + 1 || messages.length - 1));
}

export function edited(branch: Branch, nth: number, text: string): Branch {
  const places = branch.messages.flatMap((message, index) => (isUser(message) ? [index] : []));
  const at = places[nth - 1];
  if (at === undefined)
    throw new LlmxError('usage', `there is no user message ${nth}`, places.length === 0 ? 'Nothing was said yet' : `There are 1 to ${places.length}`);
  return withMessages(branch, [...branch.messages.slice(0, at), { ...branch.messages[at]!, content: text }]);
}

export function withSystem(branch: Branch, text: string | undefined): Branch {
  const rest = branch.messages.slice(systemCount(branch.messages));
  return { ...branch, messages: text === undefined || text === '' ? rest : [{ role: 'system', content: text }, ...rest] };
}

export const cleared = ({ messages }: Branch): Branch => ({ messages: messages.slice(0, systemCount(messages)), hidden: 0 });

export function createBranches(messages: readonly ChatMessage[]): Branches {
  let name = 'main';
  let branches = new Map<string, Branch>([[name, { ...empty, messages }]]);
  const unusedName = (): string => {
    let number = branches.size + 1;
    while (branches.has(`branch-${number}`)) number++;
    return `branch-${number}`;
  };
  return {
    get names() {
      return [...branches.keys()];
    },
    get name() {
      return name;
    },
    get current() {
      return branches.get(name)!;
    },
    get transcript() {
      return { branch: name, branches: Object.fromEntries([...branches].map(([key, branch]) => [key, branch.messages])) };
    },
    set: (branch) => void branches.set(name, branch),
    fork(wanted = unusedName()) {
      if (wanted === '' || branches.has(wanted))
        throw new LlmxError('usage', wanted === '' ? 'a branch needs a name' : `there is a branch '${wanted}' already`, 'Choose another name');
      branches.set(wanted, branches.get(name)!);
      return (name = wanted);
    },
    switchTo(wanted) {
      if (!branches.has(wanted)) throw new LlmxError('usage', `there is no branch '${wanted}'`, `There are ${[...branches.keys()].join(', ')}`);
      name = wanted;
    },
    restore({ branch, branches: saved }) {
      const fresh = new Map<string, Branch>(Object.entries(saved).map(([key, each]) => [key, { messages: each, hidden: 0 }]));
      if (!fresh.has(branch)) throw new LlmxError('internal', `a transcript without its branch '${branch}'`);
      branches = fresh;
      name = branch;
    },
  };
}
