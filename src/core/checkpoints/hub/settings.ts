// Where the hub is, who asks, and whether the network may be used: from the variables that the Python tools read.
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LlmxError } from '../../base/error.js';
import { hubCacheFolder } from './cache.js';

export interface HubSettings {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly token?: string;
  readonly offline: boolean;
  readonly cache: string;
  /** Milliseconds without a byte after which a transfer counts as stalled. */
  readonly stallMilliseconds: number;
}

interface Given {
  readonly offline?: boolean;
  readonly cacheFolder?: string;
  readonly tokenFile?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const isTrue = (text: string | undefined): boolean => /^(1|on|yes|true)$/i.test(text ?? '');

/** Whether the network may not be used, by what was given and by the environment. */
export const isOffline = (given: boolean, environment: Environment = process.env): boolean => given || isTrue(environment['HF_HUB_OFFLINE']);

const endpointOf = (environment: Environment): string => {
  const text = environment['HF_ENDPOINT'] || 'https://huggingface.co';
  if (/^https?:\/\/[^\s/]+/.test(text)) return text.replace(/\/+$/, '');
  throw new LlmxError('usage', `HF_ENDPOINT is ${text}, not an address`, 'Give it as https://host');
};

async function tokenOf(environment: Environment, file: string | undefined): Promise<string | undefined> {
  const said = environment['HF_TOKEN'] ?? environment['HUGGING_FACE_HUB_TOKEN'];
  if (file === undefined && said !== undefined) return said.trim() || undefined;
  const home = environment['HF_HOME'] || join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'huggingface');
  const path = file ?? environment['HF_TOKEN_PATH'] ?? join(home, 'token');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (file === undefined) return '';
    throw new LlmxError('unreadable', `${file}: the token cannot be read`, 'Check the path given with --token-file', { cause: error });
  });
  return text.trim() || undefined;
}

export async function hubSettings({ offline = false, cacheFolder, tokenFile }: Given, environment: Environment = process.env): Promise<HubSettings> {
  const token = await tokenOf(environment, tokenFile);
  const seconds = Number(environment['HF_HUB_DOWNLOAD_TIMEOUT'] ?? 30);
  return {
    endpoint: endpointOf(environment),
    ...(token === undefined ? {} : { token }),
    offline: isOffline(offline, environment),
    cache: cacheFolder ?? hubCacheFolder(environment),
    stallMilliseconds: 1000 * (seconds > 0 ? seconds : 30),
  };
}
