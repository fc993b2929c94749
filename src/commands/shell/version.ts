// The version of this package: written into the bundle, read from package.json when run from the sources.
import { readFileSync } from 'node:fs';

declare const LLMX_VERSION: string | undefined;

function fromPackage(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
  return version;
}

export const version: string = typeof LLMX_VERSION === 'string' ? LLMX_VERSION : fromPackage();
