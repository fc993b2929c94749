// Templates that write each message between two marks of its role: a record of the marks becomes a Jinja source.

type Marks = readonly [before: string, after: string];

export interface TurnMarks {
  /** Undefined where the format knows no system message. */
  readonly system?: Marks;
  readonly user: Marks;
  readonly assistant: Marks;
  /** Undefined where the format knows no results of tools. */
  readonly tool?: Marks;
  /** Whose white space at both ends is dropped. */
  readonly trims?: readonly ('system' | 'user' | 'assistant' | 'tool')[];
  /** What the text begins with, besides the token that the vocabulary puts there. */
  readonly opening?: string;
  /** Begins the assistant's reply. */
  readonly prompt: string;
}

export const all = ['system', 'user', 'assistant', 'tool'] as const;

/** A literal of Jinja: JSON's escapes are among Python's. */
export const literal = (text: string): string => JSON.stringify(text);

/** Sets `content`: the text of a message, whose content may be a list of parts or absent. */
export const setContent =
  "{% set content = message['content'] if message['content'] is string else message['content'] | default([], true) | selectattr('type', 'equalto', 'text') | map(attribute='text') | join %}";

export const refuseRole = "{{ raise_exception('This template has no role ' ~ message['role']) }}";

export function turns({ system, user, assistant, tool, trims = [], opening = '', prompt }: TurnMarks): string {
  const branch = (role: (typeof all)[number], [before, after]: Marks): string => {
    const content = trims.includes(role) ? 'content | trim' : 'content';
    return `if message['role'] == '${role}' %}{{ ${literal(before)} ~ (${content}) ~ ${literal(after)} }}`;
  };
  const roles = { user, assistant, ...(system && { system }), ...(tool && { tool }) };
  const branches = all.flatMap((role) => (roles[role] === undefined ? [] : [branch(role, roles[role])]));
  return (
    `{{ ${literal(opening)} }}{% for message in messages %}${setContent}` +
    `{% ${branches.join('{% el')}{% else %}${refuseRole}{% endif %}{% endfor %}` +
    `{% if add_generation_prompt %}{{ ${literal(prompt)} }}{% endif %}`
  );
}
