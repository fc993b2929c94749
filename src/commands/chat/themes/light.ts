// For terminals whose background is light.
import { mono } from './mono.js';
import type { Theme } from './theme.js';

export const light: Theme = {
  summary: 'for a light background',
  looks: {
    ...mono.looks,
    prompt: { bold: true, color: 'blue' },
    user: { color: 'blue' },
    placeholder: { color: 'gray' },
    status: { color: 'gray' },
    notice: { color: 'gray' },
    warning: { color: 'magenta' },
    error: { color: 'red' },
    hint: { color: 'gray' },
    thought: { color: 'gray', italic: true },
    heading: { bold: true, color: 'blue' },
    link: { underline: true, color: 'blue' },
    address: { color: 'gray' },
    quote: { italic: true, color: 'gray' },
    code: { color: 'magenta' },
    'code-label': { color: 'gray' },
    bullet: { color: 'blue' },
    rule: { color: 'gray' },
    keyword: { color: 'magenta' },
    string: { color: 'green' },
    number: { color: 'red' },
    comment: { color: 'gray' },
    name: { color: 'blue' },
    type: { color: 'cyan' },
    meta: { color: 'gray' },
    added: { color: 'green' },
    removed: { color: 'red' },
  },
};
