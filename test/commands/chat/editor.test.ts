// The editor as a machine of keys: what is typed, moved over, killed, undone, recalled, pasted and sent.
import { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { philox } from '../../../src/core/base/random.js';
import { bindings } from '../../../src/commands/chat/editor/bindings.js';
import { openHistory } from '../../../src/commands/chat/editor/history-file.js';
import { layOut } from '../../../src/commands/chat/editor/layout.js';
import { press } from '../../../src/commands/chat/editor/press.js';
import { remember } from '../../../src/commands/chat/editor/recall.js';
import type { Editor } from '../../../src/commands/chat/editor/state.js';
import { emptyEditor } from '../../../src/commands/chat/editor/state.js';
import type { Key } from '../../../src/commands/chat/keys.js';
import { graphemes } from '../../../src/commands/chat/text/graphemes.js';
import { submit } from '../../../src/commands/chat/editor/submit.js';

/** Words in braces are keys: `hello{left}{ctrl+k}`; `|` shows the cursor. */
function edit(script: string, begin: Editor = emptyEditor(), columns = 20): Editor {
  return [...script.matchAll(/\{([^}]+)\}|[^{]+/g)].reduce((editor, [text, name]) => {
    const next = press(editor, name === undefined ? { kind: 'text', text } : { kind: 'key', name }, columns);
    if (next === undefined) throw new Error(`${name ?? text} is not the editor's`);
    return next;
  }, begin);
}
const shown = ({ text, cursor }: Editor): string => `${text.slice(0, cursor)}|${text.slice(cursor)}`;

test.each([
  ['hello', 'hello|'],
  ['hello{left}{left}X', 'helX|lo'],
  ['one two{ctrl+a}{right}Y', 'oY|ne two'],
  ['one two three{alt+b}{alt+b}', 'one |two three'],
  ['one two three{ctrl+a}{alt+f}{ctrl+right}', 'one two| three'],
  ['one two{ctrl+w}', 'one |'],
  ['a/b.c{alt+backspace}', 'a/b.|'],
  ['a/b.c d{ctrl+w}{ctrl+w}', '|'],
  ['one two{ctrl+u}', '|'],
  ['one two{ctrl+a}{ctrl+k}{ctrl+y}{ctrl+y}', 'one twoone two|'],
  ['one two three{ctrl+w}{ctrl+w}{ctrl+y}', 'one two three|'],
  ['one{ctrl+u}two{ctrl+u}{ctrl+y}{alt+y}', 'one|'],
  ['one{ctrl+u}two{ctrl+u}{ctrl+y}{alt+y}{alt+y}', 'two|'],
  ['{ctrl+u}{ctrl+a}{ctrl+k}{ctrl+w}{backspace}{delete}{left}{right}{ctrl+t}{alt+d}a', 'a|'],
  ['{ctrl+j}a{left}{left}{ctrl+a}b', 'b|\na'],
  ['ab{ctrl+t}', 'ba|'],
  ['abc{left}{ctrl+t}', 'acb|'],
  ['hello world{ctrl+a}{alt+u}{alt+c}', 'HELLO World|'],
  ['one{ctrl+j}two{up}X', 'oneX|\ntwo'],
  ['one{alt+enter}two{ctrl+a}{backspace}', 'one|two'],
  ['a{ctrl+j}b{up}{ctrl+k}', 'a|b'],
  ['👩‍👩‍👧é日{left}{left}{backspace}', '|é日'],
  ['e\u0301x{left}{left}{delete}', '|x'],
  ['🇩🇪🇫🇷{left}Z', '🇩🇪Z|🇫🇷'],
  ['typing{ctrl+_}', '|'],
  ['one{ctrl+u}two{ctrl+_}{ctrl+_}', 'one|'],
  ['one{ctrl+u}{ctrl+_}{alt+_}', '|'],
  ['\u0007a\u0000b\u0085', 'ab|'],
])('%s', (script, result) => {
  expect(shown(edit(script))).toBe(result);
});

test('Up and Down go over wrapped rows with the column they came from, then through the history and back', () => {
  const editor = emptyEditor(['second', 'first\nline']);
  const long = edit('abcdefghijklmnopqrstuvwxyz{left}{left}', editor, 10);
  expect(shown(edit('{up}', long, 10))).toBe('abcdefghijklmn|opqrstuvwxyz');
  expect(shown(edit('{up}{up}{down}{down}', long, 10))).toBe('abcdefghijklmnopqrstuvwx|yz');
  const recalled = edit('draft{up}', editor);
  expect(recalled.text).toBe('second');
  expect(shown(edit('{up}', recalled))).toBe('first\nline|');
  expect(edit('{up}{up}{up}', edit('{up}', recalled)).text).toBe('first\nline');
  expect(shown(edit('{up}{down}{down}{down}', recalled))).toBe('draft|');
});

test('Ctrl+R finds the newest entry that holds the query, then older ones', () => {
  const editor = emptyEditor(['git push', 'make test', 'git pull']);
  const found = (script: string): string => edit(script, editor).text;
  expect(found('{ctrl+r}git{enter}')).toBe('git push');
  expect(found('{ctrl+r}GIT{ctrl+r}{enter}')).toBe('git pull');
  expect(found('{ctrl+r}gitx{backspace}{enter}')).toBe('git push');
  expect(found('{ctrl+r}absent{enter}')).toBe('');
  expect(found('draft{ctrl+r}git{ctrl+g}')).toBe('draft');
  expect(shown(edit('{ctrl+r}make{left}X', editor))).toBe('make tesX|t');
});

test('a long paste stands as one character and is sent whole', () => {
  const text = Array.from({ length: 42 }, (_, line) => `line ${line}`).join('\r\n');
  const pasted = press(edit('see '), { kind: 'paste', text }, 40)!;
  const layout = layOut(pasted, pasted.pastes, 40);
  expect(layout.rows.map(({ cells }) => cells.map(({ text: cell }) => cell).join(''))).toEqual(['see [pasted 42 lines]']);
  expect(layout.column).toBe('see [pasted 42 lines]'.length);
  expect(submit(edit(' please', pasted))).toEqual({ kind: 'send', text: `see ${text.replaceAll('\r', '')} please` });
  expect(edit('{backspace}', pasted).text).toBe('see ');
  expect(press(emptyEditor(), { kind: 'paste', text: 'two\nlines' }, 40)!.text).toBe('two\nlines');
  // Whoever pastes the character that stands for a paste gets none of it.
  expect(press(pasted, { kind: 'paste', text: 'x\u{100000}y' }, 40)!.text.endsWith('xy')).toBe(true);
});

test.each([
  ['hello', { kind: 'send', text: 'hello' }],
  ['  ', { kind: 'nothing' }],
  ['"""{ctrl+j}a{ctrl+j}{ctrl+j}b{ctrl+j}"""', { kind: 'send', text: 'a\n\nb' }],
  ['"""one"""', { kind: 'send', text: 'one' }],
  ['""""""', { kind: 'nothing' }],
])('Enter on %s', (script, result) => {
  expect(submit(edit(script))).toEqual(result);
});

test('Enter is a line end after a backslash and in an open block', () => {
  const more = (script: string): string => {
    const result = submit(edit(script));
    return result.kind === 'more' ? shown(result.editor) : result.kind;
  };
  expect(more('one\\')).toBe('one\n|');
  expect(more('"""one')).toBe('"""one\n|');
  expect(more('one\\{left}')).toBe('send');
});

test('wide characters and the end of a row: the cursor stands where the next character comes', () => {
  const at = (text: string, columns: number): [number, number] => {
    const { row, column } = layOut({ text, cursor: text.length }, [], columns);
    return [row, column];
  };
  expect(at('日本語', 6)).toEqual([1, 0]);
  expect(at('日本語', 5)).toEqual([1, 2]);
  expect(at('abc', 5)).toEqual([0, 3]);
  expect(at('a\n', 5)).toEqual([1, 0]);
  expect(layOut({ text: '日本語', cursor: 1 }, [], 5)).toMatchObject({ row: 0, column: 2 });
});

test('the history file: kept for its owner, bounded, and what is broken in it is left out', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'llmx-history-')), 'state', 'history.jsonl');
  const first = openHistory(path);
  expect(first.entries).toEqual([]);
  first.append('one');
  first.append('two\nlines');
  first.append('  ');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  writeFileSync(path, `${readFileSync(path, 'utf8')}not json\n{"a":1}\n"three"\n`);
  chmodSync(path, 0o644);
  expect(openHistory(path).entries).toEqual(['three', 'two\nlines', 'one']);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  writeFileSync(path, Array.from({ length: 2500 }, (_, index) => `"entry ${index}"\n`).join(''));
  expect(openHistory(path).entries).toHaveLength(1000);
  expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(1000);
  expect(openHistory('/dev/null/none').entries).toEqual([]);
  expect(() => openHistory('/dev/null/none').append('x')).not.toThrow();
});

test('history keeps no entry twice in a row, and a thousand at most', () => {
  expect(remember(['a'], 'a')).toEqual(['a']);
  expect(remember(['a'], ' ')).toEqual(['a']);
  expect(remember(['a', 'b'], 'b')).toEqual(['b', 'a', 'b']);
  expect(remember(Array.from({ length: 1000 }, String), 'new')).toHaveLength(1000);
});

test('whatever keys come, the cursor stands between two graphemes of the draft', () => {
  const names = Object.keys(bindings);
  const texts = ['a', 'word ', '日本', '👩‍👩‍👧', 'e\u0301', '🇩🇪', '\n', '"""', '\\'];
  let editor = emptyEditor(['older\nentry', '日本 entry']);
  for (let step = 0; step < 3000; step++) {
    const [choice, which] = philox([11, 0], [step, 0, 0, 0]);
    const key: Key =
      choice % 5 < 2
        ? { kind: 'text', text: texts[which % texts.length]! }
        : choice % 50 === 7
          ? { kind: 'paste', text: 'line\n'.repeat(which % 30) }
          : { kind: 'key', name: names[which % names.length]! };
    editor = press(editor, key, 1 + (step % 30)) ?? editor;
    const { text, cursor } = editor;
    expect(graphemes(text.slice(0, cursor)).join('').length).toBe(cursor);
    const { rows, row, column } = layOut(editor, editor.pastes, 1 + (step % 30));
    expect(rows[row], `${step}`).toBeDefined();
    expect(column).toBeGreaterThanOrEqual(0);
    if (text.length > 300) editor = press(editor, { kind: 'key', name: 'ctrl+u' }, 30)!;
  }
});
