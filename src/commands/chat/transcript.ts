// Text that stays: lines become items below the height of the screen, as React's list of what is drawn once.
import { asLlmxError } from '../../core/base/error.js';
import type { Transcript } from './desk.js';
import type { Highlighter } from './markdown/highlight.js';
import { createMarkdownStream } from './markdown/stream.js';
import type { Page } from './markdown/blocks.js';
import type { Printed, ScreenState } from './state.js';
import type { Store } from './store.js';
import type { Ink, Line } from './text/line.js';
import { written } from './text/line.js';
import { safeText } from './text/safe.js';
import { wrapSpans } from './text/wrap.js';
import { frameRows } from './views/frame.js';

/** The page that Markdown is laid out on now. */
export const pageOf = ({ columns }: Pick<ScreenState, 'columns'>, ink: Ink, highlighter: Highlighter): Page => ({
  ink,
  columns,
  highlight: (code, language) => highlighter.highlight(code, language, ink),
});

export function createTranscript(store: Store<ScreenState>, ink: () => Ink, highlighter: Highlighter): Transcript {
  let next = 0;

  const print: Transcript['print'] = (lines, { close = false } = {}) => {
    if (lines.length === 0) return;
    const { printed, rows } = store.get();
    const all = close || next === 0 ? lines : [[], ...lines];
    const height = frameRows(rows);
    const items: Printed[] = [];
    for (let start = 0; start < all.length; start += height)
      items.push({
        id: next++,
        text:
          all
            .slice(start, start + height)
            .map(written)
            .join('\n') || ' ',
      });
    store.change({ printed: [...printed, ...items] });
  };

  const tell: Transcript['tell'] = (text, role = 'notice') => {
    const look = ink().look(role);
    print(
      safeText(text)
        .split('\n')
        .flatMap((line): Line[] => wrapSpans([{ text: line, look }], store.get().columns)),
    );
  };

  return {
    print,
    tell,
    markdown(text) {
      const stream = createMarkdownStream();
      stream.push(text);
      print(stream.end(pageOf(store.get(), ink(), highlighter)));
    },
    fail(thrown) {
      const { message, hint } = asLlmxError(thrown);
      tell(`error: ${message}`, 'error');
      if (hint !== '') tell(`hint: ${hint}`, 'hint');
    },
  };
}
