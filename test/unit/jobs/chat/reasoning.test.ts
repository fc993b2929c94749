// Thoughts are split off wherever the text is cut; marks in the middle of a reply are text.
import { expect, test } from 'vitest';
import { createReasoningSplitter, isMark } from '../../../../src/core/jobs/chat/reasoning.js';

interface Case {
  readonly what: string;
  readonly prompt?: string;
  readonly said: string;
  readonly reasoning: string;
  readonly content: string;
}

const cases: readonly Case[] = [
  { what: 'no thoughts', said: 'Hello <b>you</b>', reasoning: '', content: 'Hello <b>you</b>' },
  { what: 'a block', said: '<think>\na < b\n</think>\n\nYes', reasoning: 'a < b\n', content: 'Yes' },
  { what: 'white space first', said: '\n <thinking>x</thinking> y', reasoning: 'x', content: 'y' },
  { what: 'reasoning', said: '<reasoning>x</reasoning>y', reasoning: 'x', content: 'y' },
  { what: 'brackets', said: '[THINK]x[/THINK]y', reasoning: 'x', content: 'y' },
  { what: 'an empty block', said: '<think>\n\n</think>\n\nHi', reasoning: '', content: 'Hi' },
  { what: 'never closed', said: '<think>on and on', reasoning: 'on and on', content: '' },
  { what: 'half a close at the end', said: '<think>x</thi', reasoning: 'x</thi', content: '' },
  { what: 'half an open at the end', said: '<thi', reasoning: '', content: '<thi' },
  { what: 'a mark later on is text', said: 'Use <think>x</think>', reasoning: '', content: 'Use <think>x</think>' },
  {
    what: 'opened by the prompt',
    prompt: '<|im_start|>assistant\n<think>\n',
    said: 'x\n</think>\n\ny </think>',
    reasoning: 'x\n',
    content: 'y </think>',
  },
  { what: 'closed by the prompt', prompt: '<|im_start|>assistant\n<think>\n\n</think>\n\n', said: 'y', reasoning: '', content: 'y' },
  {
    what: 'channels',
    prompt: '<|start|>assistant',
    said: '<|channel|>analysis<|message|>x<|end|><|start|>assistant<|channel|>final<|message|>y',
    reasoning: 'x',
    content: 'y',
  },
  { what: 'the final channel alone', prompt: '<|start|>assistant', said: '<|channel|>final<|message|>y', reasoning: '', content: 'y' },
];

/** Pieces of `length` characters. */
const cut = (text: string, length: number): string[] => text.match(new RegExp(`[^]{1,${length}}`, 'g')) ?? [];

test.each(cases)('$what', ({ prompt = '', said, reasoning, content }) => {
  for (const length of [1, 2, 3, 5, 1000]) {
    const splitter = createReasoningSplitter(prompt);
    const parts = [...cut(said, length).map((text) => splitter.push(text)), splitter.finish()];
    const joined = { reasoning: parts.map((part) => part.reasoning).join(''), content: parts.map((part) => part.content).join('') };
    expect(joined, `in pieces of ${length}`).toEqual({ reasoning, content });
  }
});

test('what can no longer be a mark is given at once', () => {
  const splitter = createReasoningSplitter('');
  expect(splitter.push('<')).toEqual({ reasoning: '', content: '' });
  expect(splitter.push('b')).toEqual({ reasoning: '', content: '<b' });
  expect(splitter.isOpen).toBe(false);
});

test('control pieces that are parts of marks', () => {
  expect(['<|channel|>', '<|message|>', '<think>', '[/THINK]'].map(isMark)).toEqual([true, true, true, true]);
  expect(['', '<|im_end|>', '<s>'].map(isMark)).toEqual([false, false, false]);
});
