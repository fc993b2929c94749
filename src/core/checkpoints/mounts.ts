// Folders that no disk of this machine holds. While one is mounted, paths that begin with its own are read through it, by whatever reads
// files here; formats do not notice. Knows no network.
import { sep } from 'node:path';
import type { ByteSource } from './byte-source.js';

export interface MountedFolder {
  /** Bytes of each file, by its name inside the folder, with slashes. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Bytes that came from elsewhere so far. */
  readonly received: number;
  /** `name` is one of `sizes`; `path` is what errors call it. */
  open(name: string, path: string): Promise<ByteSource>;
}

/** Owns what it has mounted: `using` unmounts it. */
export interface Mounts extends Disposable {
  add(path: string, folder: MountedFolder): void;
  /** Bytes that came from elsewhere through all of them. */
  readonly received: number;
}

interface Mount {
  readonly path: string;
  readonly folder: MountedFolder;
}

/** Every mount of this process, the latest last. */
const mounted: Mount[] = [];

export function openMounts(): Mounts {
  const own: Mount[] = [];
  return {
    add(path, folder) {
      const mount = { path, folder };
      own.push(mount);
      mounted.push(mount);
    },
    get received() {
      return own.reduce((sum, { folder }) => sum + folder.received, 0);
    },
    [Symbol.dispose]() {
      for (const mount of own.splice(0)) mounted.splice(mounted.indexOf(mount), 1);
    },
  };
}

interface MountedPath {
  readonly folder: MountedFolder;
  /** Inside the folder; empty for the folder itself. */
  readonly name: string;
}

/** What a path means that lies in a mounted folder; undefined for all others. */
export function mountedPath(path: string): MountedPath | undefined {
  const plain = path.split(sep).join('/').replace(/\/+$/, '');
  const mount = mounted.findLast((each) => plain === each.path || plain.startsWith(`${each.path}/`));
  return mount && { folder: mount.folder, name: plain.slice(mount.path.length + 1) };
}

/** True for what no file of this machine is known to be: it can be read, and not be mapped. */
export const isMounted = (path: string): boolean => mountedPath(path) !== undefined;

/** Names in a mounted folder, or in a folder inside it; undefined where there is none. */
export function mountedNames({ folder, name }: MountedPath): readonly string[] | undefined {
  const before = name === '' ? '' : `${name}/`;
  const inside = [...folder.sizes.keys()].filter((each) => each.startsWith(before));
  if (inside.length === 0 && name !== '') return undefined;
  return [...new Set(inside.map((each) => each.slice(before.length).split('/')[0]!))];
}
