// Completion for PowerShell.
import type { CompletedCommand, Generator } from './model.js';

const quotePowershell = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const list = (words: readonly string[]): string => `@(${words.map(quotePowershell).join(', ')})`;

export const powershell: Generator = (commands) => `# PowerShell completion for llmx: llmx completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName llmx -ScriptBlock {
  param($word, $tree, $position)
  $names = ${list(commands.map(({ name }) => name))}
  $table = @{
${commands.map(commandRow).join('\n')}
  }
  $before = @($tree.CommandElements | Where-Object { $_.Extent.EndOffset -lt $position } | ForEach-Object { $_.ToString() })
  $command = $before | Select-Object -Skip 1 | Where-Object { $names -contains $_ } | Select-Object -First 1
  if (-not $command) { $found = $names + @('--help', '--version') }
  elseif ($table[$command].values.ContainsKey($before[-1])) { $found = $table[$command].values[$before[-1]] }
  else { $found = $table[$command].flags + $table[$command].words }
  $found | Where-Object { $_.StartsWith($word) } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;

function commandRow({ name, flags, choices }: CompletedCommand): string {
  const values = flags.flatMap(({ spellings, choices: words }) =>
    words === undefined ? [] : spellings.filter((each) => each.startsWith('--')).map((spelling) => `${quotePowershell(spelling)} = ${list(words)}`),
  );
  return `    ${quotePowershell(name)} = @{ flags = ${list(flags.flatMap(({ spellings }) => spellings.filter((each) => each.startsWith('--'))))}; words = ${list(choices ?? [])}; values = @{ ${values.join('; ')} } }`;
}
