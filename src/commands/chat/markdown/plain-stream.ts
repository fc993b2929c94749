// Text as the model writes it, markup and all: the stream of /raw. Lines are finished where they end.
import type { Line } from '../text/line.js';
import { safeText } from '../text/safe.js';
import { wrapSpans } from '../text/wrap.js';
import type { MarkdownStream } from './stream.js';

const longestTail = 4000;

export function createPlainStream(): MarkdownStream {
  let source = '';
  const wrap = (text: string, columns: number): Line[] => text.split('\n').flatMap((line) => wrapSpans([{ text: line }], columns));
  return {
    push(text) {
      source += text;
    },
    take({ columns }) {
      const end = source.lastIndexOf('\n') + 1 || (source.length > longestTail ? source.lastIndexOf(' ') + 1 : 0);
      const done = source.slice(0, end);
      source = source.slice(end);
      return {
        finished: done === '' ? [] : wrap(safeText(done).replace(/\n$/, ''), columns),
        tail: source === '' ? [] : wrap(safeText(source.replace(/\r$/, '')), columns),
      };
    },
    end({ columns }) {
      const rest = safeText(source).replace(/\n+$/, '');
      source = '';
      return rest === '' ? [] : wrap(rest, columns);
    },
  };
}
