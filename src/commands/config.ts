// `llmx config`: reads and writes the user's configuration file, and tells where each value comes from.
import { join } from 'node:path';
import { LlmxError } from '../core/base/error.js';
import type { Json, JsonObject } from '../core/base/event.js';
import { didYouMean } from '../core/base/nearest.js';
import { loadAll, settingFlags } from './shell/all-flags.js';
import { defineCommand } from './shell/command.js';
import type { Context } from './shell/context.js';
import type { Flag } from './shell/flag.js';
import { configFiles, openSettings, readConfig } from './shell/settings.js';
import type { Settings } from './shell/settings.js';
import { readValue } from './shell/value.js';
import { writeWhole } from './shell/write-file.js';

interface Row {
  readonly name: string;
  readonly value: Json;
  readonly source: string;
}

interface Key {
  readonly section: string | undefined;
  readonly name: string;
}

type Known = ReadonlyMap<string, Flag>;

export const command = defineCommand({
  examples: ['llmx config set threads 4', 'llmx config set run.temp 0.2', 'llmx config list'],
  description:
    'Keys are long options; COMMAND.KEY counts for one command only. `list` tells where each value comes from, `path` where the file lies.',
  arguments: {
    action: { choices: ['get', 'set', 'unset', 'list', 'path'], help: 'What to do' },
    key: { optional: true, help: 'Name of a setting' },
    value: { optional: true, help: 'New value, for set' },
  },
  flags: {},
  exits: [0, 2, 4, 5, 130],
  makesConfig: true,
  async *run({ action, key, value }, _, context) {
    const path = chosenFile(context) ?? join(context.directories.config, 'config.json');
    if (action === 'path') return { action, path, settings: [] };
    const known = settingFlags(await loadAll(context.commands));
    const commands = Object.keys(context.commands);
    if (action === 'list') return { action, path, settings: listSettings(known, commands, context) };
    if (key === undefined) throw new LlmxError('usage', `llmx config ${action} needs a key`, 'llmx config list shows what is set');
    const { section, name } = parseKey(key);
    if (action === 'unset') {
      const config = readConfig(path) ?? {};
      if (valueAt(config, { section, name }) === undefined) findFlag({ section, name }, known, commands);
      writeConfig(path, withValue(config, { section, name }, undefined));
      return { action, path, settings: [] };
    }
    const flag = findFlag({ section, name }, known, commands);
    if (action === 'get') return { action, path, settings: [lookUp(name, flag, settingsOf(section, context))] };
    if (value === undefined) throw new LlmxError('usage', `llmx config set ${key} needs a value`, `llmx config unset ${key} removes it`);
    const stored = readValue(key, flag, [value]) as Json;
    writeConfig(path, withValue(readConfig(path) ?? {}, { section, name }, stored));
    return { action, path, settings: [{ name: key, value: stored, source: path }] };
  },
  human: ({ action, path, settings }) => {
    if (action === 'path') return path;
    if (action === 'get') return settings.map(({ value }) => (value === null ? '' : String(value))).join('\n');
    return settings.map(({ name, value, source }) => `${name} = ${String(value)}  (${source})`).join('\n');
  },
  notes: ({ action, settings }, { output }) => [
    ...(action === 'list' && settings.length === 0 && output === 'text' ? ['nothing is set; llmx help env lists the settings'] : []),
    ...(action === 'get' && settings[0]?.value === null ? [`${settings[0].name} is not set and has no fixed default`] : []),
  ],
});

const chosenFile = ({ global, environment }: Context): string | undefined => global.config ?? (environment.LLMX_CONFIG || undefined);

const settingsOf = (section: string | undefined, context: Context): Settings =>
  openSettings(section ?? '', {
    environment: context.environment,
    files: configFiles(context.workingDirectory, context.directories.config, chosenFile(context)),
  });

function parseKey(key: string): Key {
  const [first, ...rest] = key.replaceAll('_', '-').split('.');
  return rest.length > 0 ? { section: first, name: rest.join('.') } : { section: undefined, name: first! };
}

function findFlag({ section, name }: Key, known: Known, commands: readonly string[]): Flag {
  if (section !== undefined && !commands.includes(section))
    throw new LlmxError('usage', `there is no command ${section} to set ${name} for`, didYouMean(section, commands));
  const flag = known.get(name);
  if (flag === undefined)
    throw new LlmxError('usage', `there is no setting ${name}`, didYouMean(name, known.keys()) || `Settings: ${[...known.keys()].join(', ')}`);
  return flag;
}

function lookUp(name: string, flag: Flag, settings: Settings): Row {
  const found = settings.find(name);
  if (found !== undefined)
    return { name, value: readValue(name, flag, found.texts) as Json, source: found.source === 'environment' ? found.name : found.source };
  return { name, value: 'default' in flag && flag.default !== undefined ? (flag.default as Json) : null, source: 'default' };
}

/** What is set anywhere, with its source; defaults are left out. */
function listSettings(known: Known, commands: readonly string[], context: Context): Row[] {
  const rowsOf = (section: string | undefined): Row[] => {
    const settings = settingsOf(section, context);
    return [...known].map(([name, flag]) => lookUp(name, flag, settings));
  };
  const general = rowsOf(undefined);
  const inSections = commands.flatMap((section) =>
    rowsOf(section).flatMap((row, index) => {
      const { value, source } = general[index]!;
      return row.source === 'default' || (row.value === value && row.source === source) ? [] : [{ ...row, name: `${section}.${row.name}` }];
    }),
  );
  return [...general.filter(({ source }) => source !== 'default'), ...inSections];
}

const sectionOf = (config: JsonObject, section: string): JsonObject => {
  const inside = config[section];
  return typeof inside === 'object' && inside !== null && !Array.isArray(inside) ? (inside as JsonObject) : {};
};

const valueAt = (config: JsonObject, { section, name }: Key): Json | undefined =>
  section === undefined ? config[name] : sectionOf(config, section)[name];

const withValue = (config: JsonObject, { section, name }: Key, value: Json | undefined): JsonObject =>
  section === undefined ? { ...config, [name]: value } : { ...config, [section]: { ...sectionOf(config, section), [name]: value } };

const writeConfig = (path: string, config: JsonObject): void =>
  writeWhole(path, `${JSON.stringify(config, null, 2)}\n`, '--config FILE, LLMX_HOME or XDG_CONFIG_HOME name another place');
