// The table of renderers: three for stdout, four for stderr.
import { bar } from './bar.js';
import { json } from './json.js';
import { jsonl } from './jsonl.js';
import { none, plain } from './plain.js';
import { progressJson } from './progress-json.js';
import type { OpenRenderer } from './renderer.js';
import { text } from './text.js';

export const stdoutRenderers = { text, json, jsonl } as const satisfies Record<string, OpenRenderer>;
export const stderrRenderers = { bar, plain, json: progressJson, none } as const satisfies Record<string, OpenRenderer>;

interface ProgressFacts {
  readonly choice: 'auto' | keyof typeof stderrRenderers;
  readonly tty: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** `auto` is a bar on a terminal, and lines in CI, on a dumb terminal and in a pipe. */
export function chooseProgress({ choice, tty, environment }: ProgressFacts): keyof typeof stderrRenderers {
  if (choice !== 'auto' && !(choice === 'bar' && !tty)) return choice;
  return tty && !environment.CI && environment.TERM !== 'dumb' ? 'bar' : 'plain';
}
