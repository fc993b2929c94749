// Colours for code by highlight.js: its core and one language at a time, loaded behind the screen. Code is plain until they are there.
import type { HLJSApi } from 'highlight.js';
import type { CodeRole } from '../themes/theme.js';
import type { Ink, Line, Span } from '../text/line.js';
import type { Language } from './languages.js';
import { languageOf, loadLanguage } from './languages.js';

export interface Highlighter {
  /** Undefined for languages that are not known, or not yet; `loaded` is called when one has become known. */
  highlight(code: string, language: string, ink: Ink): readonly Line[] | undefined;
}

/** Longer code takes too long between two keys. */
const mostCharacters = 20_000;

/** The first part of a highlight.js scope, such as `title.function_`, to what themes know. */
const scopes: Readonly<Record<string, CodeRole>> = {
  ...{ keyword: 'keyword', 'selector-tag': 'keyword', literal: 'keyword', operator: 'keyword', doctag: 'keyword' },
  ...{ string: 'string', regexp: 'string', 'template-tag': 'string', 'attr-value': 'string', char: 'string', number: 'number', symbol: 'number' },
  ...{ comment: 'comment', quote: 'comment', title: 'name', name: 'name', attr: 'name', attribute: 'name', section: 'name', property: 'name' },
  ...{ built_in: 'type', type: 'type', class: 'type', 'selector-class': 'type', 'selector-id': 'type', variable: 'type' },
  ...{ meta: 'meta', addition: 'added', deletion: 'removed' },
};

const entities: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&amp;': '&', '&quot;': '"', '&#x27;': "'" };

/** The HTML that highlight.js makes, as lines: spans with a class, and text with five entities. */
function linesOf(html: string, ink: Ink): Line[] {
  const lines: Span[][] = [[]];
  const open = [ink.look('code-block')];
  for (const [part, scope] of html.matchAll(/<span class="hljs-([\w-]+)[^"]*">|<\/span>|[^<]+/g)) {
    if (part === '</span>') open.pop();
    else if (scope !== undefined) {
      const role = scopes[scope.replace(/_+$/, '')] ?? scopes[scope];
      open.push(role === undefined ? open.at(-1)! : ink.look(role, ink.look('code-block')));
    } else if (part.startsWith('<')) open.push(open.at(-1)!);
    else {
      const [first = '', ...rest] = part.replace(/&(?:lt|gt|amp|quot|#x27);/g, (entity) => entities[entity]!).split('\n');
      const look = open.at(-1) ?? {};
      lines.at(-1)!.push({ text: first, look });
      for (const text of rest) lines.push([{ text, look }]);
    }
  }
  return lines;
}

export function createHighlighter(loaded: () => void): Highlighter {
  let core: HLJSApi | undefined;
  const asked = new Set<Language>();
  const known = new Set<Language>();

  const load = async (language: Language): Promise<void> => {
    const [{ default: api }, { default: grammar }] = await Promise.all([import('highlight.js/lib/core'), loadLanguage(language)]);
    core = api;
    core.registerLanguage(language, grammar);
    known.add(language);
    loaded();
  };

  return {
    highlight(code, name, ink) {
      const language = languageOf(name);
      if (language === undefined || !ink.styled || code.length > mostCharacters) return undefined;
      if (!asked.has(language)) {
        asked.add(language);
        // A grammar that cannot be read leaves its code plain.
        load(language).catch(() => {});
      }
      if (core === undefined || !known.has(language)) return undefined;
      return linesOf(core.highlight(code, { language, ignoreIllegals: true }).value, ink);
    },
  };
}
