// `llmx config`: reads and writes the user's configuration file, and tells where each value comes from.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LlmxError } from '../core/base/error.js';
import type { Json, JsonObject } from '../core/base/event.js';
import { loadAll, settingFlags } from './shell/all-flags.js';
import { defineCommand } from './shell/command.js';
import type { Context } from './shell/context.js';
import type { Flag } from './shell/flag.js';
import { didYouMean } from '../core/base/nearest.js';
import { configFiles, openSettings, readConfig } from './shell/settings.js';
import { readValue } from './shell/value.js';

interface Row {
  readonly name: string;
  readonly value: Json;
  readonly source: string;
}

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
  async *run({ action, key, value }, _, context) {
    const path = context.global.config ?? join(context.directories.config, 'config.json');
    if (action === 'path') return { action, path, settings: [] };
    const loaded = await loadAll(context.commands);
    const known = settingFlags(loaded);
    if (action === 'list') return { action, path, settings: listSettings(known, Object.keys(context.commands), context) };
    if (key === undefined) throw new LlmxError('usage', `llmx config ${action} needs a key`, 'llmx config list shows what is set');
    const { section, name, flag } = findSetting(key, known, Object.keys(context.commands));
    if (action === 'get') return { action, path, settings: [lookUp(name, flag, section ?? '', context)] };
    if (action === 'set' && value === undefined)
      throw new LlmxError('usage', `llmx config set ${key} needs a value`, `llmx config unset ${key} removes it`);
    const stored = action === 'unset' ? undefined : (readValue(key, flag, [value!]) as Json);
    writeConfig(path, withValue(readConfig(path) ?? {}, section, name, stored));
    return { action, path, settings: stored === undefined ? [] : [{ name: key, value: stored, source: path }] };
  },
  human: ({ action, path, settings }) => {
    if (action === 'path') return path;
    if (action === 'get') return settings.map(({ value }) => String(value)).join('\n');
    return settings.map(({ name, value, source }) => `${name} = ${String(value)}  (${source})`).join('\n');
  },
});

function findSetting(
  key: string,
  known: ReadonlyMap<string, Flag>,
  commands: readonly string[],
): { section: string | undefined; name: string; flag: Flag } {
  const [first, ...rest] = key.replaceAll('_', '-').split('.');
  const section = rest.length > 0 ? first : undefined;
  const name = rest.length > 0 ? rest.join('.') : first!;
  if (section !== undefined && !commands.includes(section))
    throw new LlmxError('usage', `there is no command ${section} to set ${name} for`, didYouMean(section, commands));
  const flag = known.get(name);
  if (flag === undefined)
    throw new LlmxError('usage', `there is no setting ${name}`, didYouMean(name, known.keys()) || `Settings: ${[...known.keys()].join(', ')}`);
  return { section, name, flag };
}

function lookUp(name: string, flag: Flag, section: string, { environment, workingDirectory, directories, global }: Context): Row {
  const found = openSettings(section, { environment, files: configFiles(workingDirectory, directories.config, global.config) }).find(name);
  if (found !== undefined)
    return { name, value: readValue(name, flag, found.texts) as Json, source: found.source === 'environment' ? found.name : found.source };
  return { name, value: 'default' in flag && flag.default !== undefined ? (flag.default as Json) : null, source: 'default' };
}

/** What is set anywhere, with its source; defaults are left out. */
function listSettings(known: ReadonlyMap<string, Flag>, commands: readonly string[], context: Context): Row[] {
  const rows = [...known].map(([name, flag]) => lookUp(name, flag, '', context)).filter(({ source }) => source !== 'default');
  const inSections = commands.flatMap((section) =>
    [...known].flatMap(([name, flag]) => {
      const row = lookUp(name, flag, section, context);
      const general = lookUp(name, flag, '', context);
      return row.source === 'default' || (row.value === general.value && row.source === general.source)
        ? []
        : [{ ...row, name: `${section}.${name}` }];
    }),
  );
  return [...rows, ...inSections];
}

function withValue(config: JsonObject, section: string | undefined, name: string, value: Json | undefined): JsonObject {
  if (section === undefined) return { ...config, [name]: value };
  const inside = config[section];
  return { ...config, [section]: { ...(typeof inside === 'object' && inside !== null && !Array.isArray(inside) ? inside : {}), [name]: value } };
}

function writeConfig(path: string, config: JsonObject): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, `${JSON.stringify(config, null, 2)}\n`);
    renameSync(`${path}.new`, path);
  } catch (error) {
    throw new LlmxError('disk', `${path}: ${(error as Error).message}`, '', { cause: error });
  }
}
