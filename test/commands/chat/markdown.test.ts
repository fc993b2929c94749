// Markdown on the screen: what each kind of block looks like, that it fits, that streaming shows the same, and that nothing in it acts.
import { expect, test } from 'vitest';
import type { Page } from '../../../src/commands/chat/markdown/blocks.js';
import { createHighlighter } from '../../../src/commands/chat/markdown/highlight.js';
import { createPlainStream } from '../../../src/commands/chat/markdown/plain-stream.js';
import { createMarkdownStream } from '../../../src/commands/chat/markdown/stream.js';
import type { Line } from '../../../src/commands/chat/text/line.js';
import { cutLine, inkOf, lineWidth, plainText, written } from '../../../src/commands/chat/text/line.js';
import { wrapSpans } from '../../../src/commands/chat/text/wrap.js';
import { themes } from '../../../src/commands/chat/themes/index.js';
import { philox } from '../../../src/core/base/random.js';

const pageWith = (columns: number, theme: keyof typeof themes | undefined = undefined): Page => ({
  ink: inkOf(theme === undefined ? undefined : themes[theme]),
  columns,
  highlight: () => undefined,
});

function whole(text: string, page: Page): readonly Line[] {
  const stream = createMarkdownStream();
  stream.push(text);
  return stream.end(page);
}
const plain = (text: string, columns = 40): string => whole(text, pageWith(columns, 'mono')).map(plainText).join('\n');

test.each([
  ['# Title\n\ntext', 'Title\n\ntext'],
  ['one\ntwo', 'one\ntwo'],
  ['one  \ntwo', 'one\ntwo'],
  ['**b** *i* `c` ~~d~~ \\*', 'b i c d *'],
  ['[words](http://a.b/c)', 'words (http://a.b/c)'],
  ['<http://a.b/c>', 'http://a.b/c'],
  ['![image](i.png)', 'image (i.png)'],
  ['a &lt;b&gt; &amp; &#27;[1m &#x9b;', 'a <b> & \\u001b[1m \\u009b'],
  ['- a\n- b\n  - c\n\n    d\n- e', '• a\n• b\n  • c\n\n    d\n• e'],
  ['1. a\n2. b\n10. c', '1. a\n2. b\n10. c'],
  ['3) a', '3. a'],
  ['- [ ] open\n- [x] done', '• [ ] open\n• [x] done'],
  ['> quoted\n> > deeper', '│ quoted\n│ \n│ │ deeper'],
  ['```js\nlet a;\n\n  b\n```', '  js\n  let a;\n  \n    b'],
  ['    indented', '  indented'],
  ['| a | b |\n|--:|:-:|\n| 10 | x |\n| 5 | yyy |', ' a   b\n──  ───\n10   x\n 5  yyy'],
  ['---', '─'.repeat(40)],
  ['Title\n===', 'Title'],
  ['<b>html</b> stays', '<b>html</b> stays'],
])('%j', (source, result) => {
  expect(plain(source).replace(/ +$/gm, (spaces) => (spaces === '  ' ? spaces : ' '.repeat(spaces.length)))).toBe(result);
});

test('words are wrapped by the columns that they take, wide ones between any two', () => {
  expect(plain('aaa bbb ccc', 7)).toBe('aaa bbb\nccc');
  expect(plain('日本語日本語', 7)).toBe('日本語\n日本語');
  expect(plain('abcdefghij', 4)).toBe('abcd\nefgh\nij');
  expect(plain('a **bold**ly', 6)).toBe('a bold\nly');
  expect(plain('x 👩‍👩‍👧 y', 4)).toBe('x 👩‍👩‍👧\ny');
  expect(wrapSpans([{ text: 'ab    cd' }], 4).map(plainText)).toEqual(['ab', 'cd']);
  expect(plainText(cutLine([{ text: 'abc' }, { text: '日本' }], 6))).toBe('abc日…');
});

test('a table that is too wide shrinks, and becomes lists where it cannot', () => {
  const table = `| name | note |\n|---|---|\n| one | ${'word '.repeat(12)}|\n`;
  const lines = whole(table, pageWith(30, 'mono'));
  expect(Math.max(...lines.map(lineWidth))).toBeLessThanOrEqual(30);
  expect(plainText(lines[0]!)).toBe('name  note');
  expect(plain('| a | b | c |\n|---|---|---|\n| aaaaaaaa | bbbbbbbb | cccccccc |', 12)).toBe('a: aaaaaaaa\nb: bbbbbbbb\nc: cccccccc');
});

test('colours only where the theme has them; no codes at all without a theme, and markup stays legible', () => {
  const text = '# T\n\n**b** `c`\n\n- x\n';
  const codes = (theme: keyof typeof themes | undefined): string => whole(text, pageWith(40, theme)).map(written).join('\n');
  expect(codes('dark')).toContain('\u001b[1m\u001b[96mT\u001b[39m\u001b[22m');
  expect(codes('light')).toContain('\u001b[34mT');
  expect(codes('mono')).toContain('\u001b[1m');
  // eslint-disable-next-line no-control-regex
  expect(codes('mono')).not.toMatch(/\x1b\[(?:3[0-7]|9[0-7])m/);
  expect(codes(undefined)).toBe('# T\n\n**b** `c`\n\n• x');
});

const pieces = [
  ...['word ', 'longerword ', '**bold** ', '*it* ', '`code` ', '\n', '\n\n', '- item\n', '  - nested\n', '1. first\n', '2. second\n', '> quote\n'],
  ...[
    '```js\nlet x = 1;\n',
    '```\n',
    '| a | b |\n|---|---|\n',
    '| 1 | 2 |\n',
    '# head\n',
    '---\n',
    '日本語',
    '[l](http://x) ',
    '    ',
    '\t',
    '<b>',
    '👍🏽',
    '~~',
  ],
];

test('whatever is written, lines fit, and streaming it ends in the lines of the whole', () => {
  const { int } = generator(7);
  for (let round = 0; round < 60; round++) {
    const text = Array.from({ length: 12 }, () => pieces[int(pieces.length)]!).join('');
    const columns = 10 + int(50);
    const page = pageWith(columns, 'dark');
    const stream = createMarkdownStream();
    const lines: Line[] = [];
    for (let at = 0; at < text.length;) {
      const next = at + 1 + int(6);
      stream.push(text.slice(at, next));
      const { finished, tail } = stream.take(page);
      lines.push(...finished);
      for (const line of [...finished, ...tail]) expect(lineWidth(line), JSON.stringify(text)).toBeLessThanOrEqual(columns);
      at = next;
    }
    lines.push(...stream.end(page));
    const words = (all: readonly Line[]): string => all.map(plainText).join(' ').replaceAll(/\s+/g, '');
    expect(words(lines), JSON.stringify(text)).toBe(words(whole(text, page)));
  }
});

test('a text of every block streams into exactly the lines of the whole', () => {
  const text = `# Head *it*\n\nA paragraph\nof two lines.\n\n- one\n- two\n  - nested\n\n1. first\n\n2. second\n10. third\n\n> quote\n> > deeper\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n---\n\n\`\`\`js\nlet a;\n\n\`\`\`\n\nEnd.\n`;
  const page = pageWith(40, 'dark');
  const stream = createMarkdownStream();
  const lines: string[] = [];
  for (const character of text) {
    stream.push(character);
    lines.push(...stream.take(page).finished.map(written));
  }
  lines.push(...stream.end(page).map(written));
  expect(lines).toEqual(whole(text, page).map(written));
});

test('what is long is handed out before it ends: the tail stays small', () => {
  const page = pageWith(60, 'dark');
  for (const text of [
    `\`\`\`js\n${Array.from({ length: 300 }, (_, line) => `line${line}();\n`).join('')}\`\`\`\n`,
    Array.from({ length: 300 }, (_, line) => `${line}. item\n`).join(''),
    'words without an end '.repeat(1500),
    `| a | b |\n|---|---|\n${'| cell | other |\n'.repeat(600)}`,
  ]) {
    const stream = createMarkdownStream();
    let [most, count] = [0, 0];
    for (let at = 0; at < text.length; at += 40) {
      stream.push(text.slice(at, at + 40));
      const { finished, tail } = stream.take(page);
      most = Math.max(most, tail.length);
      count += finished.length;
    }
    expect(most, text.slice(0, 20)).toBeLessThan(240);
    expect(count, text.slice(0, 20)).toBeGreaterThan(100);
  }
  const code = createMarkdownStream();
  code.push(`\`\`\`js\n${'x\n'.repeat(100)}`);
  const lines = [...code.take(page).finished, ...code.end(page)].map(plainText);
  expect(lines.filter((line) => line === '  js')).toHaveLength(1);
  expect(lines.filter((line) => line === '  x')).toHaveLength(100);
});

test('hostile text neither acts nor hangs', () => {
  const hostile = 'a\u001b[2J\u001b[3J\u001b]0;t\u0007\u009b2J\u202e\u0000 `\u001b[31m` [x](\u001b]8;;y\u0007)\n\n```\u001b[1m\n\u001bc\n```\n';
  for (const shown of [plain(hostile, 200), createPlainStreamOf(hostile)]) {
    // eslint-disable-next-line no-control-regex
    expect(shown).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
    expect(shown).toContain('\\u001b[2J');
  }
  const page = pageWith(40, 'dark');
  for (const text of [
    '>'.repeat(5000),
    '- '.repeat(3000),
    '['.repeat(5000),
    '*a_'.repeat(1500),
    '`'.repeat(5000),
    '\n'.repeat(5000),
    '|'.repeat(3000) + '\n' + '|-'.repeat(3000),
  ]) {
    const stream = createMarkdownStream();
    const began = performance.now();
    stream.push(text);
    stream.take(page);
    stream.take(page);
    stream.end(page);
    expect(performance.now() - began, text.slice(0, 10)).toBeLessThan(5000);
  }
});

const createPlainStreamOf = (text: string): string => {
  const stream = createPlainStream();
  stream.push(text);
  const page = pageWith(200);
  return [...stream.take(page).finished, ...stream.end(page)].map(plainText).join('\n');
};

test('code is coloured once its language is there, and is plain before', async () => {
  const ink = inkOf(themes.dark);
  let loaded: () => void = () => {};
  const known = new Promise<void>((resolve) => (loaded = resolve));
  const highlighter = createHighlighter(() => loaded());
  expect(highlighter.highlight('def f(): pass', 'py', ink)).toBe(undefined);
  await known;
  const lines = highlighter.highlight('def f():\n    return "<a>"  # x & y', 'py', ink)!;
  expect(lines.map(plainText)).toEqual(['def f():', '    return "<a>"  # x & y']);
  expect(written(lines[0]!)).toContain('\u001b[95mdef\u001b[39m');
  expect(highlighter.highlight('x', 'no-such-language', ink)).toBe(undefined);
  expect(highlighter.highlight('x', 'constructor', ink)).toBe(undefined);
});

/** Whole numbers below a bound, the same in every run. */
function generator(seed: number): { readonly int: (bound: number) => number } {
  let count = 0;
  return { int: (bound) => philox([seed, 0], [count++, 0, 0, 0])[0] % bound };
}
