// What /set knows: one entry for each sampling option of the command line, made from its table, and what else a conversation lets change.
import type { Json, JsonObject } from '../../core/base/event.js';
import { didYouMean } from '../../core/base/nearest.js';
import type { ChatSettings, ContextPolicy } from '../../core/jobs/chat/conversation.js';
import type { Flag, FlagValues } from '../shell/flag.js';
import { longName } from '../shell/flag.js';
import { generationFlags } from '../shell/flags/generation.js';
import { modelFlags } from '../shell/flags/model.js';
import { readSampling, samplingFlags } from '../shell/flags/sampling.js';
import { readValue } from '../shell/value.js';
import { wrongUse } from './commands/command.js';

export interface Setting {
  /** Values that complete. */
  readonly words?: readonly string[];
  show(settings: ChatSettings): string;
  /** The key of the command line's option. */
  readonly option: string;
  /** From the value as a session keeps it. Throws LlmxError('usage') for what the option would refuse. */
  take(value: Json, settings: ChatSettings): Partial<ChatSettings>;
  /** Throws LlmxError('usage') for what the option would refuse. */
  read(text: string, settings: ChatSettings): Partial<ChatSettings>;
  /** As in `initial`. */
  reset(settings: ChatSettings, initial: ChatSettings): Partial<ChatSettings>;
}

interface NamedSetting extends Setting {
  /** The value as a session keeps it. */
  write(settings: ChatSettings): Json;
}

type SamplingFlagValues = FlagValues<typeof samplingFlags> & { readonly seed: number };

const biasText = ([id, value]: readonly [number, number]): string => `${id}${value < 0 ? '-' : '+'}${Math.abs(value)}`.replace('Infinity', 'inf');

/** Sampling settings as the options that would make them. */
const asFlags = ({ sampling: { logitBias, ...rest } }: ChatSettings): SamplingFlagValues => ({
  ...rest,
  greedy: false,
  logitBias: [...logitBias].map(biasText),
});

function samplingSetting(key: string, flag: Flag): NamedSetting {
  const valueOf = (settings: ChatSettings): unknown =>
    key === 'greedy' ? settings.sampling.temperature === 0 : (asFlags(settings) as Readonly<Record<string, unknown>>)[key];
  const withValue = (settings: ChatSettings, value: unknown): Partial<ChatSettings> => ({
    sampling: readSampling({ ...asFlags(settings), [key]: value } as SamplingFlagValues),
  });
  const readTexts = (texts: readonly string[], settings: ChatSettings): Partial<ChatSettings> =>
    withValue(settings, readValue(longName(key, flag), flag, texts));
  return {
    ...(flag.kind === 'boolean' ? { words: ['on', 'off'] } : {}),
    option: key,
    write: (settings) => valueOf(settings) as Json,
    take: (value, settings) => readTexts(textsOf(value), settings),
    show: (settings) => shown(valueOf(settings)),
    read: (text, settings) => readTexts([text], settings),
    reset: (settings, initial) =>
      key === 'greedy' ? { sampling: { ...settings.sampling, temperature: initial.sampling.temperature } } : withValue(settings, valueOf(initial)),
  };
}

const shown = (value: unknown): string =>
  Array.isArray(value) ? value.join(', ') || 'none' : typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);

const textsOf = (value: Json): readonly string[] => (Array.isArray(value) ? (value as readonly Json[]) : [value]).map(String);

/** A setting that is a field of its own. */
const field = <Key extends keyof ChatSettings>(
  key: Key,
  rest: Pick<Setting, 'show' | 'words' | 'option'> & {
    readonly parse: (text: string) => ChatSettings[Key];
    readonly parseAll?: (texts: readonly string[]) => ChatSettings[Key];
  },
): NamedSetting => ({
  ...{ show: rest.show, option: rest.option },
  write: (settings) => settings[key] as Json,
  take: (value) => ({ [key]: rest.parseAll === undefined ? rest.parse(String(value)) : rest.parseAll(textsOf(value)) }) as Partial<ChatSettings>,
  ...(rest.words === undefined ? {} : { words: rest.words }),
  read: (text) => ({ [key]: rest.parse(text) }) as Partial<ChatSettings>,
  reset: (_settings, initial) => ({ [key]: initial[key] }) as Partial<ChatSettings>,
});

const policies = ['ask', 'stop', 'slide', 'summarize'] as const satisfies readonly ContextPolicy[];

/** Quotes keep spaces, and \n in them is a line end. */
const readStop = (text: string): string => {
  if (!/^".*"$/s.test(text)) return text;
  try {
    return String(JSON.parse(text));
  } catch {
    throw wrongUse(`stop takes a text, not ${text}`, 'Quotes as in JSON: "\\n###"');
  }
};

export const settings: ReadonlyMap<string, NamedSetting> = new Map<string, NamedSetting>([
  ...Object.entries<Flag>(samplingFlags).map(([key, flag]): [string, NamedSetting] => [longName(key, flag), samplingSetting(key, flag)]),
  ['seed', samplingSetting('seed', modelFlags.seed)],
  [
    longName('predict', generationFlags.predict),
    field('maxTokens', {
      option: 'predict',
      show: ({ maxTokens }) => String(maxTokens),
      parse: (text) => readValue('n-predict', generationFlags.predict, [text]) as number,
    }),
  ],
  [
    'stop',
    field('stop', {
      option: 'stop',
      parseAll: (texts) => texts,
      show: ({ stop }) => stop.map((each) => JSON.stringify(each)).join(' ') || 'none',
      parse: (text) => (text === 'none' ? [] : [readStop(text)]),
    }),
  ],
  [
    longName('contextOverflow', generationFlags.contextOverflow),
    field('contextPolicy', {
      option: 'contextOverflow',
      words: policies,
      show: ({ contextPolicy }) => contextPolicy,
      parse: (text) => readValue('ctx-overflow', { kind: 'choice', choices: policies, help: '' }, [text]) as ContextPolicy,
    }),
  ],
]);

const aliases = new Map(
  Object.entries<Flag>({ ...samplingFlags, predict: generationFlags.predict }).flatMap(([key, flag]) =>
    [...(flag.aliases ?? []), ...(flag.short === undefined ? [] : [flag.short]), key].map((alias): [string, string] => [
      alias.toLowerCase(),
      longName(key, flag),
    ]),
  ),
);

export const variablePrefix = 'template.';
export const templateName = (name: string): string => `${variablePrefix}${name}`;

/** A variable of the template: JSON, or else a text. */
function variable(name: string): Setting {
  const without = (variables: JsonObject): JsonObject => Object.fromEntries(Object.entries(variables).filter(([key]) => key !== name));
  const withValue = (variables: JsonObject, value: Json): Partial<ChatSettings> => ({ variables: { ...without(variables), [name]: value } });
  return {
    option: 'chatTemplateKwargs',
    take: (value, { variables }) => withValue(variables, value),
    show: ({ variables }) => (Object.hasOwn(variables, name) ? JSON.stringify(variables[name]) : 'not set'),
    read: (text, { variables }) => withValue(variables, readJson(text)),
    reset: ({ variables }, initial) => ({
      variables: { ...without(variables), ...(Object.hasOwn(initial.variables, name) ? { [name]: initial.variables[name] } : {}) },
    }),
  };
}

function readJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** By name, by the option's other names, with dashes or underscores. Throws LlmxError('usage') with the nearest name. */
export function findSetting(written: string): readonly [string, Setting] {
  const name = written.replace(/^-+/, '');
  if (/^template\.[A-Za-z_]\w*$/.test(name) && name !== templateName('__proto__')) return [name, variable(name.slice(variablePrefix.length))];
  const dashed = name.toLowerCase().replaceAll('_', '-');
  const key = aliases.get(dashed) ?? dashed;
  const setting = settings.get(key);
  if (setting === undefined) throw wrongUse(`there is no setting ${written}`, didYouMean(dashed, settings.keys()) || '/set lists them');
  return [key, setting];
}
