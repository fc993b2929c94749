// Text in lines that fit. Knows no terminal.

/** Folds at spaces; every line starts with `indent` spaces. */
export function fold(text: string, width: number, indent = 0): string {
  if (indent + text.length <= width) return ' '.repeat(indent) + text;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => ' '.repeat(indent) + each).join('\n');
}

/** Where a second column would have less than this, lines go on below the first. */
const leastText = 24;

/** Folds the lines of a text that are too long; they go on under their second column, or under their own beginning. */
export function foldLines(text: string, width: number): string {
  return text
    .split('\n')
    .map((line) => {
      if (line.length <= width) return line;
      const [, first = '', rest = line] = /^(\s*\S+(?: \S+)*\s{2,})(.*)$/.exec(line) ?? [];
      const own = /^ */.exec(line)![0].length;
      if (first === '') return fold(line.trim(), width, own);
      if (width - first.length >= leastText) return first + fold(rest, width, first.length).slice(first.length);
      return `${first.trimEnd()}\n${fold(rest, width, own + 2)}`;
    })
    .join('\n');
}
