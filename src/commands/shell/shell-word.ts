// Words of commands that users are told to type.

/** As one word of a shell, whatever is in it. */
export const shellWord = (text: string): string => (/^[\w./:@+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
