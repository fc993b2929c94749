// Values from outside the command line: `LLMX_*`, `./llmx.config.json`, then the user's config.json.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LlmxError } from '../../core/base/error.js';
import type { Json, JsonObject } from '../../core/base/event.js';

export interface Setting {
  readonly name: string;
  /** An environment variable's name, or a file's path. */
  readonly source: string;
  readonly texts: readonly string[];
}

export interface Settings {
  /** By the long name of a flag. */
  find(longName: string): Setting | undefined;
}

export const environmentName = (longName: string): string => `LLMX_${longName.replaceAll('-', '_').toUpperCase()}`;

/** A configuration file as an object; undefined when there is none. */
export function readConfig(path: string): JsonObject | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new LlmxError('unreadable', `${path}: ${(error as Error).message}`, '', { cause: error });
  }
  try {
    const value = JSON.parse(text) as Json;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch (error) {
    throw new LlmxError('malformed', `${path}: not JSON: ${(error as Error).message}`, 'A configuration file is one JSON object', { cause: error });
  }
  throw new LlmxError('malformed', `${path}: not a JSON object`, 'A configuration file is one JSON object such as {"threads": 4}');
}

export interface SettingsPlaces {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Searched in this order; the first that has a key wins. */
  readonly files: readonly string[];
}

/** `{"threads": 4, "run": {"temp": 0}}`: a key under the command's name wins over the same key at the top. */
export function openSettings(command: string, { environment, files }: SettingsPlaces): Settings {
  let loaded: (readonly [string, JsonObject])[] | undefined;
  const load = (): (readonly [string, JsonObject])[] =>
    files.flatMap((path) => ((config) => (config === undefined ? [] : [[path, config] as const]))(readConfig(path)));
  return {
    find(longName) {
      const variable = environmentName(longName);
      const text = environment[variable];
      if (text !== undefined && text !== '') return { name: variable, source: 'environment', texts: [text] };
      loaded ??= load();
      for (const [path, config] of loaded) {
        const section = config[command];
        const inSection = typeof section === 'object' && section !== null && !Array.isArray(section) ? (section as JsonObject)[longName] : undefined;
        const value = inSection ?? config[longName];
        if (value !== undefined && value !== null) return { name: longName, source: path, texts: textsOf(path, longName, value) };
      }
      return undefined;
    },
  };
}

function textsOf(path: string, name: string, value: Json): readonly string[] {
  const values = Array.isArray(value) ? (value as readonly Json[]) : [value];
  if (values.some((each) => typeof each === 'object'))
    throw new LlmxError('malformed', `${path}: ${name} must be a text, a number, true, false or a list of these`);
  return values.map(String);
}

/** The files that count, strongest first. */
export const configFiles = (workingDirectory: string, configDirectory: string, chosen: string | undefined): readonly string[] =>
  chosen === undefined ? [join(workingDirectory, 'llmx.config.json'), join(configDirectory, 'config.json')] : [chosen];
