// A question with a few answers. Pure: also what keys do to it.
import type { Key } from '../keys.js';
import type { Choice } from '../state.js';
import type { Ink, Line } from '../text/line.js';
import { cutLine } from '../text/line.js';
import { wrapSpans } from '../text/wrap.js';

export function choiceLines({ question, options, at }: Choice, columns: number, ink: Ink): Line[] {
  return [
    ...wrapSpans([{ text: question, look: ink.look('warning') }], columns),
    ...options.map(({ key, label }, index) =>
      cutLine(
        [{ text: `${index === at ? '>' : ' '} ${index + 1} ` }, { text: `${key}: ${label}`, look: ink.look(index === at ? 'chosen' : 'notice') }],
        columns,
      ),
    ),
  ];
}

/** The choice with another row marked, or the answer. Undefined for a key that means nothing here. */
export function pressChoice(choice: Choice, key: Key): Choice | { readonly answer: string } | undefined {
  const { options, at } = choice;
  const answer = (index: number): { answer: string } | undefined => (options[index] === undefined ? undefined : { answer: options[index].key });
  if (key.kind === 'text' && choice.typed === true) return undefined;
  if (key.kind === 'text') {
    const letter = key.text.toLowerCase();
    const byLetter = options.findIndex((option) => option.key.startsWith(letter));
    return answer(/^\d$/.test(letter) ? Number(letter) - 1 : byLetter);
  }
  if (key.kind !== 'key') return undefined;
  const marked = (index: number): Choice => ({ question: choice.question, options, at: index % options.length });
  if (key.name === 'up' || key.name === 'shift+tab') return marked(at + options.length - 1);
  if (key.name === 'down' || key.name === 'tab') return marked(at + 1);
  if (key.name === 'enter') return choice.typed === true ? undefined : answer(at);
  // The last option takes nothing.
  return key.name === 'escape' || key.name === 'ctrl+c' ? answer(options.length - 1) : undefined;
}
