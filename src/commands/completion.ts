// `llmx completion`: a script that completes commands, flags and choices.
import { loadAll } from './shell/all-flags.js';
import { defineCommand } from './shell/command.js';
import { completions } from './shell/completion/index.js';
import { completionModel } from './shell/completion/model.js';

export const command = defineCommand({
  examples: ['source <(llmx completion bash)', 'source <(llmx completion zsh)', 'llmx completion fish > ~/.config/fish/completions/llmx.fish'],
  arguments: { shell: { choices: ['bash', 'zsh', 'fish', 'powershell'], help: 'The shell' } },
  flags: {},
  exits: [0, 2, 130],
  async *run({ shell }, _, { commands }) {
    return { shell, script: completions[shell](completionModel(await loadAll(commands))) };
  },
  human: ({ script }) => script,
});
