// Which template writes a conversation, what it knows of special tokens, and how it ends a turn.
import { mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Checkpoint } from '../../../../src/core/checkpoints/checkpoint.js';
import { chooseTemplate, specialTokensOf, turnEndOf } from '../../../../src/core/jobs/chat/choose-template.js';
import { createPromptEncoder, encodeRendered } from '../../../../src/core/jobs/chat/prompt-encoder.js';
import type { ChatMessage } from '../../../../src/core/text/chat-template.js';
import { createTokenizer } from '../../../../src/core/text/index.js';
import { bos, characterTokenizer, codesOf, collect, eos } from '../../../support/tiny-chat.js';

const folder = mkdtempSync(join(tmpdir(), 'llmx-template-'));
const checkpointOf = (chatTemplate?: string): Checkpoint =>
  ({ path: '/m.gguf', chatTemplate, generation: { eos: [] }, tokenizer: { kind: 'sentencepiece' } }) as unknown as Checkpoint;
const choose = (choice: string, own?: string) => collect(chooseTemplate(checkpointOf(own), choice));
const messages: ChatMessage[] = [
  { role: 'system', content: 'Be.' },
  { role: 'user', content: 'One' },
  { role: 'assistant', content: ' two' },
  { role: 'user', content: 'three' },
];
const render = async (choice: string): Promise<string> =>
  (await choose(choice)).report.template.render({ messages, addGenerationPrompt: true, specialTokens: {} });

test("auto takes the model's own; a base model is told to be one", async () => {
  const own = await choose('auto', '{{ messages[0].content }}');
  expect([own.report.name, own.report.isPlain, codesOf(own.events)]).toEqual(['model', false, []]);
  const none = await choose('auto');
  expect([none.report.name, none.report.isPlain, codesOf(none.events)]).toEqual(['plain', true, ['plain-chat']]);
  expect(codesOf((await choose('none', '{{ x }}')).events)).toEqual([]);
});

test('the two plain forms', async () => {
  expect(await render('plain')).toBe('Be.\n\nOne two\nthree');
  expect(await render('transcript')).toBe('Be.\n\nUser: One\nAssistant: two\nUser: three\nAssistant:');
  expect((await choose('transcript')).report.stop).toEqual(['\nUser:']);
});

test('a name, a file, and neither', async () => {
  expect((await choose('chatml')).report.name).toBe('chatml');
  const path = join(folder, 'a.jinja');
  writeFileSync(path, '{{ bos_token }}{% for m in messages %}[{{ m.content }}]{% endfor %}');
  const { report } = await choose(path, '{% broken');
  expect(report.template.render({ messages: messages.slice(1, 2), addGenerationPrompt: true, specialTokens: { bos_token: '<s>' } })).toBe('<s>[One]');
  await expect(choose('chatlm')).rejects.toMatchObject({ code: 'not-found', hint: 'Did you mean chatml?' });
  await expect(choose('__proto__')).rejects.toMatchObject({ code: 'not-found' });
  await expect(choose(folder)).rejects.toMatchObject({ code: 'unreadable' });
});

test('a template that cannot be read is an error that names it, never another template', async () => {
  await expect(choose('auto', '{% if %}')).rejects.toMatchObject({ code: 'malformed', message: expect.stringContaining('/m.gguf') as string });
  const path = join(folder, 'b.jinja');
  writeFileSync(path, '{% for %}');
  await expect(choose(path)).rejects.toMatchObject({ message: expect.stringContaining(path) as string });
  truncateSync(path, 2 ** 21);
  await expect(choose(path)).rejects.toMatchObject({ code: 'malformed' });
  writeFileSync(path, new Uint8Array([0xff, 0xfe]));
  await expect(choose(path)).rejects.toThrow('not UTF-8');
});

test('special tokens are as tokenizer_config.json spells them, else the pieces of the ids', () => {
  expect(specialTokensOf(checkpointOf(), characterTokenizer)).toEqual({ bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' });
  const config = { bos_token: { content: '<B>' }, pad_token: '<P>', eos_token: null };
  const checkpoint = { ...checkpointOf(), tokenizer: { kind: 'tokenizer-json', tokenizer: {}, config } } as unknown as Checkpoint;
  expect(specialTokensOf(checkpoint, characterTokenizer)).toMatchObject({ bos_token: '<B>', eos_token: '</s>', pad_token: '<P>' });
});

test.each([
  ['a control piece', "{% for m in messages %}{{ m.role + ':' + m.content + eos_token }}{% endfor %}", { eos: [eos], stop: [] }],
  ['a mark that the vocabulary lacks', "{% for m in messages %}{{ m.content + '<|im_end|>\n' }}{% endfor %}", { eos: [], stop: ['<|im_end|>'] }],
  [
    'a mark that only a following message brings',
    "{% for m in messages %}{% if m.role == 'user' and not loop.first %}<|next|>{% endif %}{{ m.content }}{% endfor %}",
    { eos: [], stop: ['<|next|>'] },
  ],
  ['plain text', "{% for m in messages %}{{ m.content + '\n' }}{% endfor %}", { eos: [], stop: [] }],
  ['a template that refuses the probe', "{{ raise_exception('no') }}", { eos: [], stop: [] }],
])('the end of a turn: %s', async (_, own, expected) => {
  const { report } = await choose('auto', own);
  expect(turnEndOf(report, { eos_token: '</s>' }, characterTokenizer)).toEqual(expected);
});

test('one beginning mark, whoever writes it', () => {
  const ids = characterTokenizer.encode('Hi', { special: false });
  expect(encodeRendered(characterTokenizer, 'Hi')).toEqual([bos, ...ids]);
  expect(encodeRendered(characterTokenizer, '<s>Hi')).toEqual([bos, ...ids]);
  expect(encodeRendered(characterTokenizer, 'Hi</s>')).toEqual([bos, ...ids, eos]);
});

test('what the model said stays in its own tokens', async () => {
  // `ab` is one piece, but the model said `a` and `b`.
  const pieces = ['<unk>', '<s>', '</s>', 'a', 'b', 'ab', '|'];
  const tokenizer = await createTokenizer({
    kind: 'sentencepiece',
    pieces,
    scores: pieces.map((_, index) => -index),
    types: pieces.map((_, index) => (index === 0 ? 'unknown' : index < 3 ? 'control' : 'normal')),
    special: { bos: 1, eos: 2, unknown: 0, addBos: true, addEos: false },
    addSpacePrefix: false,
  });
  const encoder = createPromptEncoder(tokenizer);
  expect(encoder.encode('|ab|')).toEqual([1, 6, 5, 6]);
  encoder.remember('|ab', [1, 6, 3, 4]);
  expect(encoder.encode('|ab|')).toEqual([1, 6, 3, 4, 6]);
  // A text that goes on within a token is read as the tokenizer has it.
  encoder.remember('|a', [1, 6, 3]);
  expect(encoder.encode('|ab')).toEqual([1, 6, 3, 4]);
  expect(createPromptEncoder(tokenizer).encode('|ab')).toEqual([1, 6, 5]);
});
