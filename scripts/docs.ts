// Writes the pages of docs/ from the command tables; with --check only says whether they are fresh.
import { readFileSync, writeFileSync } from 'node:fs';
import { pages } from './pages.js';

for (const [name, make] of Object.entries(pages)) {
  const path = new URL(`../docs/${name}`, import.meta.url);
  const page = await make();
  if (!process.argv.includes('--check')) {
    writeFileSync(path, page);
    console.log(`docs/${name}: ${page.length} characters`);
    continue;
  }
  let found = '';
  try {
    found = readFileSync(path, 'utf8');
  } catch {
    // A page that is missing is not fresh.
  }
  if (found === page) continue;
  console.error(`docs/${name} is not fresh: run npm run docs`);
  process.exitCode = 1;
}
