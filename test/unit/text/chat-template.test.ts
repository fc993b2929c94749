// Chat templates against Jinja2 in the environment of Transformers: features row by row, real templates, and templates that would never end.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/base/event.js';
import { parseChatTemplate, type ChatMessage, type TemplateInput } from '../../../src/core/text/chat-template.js';
import { dataFolder, hasData, withoutData } from '../../support/data.js';
import { failure } from '../../support/hostile-files.js';

interface Row {
  readonly template: string;
  readonly rendered?: string;
  readonly error?: string;
}

interface Features {
  readonly now: string;
  readonly specialTokens: Record<string, string>;
  readonly variables: JsonObject & { readonly messages: readonly ChatMessage[] };
  readonly groups: readonly { readonly name: string; readonly rows: readonly Row[] }[];
}

const features = JSON.parse(readFileSync(new URL('../../../fixtures/templates/features.json', import.meta.url), 'utf8')) as Features;
const render = (source: string, input: TemplateInput): Promise<string> =>
  new Promise((resolve) => resolve(parseChatTemplate(source, 'row').render(input)));

describe.each(features.groups)('$name', ({ rows }) => {
  const { messages, ...variables } = features.variables;
  const input: TemplateInput = { messages, variables, addGenerationPrompt: true, specialTokens: features.specialTokens, now: new Date(features.now) };
  test.each(rows)('$template', async ({ template, rendered, error }) => {
    if (rendered !== undefined) expect(await render(template, input)).toBe(rendered);
    // The words of an error are not Jinja2's, but that there is one, and of which kind, is.
    else
      expect(await failure(render(template, input)), error).toMatchObject({
        name: 'LlmxError',
        code: expect.stringMatching(/malformed|unsupported/) as string,
      });
  });
});

interface Cases {
  readonly variables: { readonly now: string } & Record<string, string>;
  readonly cases: Record<string, { messages: ChatMessage[]; tools?: JsonObject[]; add_generation_prompt: boolean } & Record<string, unknown>>;
  readonly rows: readonly ({ readonly case: string } & Row)[];
}

describe.skipIf(!hasData)(`real templates${withoutData}`, () => {
  const folder = join(dataFolder, 'templates');
  const { variables, cases, rows } = (hasData ? JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) : { rows: [] }) as Cases;
  test.each(rows)('$template, $case', async ({ template, case: name, rendered, error }) => {
    const { now, ...specialTokens } = variables;
    const { messages, tools, add_generation_prompt: addGenerationPrompt, ...others } = cases[name]!;
    const input: TemplateInput = {
      messages,
      ...(tools === undefined ? {} : { tools }),
      addGenerationPrompt,
      variables: others as JsonObject,
      specialTokens,
      now: new Date(now),
    };
    const source = readFileSync(join(folder, template), 'utf8');
    if (rendered !== undefined) expect(await render(source, input)).toBe(rendered);
    else expect(await failure(render(source, input)), error).toMatchObject({ name: 'LlmxError' });
  });
  test('there are as many as the manifest says', () => expect(rows.length).toBe(224));
});

/** Each would take hours, gigabytes or the whole stack. */
const hostile: Readonly<Record<string, string>> = {
  'a loop of a billion': '{% for i in range(10**9) %}x{% endfor %}',
  'loops in loops': '{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}',
  'a string that doubles': '{% set ns = namespace(s="x") %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}',
  'a list that doubles': '{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}',
  'a tree that doubles, printed': '{% set ns = namespace(s=["a"]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}',
  'a tuple that doubles, as a key':
    '{% set ns = namespace(s=(1,2)) %}{% for i in range(60) %}{% set ns.s = (ns.s, ns.s) %}{% endfor %}{{ {ns.s: 1} }}',
  'a string times a billion': '{{ "x" * 10**9 }}',
  'a list times a billion': '{{ ([1] * 10**9)|length }}',
  'a replacement that explodes': '{% set s = "a" * 10**6 %}{{ s|replace("a", s)|length }}',
  'a join that explodes': '{{ ("a"*10**6).join("b"*10**6)|length }}',
  'padding to a billion': '{{ "a".ljust(10**12) }}{{ "a"|center(10**9) }}',
  'a format of a billion digits': '{{ "%.1000000000f" % 1 }}',
  'a power of powers': '{{ (10**1000) ** (10**9) }}',
  'a macro that calls itself': '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}',
  'a macro that calls itself twice': '{% macro f(n) %}{% if n %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(60) }}',
  'a hundred thousand brackets': `{{ ${'('.repeat(100000)}1${')'.repeat(100000)} }}`,
  'a hundred thousand nots': `{{ ${'not '.repeat(100000)}1 }}`,
  'a hundred thousand filters': `{{ a${'|upper'.repeat(100000)} }}`,
  'a hundred thousand ifs': '{% if messages %}'.repeat(100000),
  'long texts compared': '{% set s = "a"*10**6 ~ "c" %}{% set t = "a"*10**6 ~ "b" %}{% for i in range(100000) %}{% set x = s < t %}{% endfor %}',
  'texts looked for in texts': '{% set s = "ab"*10**5 %}{% for i in range(100000) %}{% set x = "abc" in s %}{% endfor %}',
  'a generator of generators':
    '{% set ns = namespace(g=[1]) %}{% for i in range(100000) %}{% set ns.g = ns.g|map("string") %}{% endfor %}{{ ns.g|list }}',
  'a namespace in itself': '{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}',
};
const mostMilliseconds = 12_000; // of one template on a busy machine; the engine stops its own clock at 5,000

test.each(Object.entries(hostile))('%s is stopped', { timeout: 2 * mostMilliseconds }, async (_, source) => {
  const began = performance.now();
  const thrown = await failure(render(source, { messages: [{ role: 'user', content: 'x' }], addGenerationPrompt: true, specialTokens: {} }));
  expect(thrown).toMatchObject({ name: 'LlmxError' });
  expect(['context-exceeded', 'malformed', 'unsupported']).toContain(thrown?.code);
  expect(thrown?.message.length).toBeLessThan(300);
  expect(performance.now() - began).toBeLessThan(mostMilliseconds);
});

test.each([
  '{{ {}.constructor }}',
  '{{ "".constructor }}',
  '{{ messages.__proto__ }}',
  '{{ namespace().constructor }}',
  '{{ {}["__proto__"] }}',
  '{{ hasOwnProperty }}',
])('%s reaches nothing of the host', async (source) => {
  expect(await render(source, { messages: [], addGenerationPrompt: true, specialTokens: {} })).toBe('');
});

test('an error names the template and the line', async () => {
  const input: TemplateInput = { messages: [], addGenerationPrompt: false, specialTokens: {} };
  expect(await failure(render('a\nb\n{% if %}', input))).toMatchObject({
    code: 'malformed',
    message: expect.stringMatching(/row.*line 3/) as string,
  });
  expect(await failure(render('a\n\n{{ raise_exception("no tools here") }}', input))).toMatchObject({
    message: expect.stringContaining('no tools here') as string,
  });
});

test('a hundred messages in a template of ten kilobytes', () => {
  const turn = `{% for message in messages %}{{ '<|' ~ message.role ~ '|>' ~ message.content|trim ~ '\\n' }}{% endfor %}`;
  const template = parseChatTemplate(`{# ${'x'.repeat(10_000)} #}${turn}`, 'long');
  const messages = Array.from({ length: 100 }, (_, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content: ' word '.repeat(100) }));
  const began = performance.now();
  expect(template.render({ messages, addGenerationPrompt: true, specialTokens: {} }).length).toBeGreaterThan(50_000);
  expect(performance.now() - began).toBeLessThan(500); // some 5 ms on an idle machine
});
