// Ctrl+G: the draft in the user's own editor. The terminal is the editor's until it ends.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LlmxError } from '../../core/base/error.js';
import type { Desk } from './desk.js';
import { mostDraftBytes } from './draft.js';
import { paste, unfolded } from './editor/pastes.js';
import { setDraft } from './editor/state.js';
import { typedText } from './text/safe.js';

/** `$VISUAL`, `$EDITOR`, or what every system has. */
const editorOf = ({ VISUAL, EDITOR }: Readonly<Record<string, string | undefined>>): string =>
  VISUAL || EDITOR || (process.platform === 'win32' ? 'notepad' : 'vi');

export async function editOutside(desk: Desk): Promise<boolean> {
  const { store, context, terminal, transcript } = desk;
  const { editor } = store.get();
  const folder = mkdtempSync(join(tmpdir(), 'llmx-draft-'));
  const path = join(folder, 'message.md');
  try {
    writeFileSync(path, unfolded(editor.text, editor.pastes), { mode: 0o600 });
    await terminal.handOver(() => run(editorOf(context.environment), path));
    if (statSync(path).size > mostDraftBytes) throw new LlmxError('usage', `the draft has more than ${mostDraftBytes} bytes`, 'Send it in parts');
    const text = typedText(readFileSync(path, 'utf8')).replace(/\n$/, '');
    // A long text is folded as if it were pasted.
    store.change({ editor: { ...paste(setDraft(editor, { text: '', cursor: 0 }), text), recall: undefined } });
  } catch (error) {
    transcript.fail(error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return true;
}

/** The variable may hold options: `code --wait`. */
async function run(editor: string, path: string): Promise<void> {
  const { execa } = await import('execa');
  const [program = editor, ...options] = editor.split(/\s+/).filter((part) => part !== '');
  try {
    await execa(program, [...options, path], { stdio: 'inherit' });
  } catch (error) {
    const words = error instanceof Error && 'shortMessage' in error ? String(error.shortMessage) : String(error);
    throw new LlmxError('usage', `${program}: ${words}`, 'Set EDITOR to the editor of your choice', { cause: error });
  }
}
