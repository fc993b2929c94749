// What a theme is: a look for every role of text on the screen.

/** Attributes of text; `color` is one of the terminal's sixteen. */
export interface Look {
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly italic?: boolean;
  readonly underline?: boolean;
  readonly strike?: boolean;
  readonly inverse?: boolean;
  readonly color?: Color;
}

export const colors = {
  black: 30,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
  white: 37,
  gray: 90,
  'bright-red': 91,
  'bright-green': 92,
  'bright-yellow': 93,
  'bright-blue': 94,
  'bright-magenta': 95,
  'bright-cyan': 96,
} as const satisfies Record<string, number>;
export type Color = keyof typeof colors;

/** What text on the screen may be. */
export type Role = ScreenRole | MarkdownRole | CodeRole;
type ScreenRole = ('prompt' | 'user' | 'placeholder' | 'status' | 'status-strong' | 'notice') | ('warning' | 'error' | 'hint' | 'thought' | 'chosen');
type MarkdownRole =
  | ('heading' | 'strong' | 'emphasis' | 'deleted' | 'link' | 'address' | 'quote')
  | ('code' | 'code-block' | 'code-label' | 'bullet' | 'rule' | 'table-head');
export type CodeRole = 'keyword' | 'string' | 'number' | 'comment' | 'name' | 'type' | 'meta' | 'added' | 'removed';

export interface Theme {
  readonly summary: string;
  readonly looks: Readonly<Record<Role, Look>>;
}
