// Environment variables and configuration files.
import { loadAll, settingFlags } from '../shell/all-flags.js';
import { configFiles, environmentName, otherVariables } from '../shell/settings.js';
import type { Topic } from './topic.js';

const others: readonly (readonly [string, string])[] = [
  ...Object.entries(otherVariables),
  ['XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME, XDG_CACHE_HOME', ''],
  ['HF_HOME, HF_HUB_CACHE', 'where downloaded models lie'],
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
