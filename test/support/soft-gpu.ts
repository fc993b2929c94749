// A software Vulkan device for machines without a GPU: SwiftShader and a Vulkan loader out of the npm package @sparticuz/chromium.
import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';

const root = join(import.meta.dirname, '../..');
const folder = join(root, '.cache', 'soft-gpu');
const archive = join('bin', 'swiftshader.tar.br');

/** Set by scripts/lavapipe.sh, which brings a device of its own. */
const isLavapipe = process.env['LLMX_SOFT_GPU'] === 'lavapipe';
/** Part of the software adapter's name. */
export const softGpuName = isLavapipe ? 'llvmpipe' : 'SwiftShader';

/** Why there is no software device here; undefined where there is one. */
export const softGpuProblem =
  process.platform === 'linux' && process.arch === 'x64'
    ? undefined
    : `SwiftShader comes for linux x64 only, this is ${process.platform} ${process.arch}`;

function packageFolder(): string {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  let found = dirname(entry);
  while (!existsSync(join(found, archive))) found = dirname(found);
  return found;
}

/** Unpacks once; several processes may try at the same time. */
async function unpack(): Promise<void> {
  if (existsSync(join(folder, 'libvulkan.so.1'))) return;
  await mkdir(dirname(folder), { recursive: true });
  const partial = await mkdtemp(`${folder}-`);
  const source = packageFolder();
  const tar = createRequire(join(source, 'package.json'))('tar-fs') as { extract(target: string): NodeJS.WritableStream };
  await pipeline(createReadStream(join(source, archive)), createBrotliDecompress(), tar.extract(partial));
  await rename(partial, folder).catch(() => rm(partial, { recursive: true, force: true }));
}

interface SoftGpuFiles {
  /** Holds the Vulkan loader. */
  readonly folder: string;
  /** The driver's manifest. */
  readonly manifest: string;
}

/** Unpacks them where they are not yet. */
async function softGpuFiles(): Promise<SoftGpuFiles> {
  await unpack();
  return { folder, manifest: join(folder, 'vk_swiftshader_icd.json') };
}

/** Variables under which another process finds SwiftShader. */
export async function softGpuEnvironment(): Promise<Readonly<Record<string, string>>> {
  if (isLavapipe) return {};
  const { folder: libraries, manifest } = await softGpuFiles();
  const others = process.env['LD_LIBRARY_PATH'] ?? '';
  return { VK_DRIVER_FILES: manifest, VK_ICD_FILENAMES: manifest, LD_LIBRARY_PATH: others === '' ? libraries : `${libraries}${delimiter}${others}` };
}

/** After this, Dawn finds SwiftShader as a Vulkan adapter. Call before the first import of `webgpu`. */
export async function prepareSoftGpu(): Promise<void> {
  if (softGpuProblem !== undefined || isLavapipe) return;
  const { manifest } = await softGpuFiles();
  process.env['VK_DRIVER_FILES'] ??= manifest;
  process.env['VK_ICD_FILENAMES'] ??= manifest;
  try {
    // Kept in memory (RTLD_NODELETE), so that Dawn's own search by name finds it.
    process.dlopen({ exports: {} }, join(folder, 'libvulkan.so.1'), constants.dlopen.RTLD_NOW | 0x1000);
  } catch (error) {
    if (!/did not self-register/.test(String(error))) throw error;
  }
}
