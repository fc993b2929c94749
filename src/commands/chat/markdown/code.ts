// A block of code: its language, then its lines as they are, coloured where the language is known.
import type { Line } from '../text/line.js';
import { safeLine } from '../text/safe.js';
import { wrapSpans } from '../text/wrap.js';
import type { Page } from './blocks.js';

const indent = '  ';

/** In a fence's info string: the block goes on from above. */
export const continued = '\u2060';

export function codeLines(text: string, info: string, page: Page): Line[] {
  const { ink, columns, highlight } = page;
  const goesOn = info.includes(continued);
  const language = /[^\s{,]+/.exec(info.replace(continued, ''))?.[0] ?? '';
  const label: Line[] =
    language === '' || goesOn
      ? []
      : [[{ text: ink.styled ? indent + safeLine(language) : `${indent}\`\`\`${safeLine(language)}`, look: ink.look('code-label') }]];
  const look = ink.look('code-block');
  const lines = highlight(text, language.toLowerCase()) ?? text.split('\n').map((line): Line => [{ text: line, look }]);
  const width = Math.max(1, columns - indent.length);
  return [...label, ...lines.flatMap((line) => wrapSpans(line, width).map((row): Line => [{ text: indent }, ...row]))];
}
