// Values from outside the command line: `LLMX_*`, `./llmx.config.json`, then the user's config.json.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LlmxError } from '../../core/base/error.js';
import type { Json, JsonObject } from '../../core/base/event.js';
import { readError } from '../../core/jobs/system-errors.js';

export interface Setting {
  readonly name: string;
  /** `environment`, or a file's path. */
  readonly source: string;
  readonly texts: readonly string[];
}

/** A name as it is written somewhere, whether it means anything or not. */
export interface WrittenName {
  readonly name: string;
  /** The command whose section of a file it stands in. */
  readonly section?: string;
  readonly source: string;
  /** True for a section of a file itself. */
  readonly isSection: boolean;
}

export interface Settings {
  /** By the long name of a flag. */
  find(longName: string): Setting | undefined;
  /** All names that are set anywhere. */
  written(): readonly WrittenName[];
}

const prefix = 'LLMX_';
export const environmentName = (longName: string): string => `${prefix}${longName.replaceAll('-', '_').toUpperCase()}`;

/** Variables that are no settings of flags, with what they say. */
export const otherVariables = {
  LLMX_HOME: 'one folder for configuration, data, state and cache',
  LLMX_CONFIG: 'same as --config',
  LLMX_NATIVE: 'file of the native addon; off runs without one',
  LLMX_NATIVE_TIER: 'instruction set of the native addon, for tests',
  LLMX_TEST_DATA: 'models for the tests of llmx itself',
} as const satisfies Record<string, string>;

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A configuration file as an object; undefined when there is none. */
export function readConfig(path: string): JsonObject | undefined {
  const hint = 'A configuration file is one JSON object such as {"threads": 4}';
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw readError(path, error, hint);
  }
  try {
    const value = JSON.parse(text) as Json;
    if (isObject(value)) return value;
  } catch (error) {
    throw new LlmxError('malformed', `${path}: not JSON: ${(error as Error).message}`, hint, { cause: error });
  }
  throw new LlmxError('malformed', `${path}: not a JSON object`, hint);
}

export interface SettingsPlaces {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly files: ConfigFiles;
  /** Whether a file that the user named must be there. Default true. */
  readonly mustExist?: boolean;
}

/** `{"threads": 4, "run": {"temp": 0}}`: a key under the command's name wins over the same key at the top. */
export function openSettings(command: string, { environment, files, mustExist = true }: SettingsPlaces): Settings {
  let loaded: (readonly [string, JsonObject])[] | undefined;
  const load = (): (readonly [string, JsonObject])[] =>
    files.paths.flatMap((path) => {
      const config = readConfig(path);
      if (config === undefined && files.chosen && mustExist)
        throw new LlmxError('not-found', `${path}: no such configuration file`, 'llmx config set KEY VALUE --config FILE makes one');
      return config === undefined ? [] : [[path, config] as const];
    });
  return {
    find(longName) {
      const variable = environmentName(longName);
      const text = environment[variable];
      if (text !== undefined && text !== '') return { name: variable, source: 'environment', texts: [text] };
      loaded ??= load();
      for (const [path, config] of loaded) {
        const section = config[command];
        const value = (isObject(section) ? section[longName] : undefined) ?? config[longName];
        if (value !== undefined && value !== null) return { name: longName, source: path, texts: textsOf(path, longName, value) };
      }
      return undefined;
    },
    written() {
      loaded ??= load();
      return [
        ...Object.keys(environment)
          .filter((name) => name.startsWith(prefix) && environment[name] !== '')
          .map((name) => ({ name, source: 'environment', isSection: false })),
        ...loaded.flatMap(([source, config]) => Object.entries(config).flatMap(([name, value]) => writtenNames(source, name, value))),
      ];
    },
  };
}

function writtenNames(source: string, name: string, value: Json | undefined): readonly WrittenName[] {
  if (!isObject(value)) return [{ name, source, isSection: false }];
  return [{ name, source, isSection: true }, ...Object.keys(value).map((key) => ({ name: key, section: name, source, isSection: false }))];
}

function textsOf(path: string, name: string, value: Json): readonly string[] {
  const values = Array.isArray(value) ? (value as readonly Json[]) : [value];
  if (values.some((each) => typeof each === 'object'))
    throw new LlmxError('malformed', `${path}: ${name} must be a text, a number, true, false or a list of these`);
  return values.map(String);
}

export interface ConfigFiles {
  /** Searched in this order; the first that has a key wins. */
  readonly paths: readonly string[];
  /** True when the user named the file. */
  readonly chosen: boolean;
}

/** The files that count, strongest first. */
export const configFiles = (workingDirectory: string, configDirectory: string, chosen: string | undefined): ConfigFiles =>
  chosen === undefined || chosen === ''
    ? { paths: [join(workingDirectory, 'llmx.config.json'), join(configDirectory, 'config.json')], chosen: false }
    : { paths: [chosen], chosen: true };
