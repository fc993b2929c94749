// Completion for bash 3.2 and newer.
import type { CompletedCommand, Generator } from './model.js';
import { quote } from './model.js';

export const bash: Generator = (commands) => `# bash completion for llmx: source <(llmx completion bash)
_llmx() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command='' each
  for each in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$each" in ${commands.map(({ name }) => name).join('|')}) command=$each; break ;; esac
  done
  local flags='' words='' values=''
  case "$command" in
    '') words=${quote(commands.map(({ name }) => name).join(' '))}; flags='--help --version' ;;
${commands.map(commandCase).join('\n')}
  esac
  COMPREPLY=()
  if [ -n "$values" ]; then COMPREPLY=($(compgen -W "$values" -- "$word")); return; fi
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
    *) if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$word")); else COMPREPLY=($(compgen -f -- "$word")); fi ;;
  esac
}
complete -o filenames -o bashdefault -F _llmx llmx
`;

function commandCase({ name, flags, choices }: CompletedCommand): string {
  const valueCases = flags.flatMap(({ spellings, choices: words }) =>
    words === undefined ? [] : [`      ${spellings.join('|')}) values=${quote(words.join(' '))} ;;`],
  );
  return [
    `    ${name})`,
    `      flags=${quote(flags.flatMap(({ spellings }) => spellings).join(' '))}`,
    ...(choices === undefined ? [] : [`      words=${quote(choices.join(' '))}`]),
    ...(valueCases.length === 0 ? [] : ['      case "$before" in', ...valueCases.map((line) => `  ${line}`), '      esac']),
    '      ;;',
  ].join('\n');
}
