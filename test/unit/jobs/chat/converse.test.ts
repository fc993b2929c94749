// Turns of a conversation: what is read again and what is not, and what undoing, branches, aborts and lost devices leave behind.
import { expect, test } from 'vitest';
import { LlmxError } from '../../../../src/core/base/error.js';
import type { OpenConversation } from '../../../../src/core/jobs/chat/converse.js';
import { codesOf, collect, loadTiny, never, openTiny, scripted, withEngine, type TinyOptions } from '../../../support/tiny-chat.js';

const bosTokens = 1;
const say = (conversation: OpenConversation, text: string | undefined, signal = never) => collect(conversation.reply(text, signal));

test('the second turn reads its new tokens alone, and says so', async () => {
  await using conversation = await openTiny();
  const first = await say(conversation, 'Hello');
  expect(first.report).toMatchObject({
    prompt_tokens: bosTokens + 'u:Hello|a:'.length,
    reused_tokens: 0,
    completion_tokens: 6,
    finish_reason: 'length',
  });
  expect(first.report.prefilled_tokens).toBe(first.report.prompt_tokens);
  const second = await say(conversation, 'Why');
  // The last token of a reply was chosen and never read.
  const held = first.report.prompt_tokens + 6 - 1;
  expect(second.report).toMatchObject({ reused_tokens: held, prefilled_tokens: 1 + '|u:Why|a:'.length, prompt_tokens: held + 10 });
  const progress = second.events.filter((event) => event.type === 'progress');
  expect(progress[0]).toMatchObject({ phase: 'prompt', done: 0, total: 10 });
  expect(progress.at(-1)).toMatchObject({ phase: 'prompt', done: 10, total: 10 });
  expect(conversation.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
  expect(conversation.context).toEqual({ used: second.report.prompt_tokens + 6, size: 64 });
});

test.each(['llama', 'mamba'] as const)('%s: what was kept gives the same reply as reading everything', async (fixture) => {
  await using conversation = await openTiny({ fixture });
  await say(conversation, 'One');
  const { report } = await say(conversation, 'Two');
  await using fresh = await openTiny({ fixture, messages: conversation.messages.slice(0, 3) });
  const again = await say(fresh, undefined);
  expect(again.report).toMatchObject({ text: report.text, reused_tokens: 0, prompt_tokens: report.prompt_tokens });
  expect(report.reused_tokens).toBe(14);
});

test.each([
  ['llama', 'the prompt but its last token', 64, (prompt: number) => prompt - 1],
  ['mamba', 'the turn before', 128, (_: number, first: number) => first],
] as const)('%s: another reply to the same message keeps %s', async (fixture, _, contextLength, held) => {
  await using conversation = await openTiny({ fixture, contextLength });
  const first = (await say(conversation, 'One')).report;
  const second = (await say(conversation, 'Two')).report;
  expect(conversation.retract()).toBe(true);
  expect(conversation.messages).toHaveLength(3);
  const again = (await say(conversation, undefined)).report;
  expect(again.reused_tokens).toBe(held(second.prompt_tokens, first.prompt_tokens + first.completion_tokens - 1));
  expect(again).toMatchObject({ text: second.text, prompt_tokens: second.prompt_tokens });
  expect(again.seed).not.toBe(second.seed);
});

test.each(['llama', 'mamba'] as const)('%s: branches share their prefix and do not disturb each other', async (fixture) => {
  await using conversation = await openTiny({ fixture, ...(fixture === 'llama' ? { sequences: 3 } : { contextLength: 128 }) });
  const first = (await say(conversation, 'One')).report;
  const common = first.prompt_tokens + first.completion_tokens - 1;
  expect(conversation.fork('other')).toBe('other');
  const onOther = (await say(conversation, 'Two')).report;
  expect(onOther.reused_tokens).toBe(common);
  conversation.switchTo('main');
  expect(conversation.messages).toHaveLength(2);
  // Of the other branch an attention model can use more: the last token of the common reply, and `|u:`.
  expect((await say(conversation, 'Six')).report.reused_tokens).toBe(fixture === 'llama' ? common + 4 : common);
  conversation.switchTo('other');
  const later = (await say(conversation, 'Ten')).report;
  expect(later.reused_tokens).toBe(onOther.prompt_tokens + onOther.completion_tokens - 1);
  expect(conversation.branches).toEqual(['main', 'other']);
  expect(() => conversation.fork('main')).toThrow(LlmxError);
  expect(() => conversation.switchTo('none')).toThrow("there is no branch 'none'");
});

test('more branches than the cache has room for: the oldest is read again, none fails', async () => {
  await using conversation = await openTiny();
  for (const text of ['One message', 'Two message', 'Six message']) {
    if (conversation.messages.length > 0) conversation.fork(text);
    conversation.clear();
    await say(conversation, text.repeat(3));
  }
  conversation.switchTo('main');
  const { report } = await say(conversation, 'Ten');
  expect(report.prefilled_tokens + report.reused_tokens).toBe(report.prompt_tokens);
});

test('undo, edit, system and clear', async () => {
  await using conversation = await openTiny({ settings: { maxTokens: 2 } });
  await say(conversation, 'One');
  await say(conversation, 'Two');
  expect(conversation.undo()).toEqual({ role: 'user', content: 'Two' });
  expect(conversation.messages).toHaveLength(2);
  conversation.edit(1, 'Six');
  expect(conversation.messages).toEqual([{ role: 'user', content: 'Six' }]);
  expect(() => conversation.edit(2, '')).toThrow('there is no user message 2');
  conversation.setSystem('Be.');
  expect(conversation.rendered()).toBe('s:Be.|u:Six|');
  expect(conversation.context.used).toBe(bosTokens + 's:Be.|u:Six|'.length);
  await say(conversation, undefined);
  conversation.clear();
  expect(conversation.messages).toEqual([{ role: 'system', content: 'Be.' }]);
  conversation.setSystem(undefined);
  expect(conversation.messages).toEqual([]);
  expect(conversation.undo()).toBeUndefined();
  expect(conversation.retract()).toBe(false);
});

test('a reply that was cut goes on where it ended', async () => {
  await using whole = await openTiny({ settings: { maxTokens: 10 } });
  const { text } = (await say(whole, 'One')).report;
  await using conversation = await openTiny({ settings: { maxTokens: 4 } });
  await say(conversation, 'One');
  const added = (await collect(conversation.proceed(never))).report;
  expect(added.prefilled_tokens).toBe(1);
  await collect(conversation.proceed(never));
  expect(conversation.messages.at(-1)!['content']).toHaveLength(12);
  expect(String(conversation.messages.at(-1)!['content']).slice(0, 10)).toBe(text);
});

const abortable: readonly TinyOptions[] = [{ fixture: 'llama' }, { fixture: 'mamba', contextLength: 128 }];

test.each(abortable)('$fixture: an abort while the prompt is read', async (options) => {
  await using conversation = await openTiny(options);
  const controller = new AbortController();
  const { report } = await collect(conversation.reply('A message of some length', controller.signal), (event) => {
    if (event.type === 'progress' && event.done > 0) controller.abort();
  });
  expect(report).toMatchObject({ finish_reason: 'interrupted', text: '', completion_tokens: 0 });
  expect(conversation.messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
  expect(conversation.retract()).toBe(true);
  const again = (await say(conversation, undefined)).report;
  expect(again.finish_reason).toBe('length');
  expect(again.reused_tokens).toBeGreaterThanOrEqual(8);
});

test.each(abortable)('$fixture: an abort while it speaks keeps what was said', async (options) => {
  await using conversation = await openTiny(options);
  const controller = new AbortController();
  const { report } = await collect(conversation.reply('One', controller.signal), (event) => {
    if (event.type === 'token' && event.i === 2) controller.abort();
  });
  expect(report.finish_reason).toBe('interrupted');
  expect(report.text.length).toBeGreaterThanOrEqual(3);
  expect(conversation.messages.at(-1)).toEqual({ role: 'assistant', content: report.text });
  expect((await say(conversation, 'Two')).report.finish_reason).toBe('length');
});

test('a lost device goes on elsewhere, in mid-reply and with the next turn', async () => {
  let steps = 0;
  const losing: NonNullable<TinyOptions['change']> = (loaded) =>
    withEngine(loaded, {
      step: async (inputs) => {
        if (++steps === 5) throw new LlmxError('device-lost', 'the device was lost');
        return loaded.engine.step(inputs);
      },
    });
  await using conversation = await openTiny({
    change: losing,
    next: async function* () {
      return { loaded: await loadTiny({}), device: 'second' };
    },
  });
  await using undisturbed = await openTiny();
  const broken = await say(conversation, 'One');
  expect(codesOf(broken.events)).toEqual(['device-lost']);
  expect(broken.report.text).toBe((await say(undisturbed, 'One')).report.text);
  const second = (await say(conversation, 'Two')).report;
  expect(second).toMatchObject({ text: (await say(undisturbed, 'Two')).report.text, prefilled_tokens: 10 });
});

test('a failure leaves the conversation as it was', async () => {
  await using conversation = await openTiny({
    change: (loaded) => withEngine(loaded, { step: async () => Promise.reject(new LlmxError('out-of-memory', 'no memory')) }),
  });
  await expect(say(conversation, 'One')).rejects.toMatchObject({ code: 'out-of-memory' });
  expect(conversation.messages).toEqual([]);
  const abandoned = conversation.reply('Two', never);
  await abandoned.next();
  expect(() => conversation.clear()).toThrow('a reply is running');
  await abandoned.return(undefined as never);
  expect(conversation.messages).toEqual([]);
});

test('thoughts stream apart, and stay out of the next prompt', async () => {
  await using conversation = await openTiny({
    change: (loaded) => scripted(loaded, ['<think>\nsum it\n</think>\n\n4 <b>', 'No <think> here']),
    settings: { maxTokens: -1 },
    ends: true,
  });
  const { events, report } = await say(conversation, '2+2');
  expect(report).toMatchObject({ text: '4 <b>', reasoning: 'sum it', finish_reason: 'eos' });
  const text = (type: 'token' | 'reasoning') => events.flatMap((event) => (event.type === type ? [event.text] : [])).join('');
  expect([text('token'), text('reasoning').trimEnd()]).toEqual(['4 <b>', 'sum it']);
  expect(conversation.messages.at(-1)).toEqual({ role: 'assistant', content: '4 <b>', reasoning_content: 'sum it' });
  expect(conversation.rendered()).toBe('u:2+2|a:4 <b>|');
  const second = (await say(conversation, '3')).report;
  expect(second).toMatchObject({ text: 'No <think> here', reasoning: null });
  expect(second.reused_tokens).toBe(bosTokens + 'u:2+2|a:'.length);
});

test('a template that takes no system message gets its text before the first one', async () => {
  await using conversation = await openTiny({
    template: {
      name: 'strict',
      render: ({ messages, addGenerationPrompt }) => {
        if (messages.some(({ role }) => role === 'system')) throw new LlmxError('malformed', 'System role not supported');
        return messages.map(({ role, content }) => `${role[0]}:${String(content)}|`).join('') + (addGenerationPrompt ? 'a:' : '');
      },
    },
    messages: [{ role: 'system', content: 'Be.' }],
  });
  await say(conversation, 'One');
  expect(conversation.rendered()).toMatch(/^u:Be\.\n\nOne\|a:/);
});
