// /think: whether the model thinks first, and how that is shown.
import type { Desk } from '../desk.js';
import type { SlashCommand } from './command.js';
import { wrongUse } from './command.js';

/** The variable that templates of thinking models read. */
const switchName = 'enable_thinking';

const thinks = (desk: Desk, on: boolean): void => {
  const conversation = desk.conversation();
  conversation.configure({ variables: { ...conversation.settings.variables, [switchName]: on } });
};

const ways: Readonly<Record<string, (desk: Desk) => string>> = {
  on: (desk) => {
    thinks(desk, true);
    return 'the model is asked to think first';
  },
  off: (desk) => {
    thinks(desk, false);
    return 'the model is asked not to think';
  },
  fold: ({ store }) => {
    store.change({ thoughts: 'fold' });
    return 'thoughts are one line';
  },
  show: ({ store }) => {
    store.change({ thoughts: 'show' });
    return 'thoughts are shown';
  },
};

export const think: SlashCommand = {
  summary: 'Ask the model to think or not; fold its thoughts or show them',
  usage: Object.keys(ways).join('|'),
  complete: (words) => (words.length === 0 ? Object.keys(ways) : []),
  run(argument, desk) {
    if (!Object.hasOwn(ways, argument)) throw wrongUse(`/think takes ${Object.keys(ways).join(', ')}`, '');
    desk.transcript.tell(ways[argument]!(desk));
  },
};
