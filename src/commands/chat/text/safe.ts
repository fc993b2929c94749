// Text out of models, files and keyboards, made safe for a terminal: nothing in it acts, everything has a width.
import { printable } from '../../../core/base/printable.js';
import { withoutTabs } from './line.js';

/** Line ends as \n, tabs as spaces, and what a terminal would act upon as visible escapes. */
export const safeText = (text: string): string => withoutTabs(printable(text.replace(/\r\n?/g, '\n'), '\n\t'));

/** One line of it. */
export const safeLine = (text: string): string => safeText(text).replaceAll('\n', ' ');

/** Text that goes into the editor: line ends as \n, control characters gone. */
// eslint-disable-next-line no-control-regex
export const typedText = (text: string): string => text.replace(/\r\n?/g, '\n').replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, '');
