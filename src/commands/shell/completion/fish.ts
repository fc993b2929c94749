// Completion for fish.
import type { CompletedCommand, CompletedFlag, Generator } from './model.js';

const quoteFish = (text: string): string => `'${text.replaceAll(/['\\]/g, '\\$&')}'`;

export const fish: Generator = (commands) => `# fish completion for llmx: llmx completion fish | source
complete -c llmx -f -n __fish_use_subcommand -s h -l help -d 'Print the help'
complete -c llmx -f -n __fish_use_subcommand -s V -l version -d 'Print the version'
${commands.map(commandLines).join('\n')}
`;

function commandLines({ name, summary, flags, choices }: CompletedCommand): string {
  const inside = `-n ${quoteFish(`__fish_seen_subcommand_from ${name}`)}`;
  return [
    `complete -c llmx -f -n __fish_use_subcommand -a ${name} -d ${quoteFish(summary)}`,
    ...(choices === undefined ? [] : [`complete -c llmx -f ${inside} -a ${quoteFish(choices.join(' '))}`]),
    ...flags.map((flag) => `complete -c llmx ${inside} ${flagWords(flag)}`),
  ].join('\n');
}

function flagWords({ spellings, help, takesValue, choices }: CompletedFlag): string {
  const names = spellings.map((spelling) =>
    spelling.startsWith('--') ? `-l ${spelling.slice(2)}` : spelling.length === 2 ? `-s ${spelling.slice(1)}` : `-o ${spelling.slice(1)}`,
  );
  const value = !takesValue ? '' : choices === undefined ? ' -r' : ` -x -a ${quoteFish(choices.join(' '))}`;
  return `${names.join(' ')}${value} -d ${quoteFish(help)}`;
}
