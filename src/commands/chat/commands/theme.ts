// /theme: the colours.
import { didYouMean } from '../../../core/base/nearest.js';
import { themeChoices } from '../themes/index.js';
import type { SlashCommand } from './command.js';
import { wrongUse } from './command.js';

export const theme: SlashCommand = {
  summary: 'Choose the colours',
  usage: `[${themeChoices.join('|')}]`,
  anytime: true,
  complete: (words) => (words.length === 0 ? themeChoices : []),
  run(argument, desk) {
    const choice = themeChoices.find((each) => each === argument);
    if (choice === undefined && argument !== '')
      throw wrongUse(`there is no theme ${argument}`, didYouMean(argument, themeChoices) || `Themes: ${themeChoices.join(', ')}`);
    if (choice !== undefined) desk.setTheme(choice);
    desk.transcript.tell(`theme ${desk.store.get().theme}`);
  },
};
