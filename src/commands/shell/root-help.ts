// The help of `llmx` itself, from the command table alone: nothing is loaded for it.
import type { CommandTable } from './command.js';

export function rootHelp(commands: CommandTable): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const groups = new Map<string, string[]>();
  for (const [name, { group, summary }] of Object.entries(commands))
    groups.set(group, [...(groups.get(group) ?? []), `  ${name.padEnd(width)}  ${summary}`]);
  return [
    'llmx - take a language model from any checkpoint to where it is needed',
    [
      'Examples:',
      '  llmx run "Once upon a time"',
      '  git diff | llmx run -m model.gguf "Write a commit message" -n 80',
      '  llmx inspect model.gguf --json | jq .architecture',
    ].join('\n'),
    'Usage: llmx <command> [arguments] [options]',
    ...[...groups].map(([title, rows]) => [`${title}:`, ...rows].join('\n')),
    [
      'Every command:',
      '  -h, --help       Its help',
      '  -V, --version    The version',
      '  --json, --jsonl  Results for programs',
      '  -q, -v, -vv      Say less or more on stderr',
    ].join('\n'),
    'llmx help refs | exit-codes | json | env tells more.',
  ]
    .join('\n\n')
    .concat('\n');
}
