// Tab: slash commands and what may follow them. One candidate is put in, several are shown.
import type { SlashCommand } from './commands/command.js';
import type { Desk } from './desk.js';
import type { Editor } from './editor/state.js';
import { replace } from './editor/state.js';

export interface Completion {
  readonly editor: Editor;
  /** What may stand there, where that is more than one. */
  readonly menu: readonly string[];
}

const commonBeginning = (words: readonly string[]): string => {
  let common = words[0] ?? '';
  for (const word of words) while (!word.startsWith(common)) common = common.slice(0, -1);
  return common;
};

/** The editor with the word before the cursor completed; undefined where there is nothing to complete. */
export async function complete(editor: Editor, desk: Desk): Promise<Completion | undefined> {
  const line = editor.text.slice(0, editor.cursor);
  if (!/^\/(?!\/)[^\n]*$/.test(line)) return undefined;
  const words = line.slice(1).split(/ +/);
  const begun = words.pop()!;
  const candidates = words.length === 0 ? namesOf(desk.commands) : await candidatesOf(desk, words, begun);
  const fitting = [...new Set(candidates)].filter((word) => word.startsWith(begun));
  if (fitting.length === 0) return undefined;
  const common = commonBeginning(fitting);
  const text = fitting.length === 1 && !common.endsWith('/') ? `${common} ` : common;
  const filled = replace(editor, 'other', editor.cursor - begun.length, editor.cursor, text);
  return { editor: filled, menu: fitting.length === 1 ? [] : fitting.map((word) => (words.length === 0 ? `/${word}` : word)) };
}

const namesOf = (commands: Readonly<Record<string, SlashCommand>>): string[] =>
  Object.entries(commands).flatMap(([name, { aliases = [] }]) => [name, ...aliases]);

async function candidatesOf(desk: Desk, [name, ...words]: readonly string[], begun: string): Promise<readonly string[]> {
  const row = Object.entries(desk.commands).find(([key, { aliases = [] }]) => key === name || aliases.includes(name!))?.[1];
  try {
    return (await row?.complete?.(words, begun, desk)) ?? [];
  } catch {
    // The model is not there yet: nothing to offer.
    return [];
  }
}
