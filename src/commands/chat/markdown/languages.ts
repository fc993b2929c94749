// The languages that are coloured, loaded when a block of one appears. Names are those that stand behind a fence.
import type { LanguageFn } from 'highlight.js';

type Load = () => Promise<{ readonly default: LanguageFn }>;

const loaders = {
  bash: () => import('highlight.js/lib/languages/bash'),
  c: () => import('highlight.js/lib/languages/c'),
  cpp: () => import('highlight.js/lib/languages/cpp'),
  css: () => import('highlight.js/lib/languages/css'),
  diff: () => import('highlight.js/lib/languages/diff'),
  go: () => import('highlight.js/lib/languages/go'),
  java: () => import('highlight.js/lib/languages/java'),
  javascript: () => import('highlight.js/lib/languages/javascript'),
  json: () => import('highlight.js/lib/languages/json'),
  python: () => import('highlight.js/lib/languages/python'),
  rust: () => import('highlight.js/lib/languages/rust'),
  sql: () => import('highlight.js/lib/languages/sql'),
  typescript: () => import('highlight.js/lib/languages/typescript'),
  xml: () => import('highlight.js/lib/languages/xml'),
  yaml: () => import('highlight.js/lib/languages/yaml'),
} as const satisfies Record<string, Load>;

export type Language = keyof typeof loaders;

const aliases: Readonly<Record<string, Language>> = {
  ...{ sh: 'bash', shell: 'bash', zsh: 'bash', console: 'bash', h: 'c', 'c++': 'cpp', cc: 'cpp', hpp: 'cpp', patch: 'diff', golang: 'go' },
  ...{ js: 'javascript', jsx: 'javascript', mjs: 'javascript', jsonc: 'json', json5: 'json', py: 'python', python3: 'python', rs: 'rust' },
  ...{ ts: 'typescript', tsx: 'typescript', html: 'xml', svg: 'xml', vue: 'xml', yml: 'yaml' },
};

export const languageOf = (name: string): Language | undefined =>
  Object.hasOwn(loaders, name) ? (name as Language) : Object.hasOwn(aliases, name) ? aliases[name] : undefined;

export const loadLanguage = (language: Language): Promise<{ readonly default: LanguageFn }> => loaders[language]();
