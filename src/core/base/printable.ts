// Text out of files and models, made safe to show: what a terminal would act upon becomes an escape.

/** Control characters (C0, delete, C1), line and paragraph separators, and what changes the direction of text. */
const unsafe = /[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;
const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** `text` with \u001b and the like in place of characters that are not to reach a terminal; those of `kept` stay. */
export const printable = (text: string, kept = ''): string =>
  text.replace(unsafe, (character) =>
    kept.includes(character) ? character : (short[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
