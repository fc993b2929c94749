// Completion for zsh.
import type { CompletedCommand, CompletedFlag, Generator } from './model.js';
import { quote } from './model.js';

const escape = (text: string): string => text.replaceAll(/[\\[\]:]/g, '\\$&');

export const zsh: Generator = (commands) => `#compdef llmx
# zsh completion for llmx: source <(llmx completion zsh)
_llmx() {
  local curcontext="$curcontext" state line
  typeset -A opt_args
  local -a commands=(
${commands.map(({ name, summary }) => `    ${quote(`${name}:${escape(summary)}`)}`).join('\n')}
  )
  _arguments -C '(- *)'{-h,--help}'[Print the help]' '(- *)'{-V,--version}'[Print the version]' '1: :->command' '*:: :->rest'
  case $state in
    command) _describe -t commands 'llmx command' commands ;;
    rest)
      case $words[1] in
${commands.map(commandCase).join('\n')}
      esac ;;
  esac
}
if [ "$funcstack[1]" = _llmx ]; then _llmx "$@"; else compdef _llmx llmx; fi
`;

function commandCase({ name, flags, choices }: CompletedCommand): string {
  const specs = [...flags.flatMap(flagSpecs), choices === undefined ? quote('*: :_files') : quote(`1: :(${choices.join(' ')})`)];
  return [`        ${name})`, `          _arguments \\\n${specs.map((spec) => `            ${spec}`).join(' \\\n')}`, '          ;;'].join('\n');
}

function flagSpecs({ spellings, help, takesValue, choices }: CompletedFlag): string[] {
  const value = takesValue ? `: :${choices === undefined ? '_files' : `(${choices.join(' ')})`}` : '';
  return spellings.map((spelling) => quote(`*${spelling}[${escape(help)}]${value}`));
}
