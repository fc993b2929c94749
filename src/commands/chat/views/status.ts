// The last line: model, device, context, speed; and the line of what is being done. Pure.
import type { Ink, Line } from '../text/line.js';
import { cutLine, lineWidth } from '../text/line.js';
import { safeLine } from '../text/safe.js';
import type { Phase, Status } from '../state.js';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const separator = ' · ';

/** In the order in which they are shown; those of low rank go first where there is no room. */
function parts({ model, quantization, device, used, size, tokensPerSecond, firstTokenSeconds, branch }: Status): { text: string; rank: number }[] {
  return [
    { text: model, rank: 9 },
    { text: quantization, rank: 4 },
    { text: device, rank: 3 },
    { text: `${used}/${size} tokens`, rank: 8 },
    { text: tokensPerSecond === undefined ? '' : `${tokensPerSecond.toFixed(1)} tok/s`, rank: 7 },
    { text: firstTokenSeconds === undefined ? '' : `first ${firstTokenSeconds.toFixed(2)} s`, rank: 5 },
    { text: branch === 'main' ? '' : `branch ${branch}`, rank: 6 },
  ].filter(({ text }) => text !== '');
}

export function statusLine(status: Status, columns: number, ink: Ink): Line {
  let shown = parts(status);
  const line = (): Line => [{ text: safeLine(shown.map(({ text }) => text).join(separator)), look: ink.look('status') }];
  while (shown.length > 1 && lineWidth(line()) > columns) {
    const lowest = Math.min(...shown.map(({ rank }) => rank));
    shown = shown.filter(({ rank }) => rank !== lowest);
  }
  return cutLine(line(), columns);
}

/** `⠋ reading the prompt 512/2048 tokens 25 %`; undefined when nothing is being done that is worth a line. */
export function phaseLine(phase: Phase, tick: number, columns: number, ink: Ink): Line | undefined {
  if (phase.name === 'idle') return undefined;
  const turning = `${ink.styled ? frames[tick % frames.length]! : '-\\|/'[tick % 4]!} `;
  if (phase.name === 'reply') return cutLine([{ text: `${turning}Esc stops`, look: ink.look('notice') }], columns);
  const { words, done, total, unit } = phase;
  const share = total > 0 ? ` ${Math.floor((100 * Math.min(done, total)) / total)} %` : '';
  const count = total > 0 && unit === 'tokens' ? ` ${done}/${total} tokens` : '';
  return cutLine(
    [
      { text: turning, look: ink.look('prompt') },
      { text: safeLine(words) + count + share, look: ink.look('notice') },
    ],
    columns,
  );
}
