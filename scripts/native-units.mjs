// The addon's translation units and their flags, for the local build and the prebuilds. A unit's own flags stand in its first lines as `// flags: ...`.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'kernels', 'native');

export const commonFlags = [
  '-std=c++17',
  '-O3',
  '-fno-exceptions',
  '-fno-rtti',
  '-fno-threadsafe-statics',
  '-fvisibility=hidden',
  '-ffunction-sections',
  '-fdata-sections',
];
/** Kernels must give the same bits from every compiler: a * b + c is contracted only where it says so. */
const tierFlags = ['-ffp-contract=off'];

/** Tiers by the processor that runs them; the others' units would be empty and their flags unknown to the compiler. */
const tiers = { x64: ['scalar', 'avx2', 'avx512'], arm64: ['scalar', 'neon', 'neon-dot'] };

const tierOf = (name) => /^tier-(.+)\.cc$/.exec(name)?.[1];

/** In ops/ only the tiers' units and the table are compiled; each tier includes the ops. */
const isUnit = (part, name, arch) => {
  if (!name.endsWith('.cc') || name.endsWith('.inc.cc') || name.startsWith('test')) return false;
  const tier = tierOf(name);
  if (tier !== undefined) return (tiers[arch] ?? ['scalar']).includes(tier);
  return part !== 'ops' || name === 'table.cc';
};

const ownFlags = (text) => /^\/\/ flags: (.+)$/m.exec(text.slice(0, 1000))?.[1].trim().split(/\s+/) ?? [];

/** Zig's driver knows processors and features by its own names only. */
const zigFlags = new Map([['-march=armv8.2-a+dotprod', '-mcpu=generic+v8_2a+dotprod']]);

/** A unit's flags in the words of a compiler's command. */
export const flagsFor = (command, flags) => (/zig/.test(command) ? flags.map((flag) => zigFlags.get(flag) ?? flag) : flags);

/** Base units first: should two tiers ever share a symbol, the linker keeps the one that runs everywhere. */
export function nativeUnits(arch) {
  const units = ['addon', 'engine', 'simd', 'matrix', 'ops'].flatMap((part) =>
    readdirSync(join(folder, part))
      .filter((name) => isUnit(part, name, arch))
      .sort()
      .map((name) => {
        const path = join(folder, part, name);
        const tier = tierOf(name);
        return {
          path,
          name: `${part}-${name.replace(/\.cc$/, '')}`,
          tier,
          flags: [...(tier === undefined ? [] : tierFlags), ...ownFlags(readFileSync(path, 'utf8'))],
        };
      }),
  );
  const rank = ({ tier }) => (tier === undefined ? 0 : 1 + (tiers[arch] ?? []).indexOf(tier));
  return units.sort((left, right) => rank(left) - rank(right));
}

/** The text of a file and of all that it includes from this folder. */
export function sourceClosure(path, seen = new Map()) {
  if (seen.has(path)) return seen;
  const text = readFileSync(path, 'utf8');
  seen.set(path, text);
  for (const [, name] of text.matchAll(/^\s*#\s*include\s+"([^"]+)"/gm)) {
    try {
      sourceClosure(join(dirname(path), name), seen);
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }
  return seen;
}

export const shown = (path) => relative(root, path);

/** Runs a command to its end: its status (-1: it did not start) and all that it said. */
export function run([program, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
    child.on('error', (error) => resolve({ status: -1, output: error.message }));
    child.on('close', (status) => resolve({ status, output }));
  });
}

/** Runs `work` over `items`, `width` at a time; the first failure ends it. */
export async function inParallel(items, width, work) {
  const queue = [...items];
  const results = new Map();
  await Promise.all(
    Array.from({ length: Math.min(width, queue.length) }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) results.set(item, await work(item));
    }),
  );
  return items.map((item) => results.get(item));
}
