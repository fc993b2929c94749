// Splits what a model thinks from what it says, while it streams. Knows the marks that models put around their thoughts, and no model.

interface Marks {
  readonly open: string;
  readonly close: readonly string[];
  /** What may stand at the beginning of a reply without thoughts, and is no part of it. */
  readonly skip?: string;
}

const tag = (name: string): Marks => ({ open: `<${name}>`, close: [`</${name}>`] });

/** One row for each way to write thoughts. They count at the beginning of a reply alone: later a model may well speak about them. */
const marks: readonly Marks[] = [
  tag('think'),
  tag('thinking'),
  tag('thought'),
  tag('reasoning'),
  tag('seed:think'),
  { open: '[THINK]', close: ['[/THINK]'] },
  { open: '◁think▷', close: ['◁/think▷'] },
  { open: '<|inner_prefix|>', close: ['<|inner_suffix|>'] },
  // Gemma 4
  { open: '<|channel>thought', close: ['<channel|>'] },
  // gpt-oss: channels of one reply
  {
    open: '<|channel|>analysis<|message|>',
    close: ['<|end|><|start|>assistant<|channel|>final<|message|>', '<|start|>assistant<|channel|>final<|message|>'],
    skip: '<|channel|>final<|message|>',
  },
];

/** True for control pieces that are marks or parts of them; other control pieces print nothing. */
export const isMark = (piece: string): boolean =>
  piece !== '' && marks.some(({ open, close, skip }) => [open, ...close, skip ?? ''].some((mark) => mark.includes(piece)));

export interface SplitText {
  readonly reasoning: string;
  readonly content: string;
}

export interface ReasoningSplitter {
  /** What is certain after this text. */
  push(text: string): SplitText;
  /** What was held back because a mark might have followed. */
  finish(): SplitText;
  /** False once no mark can follow any more. */
  readonly isOpen: boolean;
}

/** For text that may hold marks and no thoughts. */
export const unsplit: ReasoningSplitter = {
  push: (content) => ({ reasoning: '', content }),
  finish: () => ({ reasoning: '', content: '' }),
  isOpen: false,
};

/** The longest end of `text` that begins one of `wanted`. */
function pendingLength(text: string, wanted: readonly string[]): number {
  for (let length = Math.min(text.length, Math.max(...wanted.map((each) => each.length)) - 1); length > 0; length--)
    if (wanted.some((each) => each.startsWith(text.slice(-length)))) return length;
  return 0;
}

/** `prompt` is the rendered text before the reply: a template may open the thoughts itself. */
export function createReasoningSplitter(prompt: string): ReasoningSplitter {
  const tail = prompt.slice(-200).trimEnd();
  let within = marks.find(({ open }) => tail.endsWith(open));
  let state: 'start' | 'reasoning' | 'content' = within === undefined ? 'start' : 'reasoning';
  let held = '';
  /** White space before thoughts, and between them and the reply, belongs to neither. */
  let trims = state === 'reasoning';

  const trimmed = (text: string): string => {
    if (!trims) return text;
    const rest = text.trimStart();
    if (rest !== '') trims = false;
    return rest;
  };
  const enter = (next: typeof state, rest: string): SplitText => {
    state = next;
    held = '';
    trims = true;
    return push(rest);
  };

  function atStart(): SplitText {
    const text = held.trimStart();
    const opened = marks.find(({ open }) => text.startsWith(open));
    if (opened !== undefined) {
      within = opened;
      return enter('reasoning', text.slice(opened.open.length));
    }
    const skipped = marks.find(({ skip }) => skip !== undefined && text.startsWith(skip));
    if (skipped !== undefined) return enter('content', text.slice(skipped.skip!.length));
    if (marks.some(({ open, skip = '' }) => open.startsWith(text) || skip.startsWith(text) || text === '')) return { reasoning: '', content: '' };
    const content = held;
    held = '';
    state = 'content';
    return { reasoning: '', content };
  }

  function inReasoning(): SplitText {
    const { close } = within!;
    const [first] = close
      .map((mark) => ({ at: held.indexOf(mark), mark }))
      .filter(({ at }) => at >= 0)
      .sort((left, right) => left.at - right.at || right.mark.length - left.mark.length);
    if (first !== undefined) {
      const reasoning = trimmed(held.slice(0, first.at));
      return { reasoning, content: enter('content', held.slice(first.at + first.mark.length)).content };
    }
    const keep = pendingLength(held, close);
    const safe = held.slice(0, held.length - keep);
    held = held.slice(held.length - keep);
    return { reasoning: trimmed(safe), content: '' };
  }

  function push(text: string): SplitText {
    if (state === 'content') return { reasoning: '', content: trimmed(text) };
    held += text;
    return state === 'start' ? atStart() : inReasoning();
  }

  return {
    push,
    finish() {
      const rest = held;
      held = '';
      return state === 'reasoning' ? { reasoning: trimmed(rest), content: '' } : { reasoning: '', content: rest };
    },
    get isOpen() {
      return state !== 'content';
    },
  };
}
