// What a user can do where the native addon does not run: a checkout can build it, an installed package cannot.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { prebuildName } from '../backends/native/addon.js';
import { packageRoot } from '../base/package-root.js';

interface Place {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly hasSources: boolean;
  /** Name of this platform among the prebuilt addons. */
  readonly platform: string;
}

const here = (): Place => ({ environment: process.env, hasSources: existsSync(join(packageRoot(), 'kernels', 'native')), platform: prebuildName() });

export function nativeAdvice({ environment, hasSources, platform }: Place = here()): string {
  if (environment['LLMX_NATIVE']) return 'LLMX_NATIVE is set: unset it, or let it name an addon that was built for this machine';
  if (hasSources) return 'With a C++17 compiler, npm run build:native makes it fast';
  return `This package has no fast kernels that run on ${platform}: build them in a clone (npm ci, with a C++17 compiler), and let LLMX_NATIVE name its build/native/llmx.node`;
}
