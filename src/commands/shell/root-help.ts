// The help of `llmx` itself, from the command table alone: nothing is loaded for it.
import type { CommandTable } from './command.js';
import { fold } from './fold.js';

type Rows = readonly (readonly [string, string])[];

/** On a terminal that is narrower than the lines, the second column goes below the first. */
function section(title: string, rows: Rows, width: number, columns: number): string {
  const lines = rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`);
  const fits = lines.every((line) => line.length <= columns);
  return [`${title}:`, ...(fits ? lines : rows.map(([name, text]) => `  ${name}\n${fold(text, columns, 4)}`))].join('\n');
}

/** `columns`: of the terminal. */
export function rootHelp(commands: CommandTable, columns = Infinity): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const groups = new Map<string, [string, string][]>();
  for (const [name, { group, summary }] of Object.entries(commands)) groups.set(group, [...(groups.get(group) ?? []), [name, summary]]);
  const everywhere: Rows = [
    ['-h, --help', 'Its help'],
    ['-V, --version', 'The version'],
    ['--json, --jsonl', 'Results for programs'],
    ['-q, -v, -vv', 'Say less or more on stderr'],
  ];
  return [
    fold('llmx - take a language model from any checkpoint to where it is needed', columns),
    [
      'Examples:',
      '  llmx run "Once upon a time"',
      '  git diff | llmx run -m model.gguf "Write a commit message" -n 80',
      '  llmx inspect model.gguf --json | jq .architecture',
    ].join('\n'),
    fold('Usage: llmx <command> [arguments] [options]', columns),
    ...[...groups].map(([title, rows]) => section(title, rows, width, columns)),
    section('Every command', everywhere, 15, columns),
    fold('llmx help refs | exit-codes | json | env | slash-commands | chat-templates tells more.', columns),
  ]
    .join('\n\n')
    .concat('\n');
}
