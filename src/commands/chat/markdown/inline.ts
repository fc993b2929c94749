// Inline Markdown as styled text. Shows what it does not know as it was written.
import type { Token, Tokens } from 'marked';
import type { Look, Role } from '../themes/theme.js';
import type { Ink, Span } from '../text/line.js';
import { safeLine, safeText } from '../text/safe.js';

type Inline = (token: never, ink: Ink, look: Look) => Span[];

/** Markup that stays where a terminal shows no attributes. */
const wrapped = (role: Role, mark: string) => (token: Tokens.Generic, ink: Ink, look: Look) => {
  const own = ink.look(role, look);
  const inside = token.tokens === undefined ? [{ text: readable(String(token.text)), look: own }] : inlineSpans(token.tokens, ink, own);
  return ink.styled ? inside : [{ text: mark, look }, ...inside, { text: mark, look }];
};

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", '#39': "'", nbsp: ' ' };

/** Entities as characters. The lexer may have made control characters of some: they become visible. */
const readable = (text: string): string => safeText(text.replace(/&(lt|gt|amp|quot|apos|#39|nbsp);/g, (_, name: string) => entities[name]!));

const link = (token: Tokens.Link | Tokens.Image, ink: Ink, look: Look): Span[] => {
  const own = ink.look('link', look);
  const shown = 'tokens' in token && token.type === 'link' ? inlineSpans(token.tokens, ink, own) : [{ text: readable(token.text), look: own }];
  // Where it leads is always told: the words of a link may say something else.
  const isAddress = token.text === token.href || `mailto:${token.text}` === token.href;
  return isAddress || token.href === '' ? shown : [...shown, { text: ` (${safeLine(token.href)})`, look: ink.look('address', look) }];
};

const inlines: Readonly<Record<string, Inline>> = {
  text: (token: Tokens.Text, ink, look) =>
    token.tokens === undefined ? [{ text: readable(token.text), look }] : inlineSpans(token.tokens, ink, look),
  escape: (token: Tokens.Escape, _ink, look) => [{ text: readable(token.text), look }],
  strong: wrapped('strong', '**'),
  em: wrapped('emphasis', '*'),
  del: wrapped('deleted', '~~'),
  codespan: (token: Tokens.Codespan, ink, look) => [{ text: safeText(ink.styled ? token.text : `\`${token.text}\``), look: ink.look('code', look) }],
  br: (_token, _ink, look) => [{ text: '\n', look }],
  link,
  image: link,
  checkbox: (token: Tokens.Checkbox, ink, look) => [{ text: token.checked ? '[x] ' : '[ ] ', look: ink.look('bullet', look) }],
};

export function inlineSpans(tokens: readonly Token[], ink: Ink, look: Look = {}): Span[] {
  return tokens.flatMap((token) => inlines[token.type]?.(token as never, ink, look) ?? [{ text: safeText(token.raw), look }]);
}
