// The version of Node.js, and until when it is maintained.
import type { Check } from './check.js';
import { fail, ok, warn } from './check.js';

/** End of life by major version (github.com/nodejs/Release). */
const endOfLife: Readonly<Record<number, string>> = { 20: '2026-04-30', 22: '2027-04-30', 24: '2028-04-30' };

export const node: Check = () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const what = `Node.js ${process.versions.node} on ${process.platform} ${process.arch}`;
  if (major < 20 || (major === 20 && minor < 19)) return [fail(what, 'llmx needs Node.js 20.19 or newer')];
  const end = endOfLife[major];
  if (end !== undefined && new Date() > new Date(end))
    return [warn(`${what}; maintained until ${end}`, 'It works; a newer line of Node.js gets security fixes')];
  return [ok(end === undefined ? what : `${what}; maintained until ${end}`)];
};
