// Bytes of terminals become keys. The sequences are those of xterm's "PC-style function keys" and of kitty's keyboard protocol page.
import { expect, test } from 'vitest';
import type { Key } from '../../../src/commands/chat/keys.js';
import { createKeyDecoder } from '../../../src/commands/chat/keys.js';

const names = (keys: readonly Key[]): string[] => keys.map((key) => (key.kind === 'key' ? key.name : `${key.kind}:${key.text}`));
const decode = (...chunks: string[]): string[] => {
  const decoder = createKeyDecoder();
  const keys = chunks.flatMap((chunk) => decoder.push(chunk));
  return names([...keys, ...decoder.flush()]);
};

test.each([
  ['a', ['text:a']],
  ['é日', ['text:é日']],
  ['\r', ['enter']],
  ['\n', ['ctrl+j']],
  ['\t', ['tab']],
  ['\u007f', ['backspace']],
  ['\b', ['backspace']],
  ['\u0001\u0005\u0017', ['ctrl+a', 'ctrl+e', 'ctrl+w']],
  ['\u001f', ['ctrl+_']],
  ['\u001b', ['escape']],
  ['\u001b\u001b', ['escape', 'escape']],
  ['\u001b\r', ['alt+enter']],
  ['\u001b\u007f', ['alt+backspace']],
  ['\u001bb\u001bF', ['alt+b', 'alt+f']],
  ['\u001b[A\u001b[B\u001b[C\u001b[D', ['up', 'down', 'right', 'left']],
  ['\u001bOA\u001bOH', ['up', 'home']],
  ['\u001b[1;5C\u001b[1;3D\u001b[1;2A', ['ctrl+right', 'alt+left', 'shift+up']],
  ['\u001b[H\u001b[F\u001b[1~\u001b[4~\u001b[3~\u001b[5~', ['home', 'end', 'home', 'end', 'delete', 'page-up']],
  ['\u001b[3;5~', ['ctrl+delete']],
  ['\u001b[Z', ['shift+tab']],
  ['\u001b[13;2u\u001b[27;2;13~', ['shift+enter', 'shift+enter']],
  ['\u001b[97;5u\u001b[97;3u\u001b[27u', ['ctrl+a', 'alt+a', 'escape']],
  ['\u001b[97;1:3u', []],
  ['\u001b[<0;1;1M\u001b[?1u\u001b[24;80R', []],
  ['x\u001b[Ay', ['text:x', 'up', 'text:y']],
])('%j', (bytes, keys) => {
  expect(decode(bytes)).toEqual(keys);
  // Byte by byte it is the same, where no escape is left alone.
  if (!/\u001b(?:$|\u001b)/.test(bytes))
    expect(
      decode(...bytes)
        .join('')
        .replaceAll('text:', ''),
    ).toBe(keys.join('').replaceAll('text:', ''));
});

test('a bracketed paste is one key, however it is cut', () => {
  const bytes = '\u001b[200~one\r\ntwo\u001b[A \u001b[20\u001b[201~z';
  const pasted = ['paste:one\r\ntwo\u001b[A \u001b[20', 'text:z'];
  expect(decode(bytes)).toEqual(pasted);
  for (let cut = 1; cut < bytes.length; cut++) expect(decode(bytes.slice(0, cut), bytes.slice(cut))).toEqual(pasted);
  expect(decode(...bytes)).toEqual(pasted);
});

test('a paste without its end is handed out after a while, and keys work again', () => {
  const decoder = createKeyDecoder();
  expect(decoder.push('\u001b[200~lost')).toEqual([]);
  expect(decoder.waitMilliseconds).toBe(1000);
  expect(names(decoder.flush())).toEqual(['paste:lost']);
  expect(names(decoder.push('a'))).toEqual(['text:a']);
});

test('several lines at once are a paste where the terminal marks none; a line and Enter are not', () => {
  expect(decode('one\rtwo\rthree')).toEqual(['paste:one\rtwo\rthree']);
  expect(decode('hello\r')).toEqual(['text:hello', 'enter']);
});

test('answers of the terminal are no keys', () => {
  expect(decode('\u001b]11;rgb:ffff/ffff/ffff\u0007a')).toEqual(['answer:11;rgb:ffff/ffff/ffff', 'text:a']);
  expect(decode('\u001b]11;rgb:00/00/00\u001b\\')).toEqual(['answer:11;rgb:00/00/00']);
});

test('a sequence that never ends does not keep the keyboard', () => {
  const decoder = createKeyDecoder();
  decoder.push(`\u001b[${'1'.repeat(5000)}`);
  expect(decoder.waitMilliseconds).toBe(undefined);
  expect(names(decoder.push('a'))).toEqual(['text:a']);
});
