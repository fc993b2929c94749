// Adds to package-lock.json the platform packages that a partial registry did not list, so that `npm ci` finds no gap.
// Run after `npm install --ignore-scripts --package-lock-only`. They are optional and never installed where the lock is used, so a name and a version suffice.
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('package-lock.json', import.meta.url);
const systems = { linux: 'linux', mac: 'darwin', win: 'win32' };

const lock = JSON.parse(readFileSync(file, 'utf8'));
const { optionalDependencies, license, engines } = lock.packages['node_modules/node-llama-cpp'];
for (const [name, version] of Object.entries(optionalDependencies)) {
  const [system, processor] = name.replace(/.*\//, '').split('-');
  lock.packages[`node_modules/${name}`] ??= { version, cpu: [processor], engines, license, optional: true, os: [systems[system]] };
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([one], [other]) => (one < other ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
