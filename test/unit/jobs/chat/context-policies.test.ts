// A conversation that outgrows its context: each policy, what it says and what it leaves alone.
import { expect, test } from 'vitest';
import { createBranches, systemCount } from '../../../../src/core/jobs/chat/branches.js';
import type { ContextPolicy } from '../../../../src/core/jobs/chat/conversation.js';
import { slide, visibleMessages } from '../../../../src/core/jobs/chat/fit.js';
import type { ChatMessage } from '../../../../src/core/text/chat-template.js';
import { codesOf, collect, never, openTiny, scripted, tinyTemplate, type TinyOptions } from '../../../support/tiny-chat.js';

const size = 64;
/** `<s>`, then `s:Be.|`, then turns of 18 tokens: `u:12345|a:abcdef|`. Three of them are 58. */
const system: ChatMessage = { role: 'system', content: 'Be.' };
const turn = (text: string): ChatMessage[] => [
  { role: 'user', content: text },
  { role: 'assistant', content: 'abcdef' },
];
const long = [system, ...turn('first'), ...turn('other'), ...turn('third')];
const open = (contextPolicy: ContextPolicy, more: TinyOptions = {}) =>
  openTiny({ messages: long, settings: { contextPolicy, maxTokens: 6 }, ...more });
const promptTokens = 1 + 's:Be.|'.length + 3 * 'u:first|a:abcdef|'.length + 'u:next!|a:'.length;

test('ask refuses with numbers, before anything changes', async () => {
  await using conversation = await open('ask');
  const before = conversation.messages;
  await expect(collect(conversation.reply('next!', never))).rejects.toMatchObject({
    code: 'context-exceeded',
    message: `the conversation has ${promptTokens} tokens, ${promptTokens + 4 - size} more than fit beside a reply in the context of ${size}`,
  });
  expect(conversation.messages).toBe(before);
  conversation.configure({ contextPolicy: 'slide' });
  expect((await collect(conversation.reply('next!', never))).report.dropped_messages).toBe(2);
});

test('slide drops the oldest turns, keeps the system message, and says so', async () => {
  await using conversation = await open('slide');
  const { events, report } = await collect(conversation.reply('next!', never));
  const shown = promptTokens - 'u:first|a:abcdef|'.length;
  expect(events.find(({ type }) => type === 'warning')).toEqual({
    type: 'warning',
    code: 'context-slid',
    message: `the 2 oldest messages are no longer seen by the model: ${promptTokens} tokens do not fit beside a reply in the context of ${size}, ${shown} are left`,
  });
  expect(report).toMatchObject({ dropped_messages: 2, truncated_tokens: promptTokens - shown, prompt_tokens: shown, completion_tokens: 6 });
  expect(conversation.messages).toHaveLength(long.length + 2);
  expect(conversation.rendered()).toMatch(/^s:Be\.\|u:other\|a:abcdef\|u:third\|a:abcdef\|u:next!\|a:[^]{6}\|$/);
  // What fits now is not cut again, and its state is used.
  expect(report.finish_reason).toBe('length');
  const undone = conversation.undo();
  expect(undone?.['content']).toBe('next!');
  const again = await collect(conversation.reply('next!', never));
  expect(codesOf(again.events)).toEqual([]);
  expect(again.report).toMatchObject({ dropped_messages: 2, reused_tokens: shown - 1 });
});

test('slide refuses a message that is too long by itself', async () => {
  await using conversation = await open('slide');
  await expect(collect(conversation.reply('x'.repeat(80), never))).rejects.toMatchObject({ code: 'context-exceeded' });
  expect(conversation.messages).toBe(conversation.messages);
  expect(conversation.messages).toHaveLength(long.length);
});

test('stop answers as far as the context goes, and says that it is full', async () => {
  await using conversation = await openTiny({ messages: long.slice(0, 5), settings: { contextPolicy: 'stop', maxTokens: -1 } });
  const { events, report } = await collect(conversation.reply('next!', never));
  const used = promptTokens - 'u:third|a:abcdef|'.length;
  expect(report).toMatchObject({ finish_reason: 'length', prompt_tokens: used, completion_tokens: size - used + 1, dropped_messages: 0 });
  expect(codesOf(events)).toEqual(['context-full']);
});

test('stop with a prompt that does not fit ends at once', async () => {
  await using conversation = await open('stop');
  const { events, report } = await collect(conversation.reply('x'.repeat(40), never));
  expect(report).toMatchObject({ finish_reason: 'length', text: '', completion_tokens: 0 });
  expect(codesOf(events)).toEqual(['context-full']);
});

/** The request for a summary is longer than a context of characters, so it is one mark here. */
const shortRequest: TinyOptions['template'] = {
  ...tinyTemplate,
  render: (input) =>
    tinyTemplate
      .render(input)
      .replace(/Write a summary[^|]*/, '?')
      .replace('Summary of what was said before:\n', '='),
};

test('summarize asks the model and keeps what it says as a note', async () => {
  await using conversation = await open('summarize', {
    template: shortRequest,
    ends: true,
    change: (loaded) => scripted(loaded, ['short', 'Yes.']),
  });
  const { events, report } = await collect(conversation.reply('next!', never));
  // The summary needs an eighth of the context, so two turns make way.
  expect(codesOf(events)).toEqual(['context-summarized']);
  expect(events.some((event) => event.type === 'progress' && event.phase === 'summary')).toBe(true);
  expect(events.flatMap((event) => (event.type === 'token' ? [event.text] : [])).join('')).toBe('Yes.');
  expect(report).toMatchObject({ text: 'Yes.', dropped_messages: 4 });
  expect(conversation.rendered()).toBe('s:Be.\n\n=short|u:third|a:abcdef|u:next!|a:Yes.|');
  expect(conversation.messages.at(0)).toEqual(system);
});

test.each([
  ['an empty summary', { ends: true, change: (loaded) => scripted(loaded, ['', 'Yes.']), template: shortRequest }],
  ['a base model', { isPlain: true }],
] as [string, TinyOptions][])('summarize with %s slides, and says why', async (_, more) => {
  await using conversation = await open('summarize', more);
  const { events, report } = await collect(conversation.reply('next!', never));
  expect(codesOf(events)).toEqual(['no-summary', 'context-slid']);
  expect(report.dropped_messages).toBe(2);
});

test('summarize slides where a message leaves no room for a summary, and names the context as it is where it leaves none at all', async () => {
  await using conversation = await open('summarize', { template: shortRequest, ends: true });
  const { events, report } = await collect(conversation.reply('x'.repeat(46), never));
  expect(codesOf(events)).toEqual(['context-slid']);
  expect(report.dropped_messages).toBe(6);
  await expect(collect(conversation.reply('x'.repeat(80), never))).rejects.toMatchObject({
    message: expect.stringMatching(/the last message .* in the context of 64$/) as string,
    hint: 'Raise --ctx-size, or say it in parts',
  });
});

test('what was hidden comes back when it is edited or cleared away', async () => {
  await using conversation = await open('slide');
  await collect(conversation.reply('next!', never));
  conversation.edit(1, 'again');
  expect(conversation.rendered()).toBe('s:Be.|u:again|');
});

test('slide hides whole turns and the fewest that help', () => {
  const messages = [system, ...Array.from({ length: 50 }, (_, index) => turn(`q${index}`)).flat(), { role: 'user', content: 'last' }];
  const branch = createBranches(messages).current;
  let renders = 0;
  const render = (each: typeof branch) => {
    renders++;
    const text = visibleMessages(each)
      .map(({ content }) => String(content))
      .join('');
    return { text, ids: [...text].map(() => 0) };
  };
  const found = slide(branch, render, { size: 100, maxTokens: -1 });
  // 3 + 4 characters, and turns of 9 beside a quarter for the reply: 75 - 7 = 68 hold 7 turns.
  expect(visibleMessages(found.branch)).toHaveLength(1 + 14 + 1);
  expect(found.branch.hidden % 2).toBe(0);
  expect(systemCount(visibleMessages(found.branch))).toBe(1);
  expect(renders).toBeLessThan(10);
});
