// Messages in each of their three spellings, and what is refused.
import { expect, test } from 'vitest';
import { parseMessages } from '../../../../src/core/jobs/chat/parse-messages.js';

const messages = [
  { role: 'system', content: 'Be.' },
  { role: 'user', content: 'Hi' },
];
const lines = messages.map((message) => JSON.stringify(message)).join('\n');

test.each([
  ['lines', `\ufeff\n${lines.replace('\n', '\r\n\n')}\n`],
  ['an array', JSON.stringify(messages, undefined, 2)],
  ['an object', JSON.stringify({ model: 'x', messages })],
])('%s', (_, text) => {
  expect(parseMessages(text, 'x')).toEqual({ messages });
});

test('one line is one message; tools come along; parts of text are joined, others stay, images are refused', () => {
  expect(parseMessages('{"role":"user","content":"Hi"}', 'x').messages).toEqual([messages[1]]);
  expect(parseMessages(JSON.stringify({ messages, tools: [{ type: 'function' }] }), 'x').tools).toEqual([{ type: 'function' }]);
  const parts = [
    { type: 'text', text: 'a' },
    { type: 'text', text: 'b' },
  ];
  const other = [{ type: 'tool_result', text: 'x' }];
  const image = [{ type: 'image_url', image_url: 'x' }];
  expect(() => parseMessages(JSON.stringify([{ role: 'user', content: image }]), 'x')).toThrow(
    /a part of the type "image_url", and only text is read/,
  );
  expect(
    parseMessages(
      JSON.stringify([
        { role: 'user', content: parts },
        { role: 'user', content: other },
      ]),
      'x',
    ).messages,
  ).toEqual([
    { role: 'user', content: 'ab' },
    { role: 'user', content: other },
  ]);
  expect(parseMessages('{"role":"assistant","tool_calls":[]}', 'x').messages).toEqual([{ role: 'assistant', tool_calls: [], content: undefined }]);
});

test.each([
  ['', 'x: no messages'],
  ['[]', 'x: no messages'],
  ['{"messages":[]}', 'x: no messages'],
  ['{"messages":3}', 'x: messages is not a list'],
  ['[{"role":"user"', 'x: not JSON'],
  ['{"role":"user","content":"Hi"}\n{"role":', 'x, line 2: not JSON'],
  ['Hello', 'x, line 1: not JSON'],
  ['3', 'x, line 1: a message is a JSON object'],
  ['[{"content":"Hi"}]', 'x, message 1: a message without a role'],
  ['{"role":"user"}', 'x, line 1: a message without content'],
  ['{"role":"user","content":3}', 'x, line 1: the content of a message is a text or a list of parts'],
  [`{"role":"user","content":${'['.repeat(2000)}${']'.repeat(2000)}}`, 'x, line 1: a message is nested deeper than 64 levels'],
  [`[${'{"role":"user","content":""},'.repeat(100_001).slice(0, -1)}]`, 'x: 100001 messages; there may be 100000'],
  [JSON.stringify({ messages, tools: ['x'] }), 'x: tools is a list of JSON objects'],
])('refuses %.30s', (text, message) => {
  expect(() => parseMessages(text, 'x')).toThrow(message);
});
