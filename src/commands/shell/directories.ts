// Where llmx keeps its own files: XDG on Linux and macOS, %APPDATA% on Windows; LLMX_HOME overrides all.
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Directories } from './context.js';

export function findDirectories(environment: Readonly<Record<string, string | undefined>>): Directories {
  const own = environment.LLMX_HOME;
  if (own) return { config: own, data: join(own, 'data'), state: join(own, 'state'), cache: join(own, 'cache') };
  if (process.platform === 'win32') {
    const roaming = environment.APPDATA ?? join(homedir(), 'AppData', 'Roaming');
    const local = environment.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local');
    return {
      config: join(roaming, 'llmx'),
      data: join(local, 'llmx', 'data'),
      state: join(local, 'llmx', 'state'),
      cache: join(local, 'llmx', 'cache'),
    };
  }
  const place = (variable: string, ...usual: string[]): string => join(environment[variable] || join(homedir(), ...usual), 'llmx');
  return {
    config: place('XDG_CONFIG_HOME', '.config'),
    data: place('XDG_DATA_HOME', '.local', 'share'),
    state: place('XDG_STATE_HOME', '.local', 'state'),
    cache: place('XDG_CACHE_HOME', '.cache'),
  };
}
