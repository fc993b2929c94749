// Writes docs/commands.md from the command tables; with --check only says whether it is fresh.
import { readFileSync, writeFileSync } from 'node:fs';
import { commands } from '../src/commands/index.js';
import { commandsPage } from '../src/commands/shell/markdown.js';

const path = new URL('../docs/commands.md', import.meta.url);
const page = await commandsPage(commands);
if (process.argv.includes('--check')) {
  let found = '';
  try {
    found = readFileSync(path, 'utf8');
  } catch {
    // A page that is missing is not fresh.
  }
  if (found !== page) {
    console.error('docs/commands.md is not fresh: run npm run docs');
    process.exitCode = 1;
  }
} else {
  writeFileSync(path, page);
  console.log(`docs/commands.md: ${page.length} characters`);
}
