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
