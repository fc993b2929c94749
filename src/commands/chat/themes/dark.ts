// For terminals whose background is dark.
import { mono } from './mono.js';
import type { Theme } from './theme.js';

export const dark: Theme = {
  summary: 'for a dark background',
  looks: {
    ...mono.looks,
    prompt: { bold: true, color: 'bright-cyan' },
    user: { color: 'bright-cyan' },
    placeholder: { color: 'gray' },
    status: { color: 'gray' },
    notice: { color: 'gray' },
    warning: { color: 'yellow' },
    error: { color: 'bright-red' },
    hint: { color: 'gray' },
    thought: { color: 'gray', italic: true },
    heading: { bold: true, color: 'bright-cyan' },
    link: { underline: true, color: 'bright-blue' },
    address: { color: 'gray' },
    quote: { italic: true, color: 'gray' },
    code: { color: 'bright-yellow' },
    'code-label': { color: 'gray' },
    bullet: { color: 'cyan' },
    rule: { color: 'gray' },
    keyword: { color: 'bright-magenta' },
    string: { color: 'bright-green' },
    number: { color: 'bright-yellow' },
    comment: { color: 'gray' },
    name: { color: 'bright-blue' },
    type: { color: 'bright-cyan' },
    meta: { color: 'gray' },
    added: { color: 'bright-green' },
    removed: { color: 'bright-red' },
  },
};
