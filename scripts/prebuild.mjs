// Cross-builds the addons that the package carries, with Zig's C++ compiler: prebuilds/<platform>-<arch>[-musl]/llmx.node.
//
//   node scripts/prebuild.mjs [-v] [--target linux-x64]...       (default: every target)
//
// Zig is $ZIG, `zig`, or the one of `pip install ziglang` (`python3 -m ziglang`). Exits with 1 when a target does not compile or link.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { commonFlags, flagsFor, inParallel, nativeUnits, root, run, shown } from './native-units.mjs';

/** glibc 2.28 and macOS 11 are the oldest that Node 20 runs on. */
const targets = {
  'linux-x64': { zig: 'x86_64-linux-gnu.2.28' },
  'linux-arm64': { zig: 'aarch64-linux-gnu.2.28' },
  'linux-x64-musl': { zig: 'x86_64-linux-musl' },
  'linux-arm64-musl': { zig: 'aarch64-linux-musl' },
  'darwin-x64': { zig: 'x86_64-macos.11.0' },
  'darwin-arm64': { zig: 'aarch64-macos.11.0' },
  'win32-x64': { zig: 'x86_64-windows-gnu', machine: 'i386:x86-64' },
  'win32-arm64': { zig: 'aarch64-windows-gnu', machine: 'arm64' },
};
const linkFlags = {
  linux: ['-pthread', '-lm', '-Wl,--gc-sections', '-Wl,--as-needed'],
  darwin: ['-Wl,-undefined,dynamic_lookup', '-Wl,-dead_strip'],
  win32: [],
};

const { values: options } = parseArgs({ options: { verbose: { type: 'boolean', short: 'v' }, target: { type: 'string', multiple: true } } });

class PrebuildError extends Error {}

function findZig() {
  const candidates = [process.env.ZIG, 'zig', 'python3 -m ziglang', 'python -m ziglang'].filter(Boolean).map((words) => words.trim().split(/\s+/));
  for (const command of candidates) {
    const { status, stdout } = spawnSync(command[0], [...command.slice(1), 'version'], { encoding: 'utf8' });
    if (status === 0) return { command, version: stdout.trim() };
  }
  throw new PrebuildError('no Zig found (tried $ZIG, zig, python3 -m ziglang): `pip install ziglang` brings one');
}

async function zig({ command }, what, args) {
  const { status, output } = await run([...command, ...args]);
  if (options.verbose === true && output !== '') process.stdout.write(output);
  if (status !== 0) throw new PrebuildError(`${what} failed:\n${output.trimEnd()}`);
}

/** Windows binds symbols to a library: one that says "node.exe" for every function of the headers. */
async function nodeLibrary(compiler, machine, folder) {
  const names = ['js_native_api.h', 'node_api.h'].flatMap((header) =>
    [...readFileSync(join(root, 'kernels', 'native', 'include', header), 'utf8').matchAll(/\b((?:napi|node_api)_\w+)\s*\(/g)].map(([, name]) => name),
  );
  const definition = join(folder, 'node_api.def');
  writeFileSync(definition, `NAME node.exe\nEXPORTS\n${[...new Set(names)].join('\n')}\n`);
  const library = join(folder, 'node.lib');
  await zig(compiler, 'the import library', ['dlltool', '-m', machine, '-D', 'node.exe', '-d', definition, '-l', library]);
  return library;
}

async function prebuild(compiler, name) {
  const [platform, arch] = name.split('-');
  const { zig: triple, machine } = targets[name];
  const folder = mkdtempSync(join(tmpdir(), `llmx-prebuild-${name}-`));
  try {
    const flags = ['-target', triple, ...commonFlags, ...(platform === 'win32' ? [] : ['-fPIC'])];
    const objects = await inParallel(nativeUnits(arch), availableParallelism(), async (unit) => {
      const object = join(folder, `${unit.name}.o`);
      await zig(compiler, shown(unit.path), ['c++', ...flags, ...flagsFor('zig', unit.flags), '-c', unit.path, '-o', object]);
      return object;
    });
    if (machine !== undefined) objects.push(await nodeLibrary(compiler, machine, folder));
    const made = join(folder, 'llmx.node');
    // As C: nothing of the C++ library is used, and Zig would first compile its own for the target.
    await zig(compiler, 'the link', ['cc', '-target', triple, '-shared', '-s', ...objects, ...linkFlags[platform], '-o', made]);
    const target = join(root, 'prebuilds', name, 'llmx.node');
    mkdirSync(join(root, 'prebuilds', name), { recursive: true });
    writeFileSync(`${target}.new`, readFileSync(made), { mode: 0o755 });
    renameSync(`${target}.new`, target);
    return statSync(target).size;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main() {
  const names = options.target ?? Object.keys(targets);
  const unknown = names.find((name) => !Object.hasOwn(targets, name));
  if (unknown !== undefined) throw new PrebuildError(`no target ${unknown}; there are ${Object.keys(targets).join(', ')}`);
  const compiler = findZig();
  process.stdout.write(`prebuild: zig ${compiler.version}\n`);
  let total = 0;
  let failed = 0;
  // One target at a time: the units of each already fill the processor.
  for (const name of names) {
    const begin = performance.now();
    try {
      const bytes = await prebuild(compiler, name);
      total += bytes;
      process.stdout.write(`prebuild: ${name} ${(bytes / 1000).toFixed(0)} kB in ${((performance.now() - begin) / 1000).toFixed(1)} s\n`);
    } catch (error) {
      if (!(error instanceof PrebuildError)) throw error;
      failed++;
      process.stdout.write(`prebuild: ${name}: ${error.message}\n`);
    }
  }
  process.stdout.write(`prebuild: ${names.length - failed} of ${names.length} targets, ${(total / 1e6).toFixed(2)} MB\n`);
  return failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof PrebuildError)) throw error;
  process.stderr.write(`prebuild: ${error.message}\n`);
  process.exitCode = 1;
}
