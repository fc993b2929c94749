// The table of commands. A row is all that the help of `llmx` needs; the rest is loaded when its command runs.
import type { CommandTable } from './shell/command.js';

export const commands = {
  run: { group: 'Use a model', summary: 'Continue a text: one prompt, pipes', load: () => import('./run.js') },
  chat: { group: 'Use a model', summary: 'Talk with a model: terminal UI, sessions, scripts', load: () => import('./chat.js') },
  tokenize: { group: 'Use a model', summary: 'Cut text into tokens, and put it together again', load: () => import('./tokenize.js') },
  pull: { group: 'Change a model', summary: 'Load models from the hub', load: () => import('./pull.js') },
  convert: { group: 'Change a model', summary: 'Change format or precision, and prove it', load: () => import('./convert.js') },
  inspect: { group: 'Know a model', summary: 'Show what a model is and what it needs', load: () => import('./inspect.js') },
  bench: { group: 'Know a model', summary: 'Measure how fast a model runs', load: () => import('./bench.js') },
  doctor: { group: 'Help and settings', summary: 'Check this machine', load: () => import('./doctor.js') },
  config: { group: 'Help and settings', summary: 'Read and write settings', load: () => import('./config.js') },
  completion: { group: 'Help and settings', summary: 'Print a completion script for a shell', load: () => import('./completion.js') },
  help: { group: 'Help and settings', summary: 'Help on a command or a topic', load: () => import('./help.js') },
} as const satisfies CommandTable;
