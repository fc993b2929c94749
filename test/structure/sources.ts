// The source files of this repository with what they import, read once. Import types count.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface Source {
  /** From `src/`, with forward slashes: `core/base/error.ts`. */
  readonly name: string;
  readonly text: string;
  /** As `name`, of each file that is imported from `src/`; packages are left out. */
  readonly imports: readonly string[];
  readonly packages: readonly string[];
}

const specifiers = /(?:\bfrom\s*|\bimport\s*\(\s*|^import\s+)'([^']+)'/gm;

function read(path: string): Source {
  const src = join(root, 'src');
  const text = readFileSync(path, 'utf8');
  const found = [...text.matchAll(specifiers)].map((match) => match[1]!);
  const name = (file: string): string => relative(src, file).split(sep).join('/');
  const written = (file: string): string => (existsSync(`${file}x`) ? `${file}x` : file);
  return {
    name: name(path),
    text,
    imports: found.filter((each) => each.startsWith('.')).map((each) => name(written(resolve(dirname(path), each.replace(/\.js$/, '.ts'))))),
    packages: found.filter((each) => !each.startsWith('.')),
  };
}

export const sources: readonly Source[] = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name))
  .sort()
  .map((name) => read(join(root, 'src', name)));

/** The text without comments, line numbers kept. */
export const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[^]*?\*\//g, (match) => match.replaceAll(/[^\n]/g, ' ')).replaceAll(/(^|[\s;{}(,])\/\/[^\n]*/g, '$1');
