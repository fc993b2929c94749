// Packs bench/gpu.sh with all that it needs on a bare machine into one archive of at most 55 MiB: `npx tsx bench/gpu-pack.ts [--gzip] [--out FOLDER]`.
// llama.cpp comes along where `node bench/install.mjs --vulkan` put it, or into a second archive where one would be too large.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { softGpuEnvironment } from '../test/support/soft-gpu.js';

const root = join(import.meta.dirname, '..');
const mostBytes = 55 * 2 ** 20;
const top = 'llmx-gpu';
const addonPath = 'llmx/prebuilds/linux-x64/llmx.node';

/** What lies where in the archive; folders whole. From this repository: `to` below the top folder, `from` below the root. */
const packed: Readonly<Record<string, string>> = {
  'gpu.sh': 'bench/gpu.sh',
  LICENSE: 'LICENSE',
  'llmx/package.json': 'package.json',
  'llmx/bin': 'bin',
  'llmx/dist': 'dist',
  'llmx/kernels/webgpu': 'kernels/webgpu',
  'llmx/node_modules/webgpu/package.json': 'node_modules/webgpu/package.json',
  'llmx/node_modules/webgpu/index.js': 'node_modules/webgpu/index.js',
  'llmx/node_modules/webgpu/LICENSE.md': 'node_modules/webgpu/LICENSE.md',
  'llmx/node_modules/webgpu/dist/linux-x64/dawn.node': 'node_modules/webgpu/dist/linux-x64/dawn.node',
};
const addons = ['build/native/llmx.node', 'prebuilds/linux-x64/llmx.node'];

/** TypeScript that is bundled, by the name that gpu.sh and its parts call it. */
const bundled: Readonly<Record<string, string>> = {
  'bench/part': 'bench/gpu/part.ts',
  'bench/table': 'bench/gpu/table.ts',
  'bench/synthetic': 'bench/synthetic.ts',
};

/** Used on machines that lack them: NVIDIA's driver links X11's, Node and Dawn the compiler's. Of the packing machine, where it has them. */
const spareLibraries = [
  ...['libstdc++.so.6', 'libgcc_s.so.1', 'libX11.so.6', 'libXext.so.6', 'libxcb.so.1'],
  ...['libXau.so.6', 'libXdmcp.so.6', 'libbsd.so.0', 'libmd.so.0'],
];
const libraryFolders = ['/usr/lib/x86_64-linux-gnu', '/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib'];

const peerFiles = ['peer.mjs', 'protocol.mjs', 'alone.mjs'];
const peerBinary = join(root, 'bench/node_modules/@node-llama-cpp/linux-x64-vulkan');

/** Of node_modules: not its own sources, nor the binaries for the processor, whose two plainest kinds suffice beside a graphics device. */
function isPeerFile(path: string): boolean {
  const name = basename(path);
  if (/\.(?:d\.ts|d\.cts|d\.mts|map|md|bundle)$/.test(name) || name === '.bin') return false;
  if (/[/\\]@node-llama-cpp[/\\]linux-x64(?:[/\\]|$)/.test(path)) return false;
  return !/^libggml-cpu-/.test(name) || /-(?:x64|haswell)\.so$/.test(name);
}

function run(program: string, words: readonly string[]): void {
  const { status, error } = spawnSync(program, words, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${error?.message ?? `ended with ${status}`}`);
}

function copy(from: string, to: string, filter?: (path: string) => boolean): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(realpathSync(from), to, { recursive: true, dereference: true, ...(filter === undefined ? {} : { filter }) });
}

/** A copy without symbols, where `strip` is at hand; of Node a quarter less. */
function copyBinary(from: string, to: string): void {
  copy(from, to);
  const { status } = spawnSync('strip', ['-s', to], { stdio: 'ignore' });
  if (status !== 0) copy(from, to);
}

async function bundle(folder: string): Promise<void> {
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: root,
    entryPoints: bundled,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    logLevel: 'warning',
  });
}

/** Everything but llama.cpp. Returns what this machine could not give. */
export async function stage(folder: string): Promise<readonly string[]> {
  for (const [to, from] of Object.entries(packed)) copy(join(root, from), join(folder, to));
  await bundle(folder);
  copyBinary(process.execPath, join(folder, 'node'));
  const addon = addons.map((each) => join(root, each)).find((each) => existsSync(each));
  if (addon !== undefined) copyBinary(addon, join(folder, addonPath));
  const dawn = join(folder, 'llmx/node_modules/webgpu/dist/linux-x64/dawn.node');
  copyBinary(join(root, 'node_modules/webgpu/dist/linux-x64/dawn.node'), dawn);
  const { VK_DRIVER_FILES: manifest } = await softGpuEnvironment();
  if (manifest === undefined) throw new Error('the Vulkan loader comes out of @sparticuz/chromium: unset LLMX_SOFT_GPU');
  copy(join(dirname(manifest), 'libvulkan.so.1'), join(folder, 'libraries/libvulkan.so.1'));
  const missing: string[] = addon === undefined ? ['the native addon'] : [];
  for (const name of spareLibraries) {
    const from = libraryFolders.map((each) => join(each, name)).find((each) => existsSync(each));
    if (from === undefined) missing.push(name);
    else copyBinary(from, join(folder, 'libraries', name));
  }
  chmodSync(join(folder, 'gpu.sh'), 0o755);
  return missing;
}

function stagePeer(folder: string): void {
  for (const name of peerFiles) copy(join(root, 'bench', name), join(folder, name));
  copy(join(root, 'bench/node_modules'), join(folder, 'node_modules'), isPeerFile);
}

/** Packs the named members of `folder`, and returns the archive's size. */
function pack(folder: string, members: readonly string[], archive: string, isGzip: boolean): number {
  const words = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '-C', folder];
  const partial = `${archive}.partial`;
  run('tar', ['-I', isGzip ? 'gzip -9' : 'xz -6 -T0', '-cf', partial, ...words, ...members]);
  renameSync(partial, archive);
  return statSync(archive).size;
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

function checkSize(archive: string, bytes: number): void {
  if (bytes > mostBytes) {
    rmSync(archive);
    throw new Error(`${basename(archive)} takes ${mebibytes(bytes)} (${bytes} bytes), the most is ${mebibytes(mostBytes)} (${mostBytes} bytes)`);
  }
  console.log(`${archive}: ${mebibytes(bytes)} (${bytes} bytes) of at most ${mebibytes(mostBytes)}`);
}

async function main(): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('the archive is made on Linux x64, whose Node it carries');
  const { values } = parseArgs({ options: { out: { type: 'string', default: '.cache' }, gzip: { type: 'boolean', default: false } } });
  const { buildBundle } = (await import(new URL('../scripts/build.mjs', import.meta.url).href)) as { buildBundle: () => Promise<number> };
  await buildBundle();
  const folder = mkdtempSync(join(tmpdir(), 'llmx-gpu-pack-'));
  const extension = values.gzip ? 'tar.gz' : 'tar.xz';
  const archive = join(values.out, `${top}.${extension}`);
  const peerArchive = join(values.out, `${top}-peer.${extension}`);
  mkdirSync(values.out, { recursive: true });
  for (const old of [archive, peerArchive]) rmSync(old, { force: true });
  try {
    const missing = await stage(join(folder, top));
    if (missing.length > 0) console.log(`this machine has no ${missing.join(', ')}: they do not come along`);
    const hasPeer = existsSync(peerBinary);
    if (hasPeer) stagePeer(join(folder, top, 'peer'));
    else console.log('llama.cpp does not come along: node bench/install.mjs --vulkan brings it');
    const whole = pack(folder, [top], archive, values.gzip);
    if (whole <= mostBytes || !hasPeer) return checkSize(archive, whole);
    console.log(`with llama.cpp it takes ${mebibytes(whole)}, the most is ${mebibytes(mostBytes)}: two archives`);
    const peer = pack(folder, [`${top}/peer`], peerArchive, values.gzip);
    rmSync(join(folder, top, 'peer'), { recursive: true });
    checkSize(archive, pack(folder, [top], archive, values.gzip));
    checkSize(peerArchive, peer);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) await main();
