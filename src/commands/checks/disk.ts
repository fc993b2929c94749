// Free space where models are kept and where the user works.
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hubCacheFolder } from '../../core/checkpoints/hub/cache.js';
import { systemWords } from '../../core/base/system-words.js';
import { bytesText } from '../shell/quantity.js';
import type { Check, Finding } from './check.js';
import { ok, warn } from './check.js';

export const disk: Check = async ({ workingDirectory, environment, global: { cacheDir } }) => [
  await free('here', workingDirectory),
  await free('models', cacheDir ?? hubCacheFolder(environment)),
];

async function free(name: string, path: string): Promise<Finding> {
  for (let place = path; ; place = dirname(place)) {
    try {
      const { bavail, bsize } = await statfs(place);
      const detail = `${name}: ${bytesText(bavail * bsize)} free in ${path}`;
      return bavail * bsize < 2e9 ? warn(detail, 'Few models fit') : ok(detail);
    } catch (error) {
      // A folder that is not there yet will be made on the disk of its parent.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(place) === place) return warn(`${name}: ${path}: ${systemWords(error)}`, '');
    }
  }
}
