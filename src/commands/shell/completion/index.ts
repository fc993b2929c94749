// The table of shells that llmx completes for.
import { bash } from './bash.js';
import { fish } from './fish.js';
import type { Generator } from './model.js';
import { powershell } from './powershell.js';
import { zsh } from './zsh.js';

export const completions = { bash, zsh, fish, powershell } as const satisfies Record<string, Generator>;
export const shells = Object.keys(completions) as readonly (keyof typeof completions)[];
