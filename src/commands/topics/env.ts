// Environment variables and configuration files.
import { loadAll, settingFlags } from '../shell/all-flags.js';
import { configFiles, environmentName, otherVariables } from '../shell/settings.js';
import type { Topic } from './topic.js';

const others: readonly (readonly [string, string])[] = [
  ...Object.entries(otherVariables),
  ['XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME, XDG_CACHE_HOME', ''],
  ['HF_HUB_CACHE, HF_HOME', 'where downloaded models lie: HF_HUB_CACHE, else HF_HOME/hub, else XDG_CACHE_HOME/huggingface/hub'],
  ['HF_TOKEN, HF_TOKEN_PATH', "who asks the hub: a token, or its file (default HF_HOME/token); sent to the hub's own host alone"],
  ['HF_ENDPOINT', 'the hub to ask (default https://huggingface.co)'],
  ['HF_HUB_OFFLINE', '1: use no network, like --offline'],
  ['HF_HUB_DOWNLOAD_TIMEOUT', 'seconds without a byte after which a transfer is tried again (default 30)'],
  ['NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, TERM=dumb, CI', ''],
];

export const env: Topic = {
  summary: 'Environment variables and configuration files',
  text: async ({ commands, directories, workingDirectory }) => {
    const names = [...settingFlags(await loadAll(commands)).keys()].map(environmentName).sort();
    return [
      'A value is taken from the first of these that has it: the command line, LLMX_* in the environment, the files',
      ...configFiles(workingDirectory, directories.config, undefined).paths.map((path) => `  ${path}`),
      'and the default. --config FILE (or LLMX_CONFIG) reads that file instead of these two. A file is one JSON object; keys are long options, and a command\'s name opens a section for it: {"threads": 4, "run": {"temp": 0}}.',
      '',
      'Settings:',
      `  ${names.join(' ')}`,
      '',
      'Others:',
      ...others.map(([name, text]) => `  ${name.padEnd(24)}  ${text}`.trimEnd()),
      '',
    ].join('\n');
  },
};
