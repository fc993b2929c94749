// What of Vulkan lies on this machine: the loader and the drivers' manifests. A look at folders, so that a machine without a GPU pays
// nothing for Dawn.
import { readdirSync, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Drivers {
  /** Paths of the loader. */
  readonly loaders: readonly string[];
  /** Paths of the drivers' manifests. */
  readonly manifests: readonly string[];
  /** Every folder that was looked into. */
  readonly folders: readonly string[];
}

const libraryFolders = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/lib/x86_64-linux-gnu',
  '/lib/aarch64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
  '/usr/local/lib',
];
const manifestFolders = ['/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/usr/local/etc/vulkan/icd.d'];

const listed = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
};

const split = (list: string | undefined): readonly string[] => (list ?? '').split(delimiter).filter((each) => each !== '');

/** Linux alone; Metal and Direct3D come with their systems. */
export function findDrivers(environment: NodeJS.ProcessEnv = process.env): Drivers {
  const homes = [environment['XDG_CONFIG_HOME'], environment['XDG_DATA_HOME']].filter((each) => each !== undefined);
  const folders = [...manifestFolders, ...homes.map((home) => join(home, 'vulkan', 'icd.d'))];
  const named = split(environment['VK_DRIVER_FILES'] ?? environment['VK_ICD_FILENAMES']).filter((path) => existsSync(path));
  const manifests = named.length > 0 ? named : folders.flatMap(listed).filter((path) => path.endsWith('.json'));
  const searched = [...new Set([...split(environment['LD_LIBRARY_PATH']), ...libraryFolders])];
  const loaders = searched.map((folder) => join(folder, 'libvulkan.so.1')).filter((path) => existsSync(path));
  return { loaders, manifests, folders: named.length > 0 ? [] : folders };
}

/** Whether looking for an adapter can find one. Dawn's null backend is always there. */
export const mayHaveAdapter = (api?: string): boolean => {
  if (api === 'null' || process.platform === 'darwin' || process.platform === 'win32') return true;
  return process.platform === 'linux' && findDrivers().manifests.length > 0;
};
