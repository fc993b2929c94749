// Named templates whose messages depend on one another, in Jinja. The token that begins a text is left to the vocabulary, as in llama.cpp.
import { literal, refuseRole, setContent } from './turns.js';

interface Instructions {
  /** Around the system message, which stands in the first instruction. */
  readonly system: readonly [before: string, after: string];
  /** Before an instruction, but for the first what stands before those that follow a reply. */
  readonly first: string;
  readonly again: string;
  readonly end: string;
  /** Before a reply. */
  readonly reply: string;
  readonly trims: 'nothing' | 'replies' | 'all';
}

/** `[INST] ... [/INST] reply</s>`: system and user messages share an instruction until a reply ends it. */
function instructions({ system: [before, after], first, again, end, reply, trims }: Instructions): string {
  return `{% set turn = namespace(open=false, first=true) %}
{% for message in messages %}
  ${setContent}
  {% if ${trims === 'all' ? 'true' : trims === 'replies' ? "message['role'] == 'assistant'" : 'false'} %}
    {% set content = content | trim %}
  {% endif %}
  {% if not turn.open %}
    {{- ${literal(first)} if turn.first else ${literal(again)} -}}
    {% set turn.open = true %}
    {% set turn.first = false %}
  {% endif %}
  {% if message['role'] == 'system' %}
    {{- ${literal(before)} ~ content ~ ${literal(after)} -}}
  {% elif message['role'] == 'user' %}
    {{- content ~ ${literal(end)} -}}
  {% elif message['role'] == 'assistant' %}
    {{- ${literal(reply)} ~ content ~ '</s>' -}}
    {% set turn.open = false %}
  {% else %}
    ${refuseRole}
  {% endif %}
{% endfor %}`;
}

const llama2: Instructions = {
  system: ['<<SYS>>\n', '\n<</SYS>>\n\n'],
  first: '[INST] ',
  again: '[INST] ',
  end: ' [/INST]',
  reply: '',
  trims: 'nothing',
};

const mistral = (before: string, behind: string, trims: Instructions['trims']): string => {
  const open = `${before}[INST]${behind}`;
  return instructions({ system: ['', '\n\n'], first: open, again: open, end: `${before}[/INST]`, reply: behind, trims });
};

/** A system message waits for the next user message and stands before its text. */
const orion = `{% set ns = namespace(system='') %}
{% for message in messages %}
  ${setContent}
  {% if message['role'] == 'system' %}
    {% set ns.system = ns.system ~ content %}
  {% elif message['role'] == 'user' %}
    {{- 'Human: ' ~ (ns.system ~ '\\n\\n' if ns.system else '') ~ content ~ '\\n\\nAssistant: </s>' -}}
    {% set ns.system = '' %}
  {% elif message['role'] == 'assistant' %}
    {{- content ~ '</s>' -}}
  {% else %}
    ${refuseRole}
  {% endif %}
{% endfor %}`;

const monarch = `{% for message in messages %}
  ${setContent}
  {{- ('' if loop.first else '<s>') ~ message['role'] ~ '\\n' ~ content ~ '</s>\\n' -}}
{% endfor %}
{% if add_generation_prompt %}
  {{- '<s>assistant\\n' -}}
{% endif %}`;

const gigachat = `{{- '<s>' -}}
{% for message in messages %}
  ${setContent}
  {% if message['role'] == 'system' and loop.first %}
    {{- content ~ '<|message_sep|>' -}}
  {% elif message['role'] == 'user' %}
    {{- 'user<|role_sep|>' ~ content ~ '<|message_sep|>available functions<|role_sep|>[]<|message_sep|>' -}}
  {% elif message['role'] == 'assistant' %}
    {{- 'assistant<|role_sep|>' ~ content ~ '<|message_sep|>' -}}
  {% else %}
    ${refuseRole}
  {% endif %}
{% endfor %}
{% if add_generation_prompt %}
  {{- 'assistant<|role_sep|>' -}}
{% endif %}`;

const hunyuanDense = `{{- '<｜hy_begin▁of▁sentence｜>' -}}
{% for message in messages %}
  ${setContent}
  {% if message['role'] == 'system' and loop.first %}
    {{- content ~ '<｜hy_place▁holder▁no▁3｜>' -}}
  {% elif message['role'] == 'user' %}
    {{- '<｜hy_User｜>' ~ content -}}
  {% elif message['role'] == 'assistant' %}
    {{- '<｜hy_Assistant｜>' ~ content ~ '<｜hy_place▁holder▁no▁2｜>' -}}
  {% else %}
    ${refuseRole}
  {% endif %}
{% endfor %}
{{- '<｜hy_Assistant｜>' if add_generation_prompt else '<｜hy_place▁holder▁no▁8｜>' -}}`;

export const written = {
  'llama2-sys': instructions(llama2),
  'llama2-sys-bos': instructions({ ...llama2, again: '<s>[INST] ' }),
  'llama2-sys-strip': instructions({ ...llama2, trims: 'all' }),
  'mistral-v1': mistral(' ', ' ', 'nothing'),
  'mistral-v3': mistral('', ' ', 'replies'),
  'mistral-v3-tekken': mistral('', '', 'nothing'),
  orion,
  monarch,
  gigachat,
  'hunyuan-dense': hunyuanDense,
} as const satisfies Record<string, string>;
