// Bundles the command line into dist/: one small entry, and a chunk for each command. Everything from npm goes in.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, 'dist');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** What a bundle cannot hold: packages with binaries of their own. */
const external = ['webgpu', '*.node'];

/** CommonJS packages call require() for Node's own modules; only the chunk that holds esbuild's shim for it pays for this. */
const requireBanner = "import { createRequire as llmxCreateRequire } from 'node:module';\nconst require = llmxCreateRequire(import.meta.url);\n";

/** Ink's developer tools, which it asks for only where DEV is true: never here. */
const withoutDevtools = {
  name: 'without-devtools',
  setup: ({ onLoad }) => onLoad({ filter: /[\\/]ink[\\/]build[\\/]devtools\.js$/ }, () => ({ contents: '' })),
};

/** Bundles `entryPoints` into the folder `out`; files of it that are no part of the bundle go. Returns its bytes. */
export async function bundle(entryPoints, out) {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: out,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    chunkNames: '[name]-[hash]',
    external,
    plugins: [withoutDevtools],
    legalComments: 'external',
    define: { LLMX_VERSION: JSON.stringify(version), 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
    write: false,
    logLevel: 'warning',
  });
  mkdirSync(out, { recursive: true });
  // The entry comes last and by a rename, so that a process that starts meanwhile finds a whole set of chunks.
  const isEntry = (path) => Object.keys(entryPoints).includes(basename(path, '.js'));
  for (const { path, text } of outputFiles.toSorted((a, b) => isEntry(a.path) - isEntry(b.path))) {
    writeFileSync(`${path}.new`, text.includes('Dynamic require of') ? requireBanner + text : text);
    renameSync(`${path}.new`, path);
  }
  const kept = new Set(outputFiles.map(({ path }) => basename(path)));
  for (const name of readdirSync(out)) if (!kept.has(name)) rmSync(join(out, name), { recursive: true });
  return outputFiles.reduce((sum, { contents }) => sum + contents.length, 0);
}

export const buildBundle = () => bundle({ llmx: 'src/commands/main.ts' }, out);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const started = performance.now();
  const bytes = await buildBundle();
  console.log(`dist: ${(bytes / 1000).toFixed(0)} kB in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
