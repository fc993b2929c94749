// Paths as users write them: ~ is the home, everything else is seen from the working folder.
import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import type { ScreenContext } from './options.js';

type Place = Pick<ScreenContext, 'workingDirectory'>;

export const pathFrom = ({ workingDirectory }: Place, written: string): string =>
  resolve(workingDirectory, written.replace(/^(["'])(.*)\1$/, '$2').replace(/^~(?=$|[\\/])/, homedir()));

const mostOffered = 200;

/** What the last part of a path may become. */
export function pathsFrom(place: Place, begun: string): readonly string[] {
  const folder =
    begun.endsWith('/') || begun.endsWith(sep)
      ? begun
      : dirname(begun) === '.' && !begun.startsWith('.')
        ? ''
        : `${dirname(begun)}/`.replace(/^\/\/$/, '/');
  try {
    return readdirSync(pathFrom(place, folder === '' ? '.' : folder), { withFileTypes: true })
      .slice(0, mostOffered)
      .map((entry) => join(folder, entry.name) + (entry.isDirectory() ? '/' : ''));
  } catch {
    return [];
  }
}
