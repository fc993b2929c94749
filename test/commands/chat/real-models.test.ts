// The built `llmx chat` on real models in a real terminal: talk, stop, paste, resize, save, leave, go on.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { blockTypes } from '../../../bench/synthetic/blocks.js';
import { writeSynthetic } from '../../../bench/synthetic/checkpoint.js';
import { shapes } from '../../../bench/synthetic/shapes.js';
import { dataFolder, hasData } from '../../support/data.js';
import { bin, freshFolder } from '../../support/llmx.js';
import { hasTmux, openPane, withoutTmux, type Pane } from '../../support/tmux.js';

const long = process.env.LLMX_TEST_LONG === '1';
const models = { storyteller: ['builtin:storyteller'], ...(hasData ? { stories260K: [join(dataFolder, 'models/stories260K.gguf')] } : {}) };
const prompt = (screen: string): boolean => /^\s*[>❯›]/m.test(screen) || /\n.*[>❯›] *$/m.test(screen);
/** Codes that wipe what stands above, or leave it. */
const wiping = ['\u001b[3J', '\u001b[2J', '\u001b[?1049h', '\u001bc'];

const open = (home: string, ...args: readonly string[]): Pane =>
  openPane([process.execPath, bin, 'chat', ...args].map((word) => `'${word}'`).join(' '), {
    LLMX_HOME: home,
    HF_HUB_OFFLINE: '1',
    TERM: 'xterm-256color',
  });

const idle = (screen: string): boolean => /tok\/s/.test(screen) && screen.includes('> Message, or /help') && !screen.includes('Esc stops');

describe.skipIf(!hasTmux)(`chat in a terminal${withoutTmux}`, () => {
  /** Codes that would take away what stands above, and modes that are left on. */
  const expectCleanBytes = (bytes: string): void => {
    for (const code of wiping) expect(bytes.includes(code), JSON.stringify(code)).toBe(false);
    expect(bytes.lastIndexOf('\u001b[?2004l')).toBeGreaterThan(bytes.lastIndexOf('\u001b[?2004h')); // bracketed paste is off again
  };

  test.skipIf(!long)(
    `synthetic 1B: a reply is stopped, a paste, 40 columns and back, and the next visit${long ? '' : ' (skipped: LLMX_TEST_LONG=1 writes 0.7 GB for it)'}`,
    { timeout: 120_000 },
    async () => {
      const home = freshFolder();
      const model = join(freshFolder(), '1b.gguf');
      writeSynthetic(model, 'synthetic 1B', shapes['1b'], blockTypes.Q4_0, 1);
      {
        using pane = open(home, model, '--temp', '0', '-n', '2000', '--ignore-eos', '--session', 'large');
        await pane.until(prompt, 'the prompt');
        pane.keys('Once upon a time', 'Enter');
        await pane.until((screen) => screen.includes('Esc stops') && /tok\/s/.test(screen), 'a reply streams');
        pane.resize(40, 24);
        await pane.until((screen) => screen.split('\n').every((line) => line.length <= 40), '40 columns');
        pane.resize(80, 24);
        pane.keys('typed meanwhile');
        await pane.until((screen) => screen.includes('> typed meanwhile'), 'keys while it streams');
        pane.keys('Escape');
        await pane.until((screen) => /^stopped/m.test(screen) && !screen.includes('Esc stops'), 'the reply stopped');
        pane.keys('C-c');
        await pane.until((screen) => screen.includes('> Message, or /help'), 'the draft given up');
        pane.paste(Array.from({ length: 200 }, (_, line) => `line ${line}`).join('\n'));
        await pane.until((screen) => screen.includes('> [pasted 200 lines]'), 'the folded paste');
        pane.keys('Enter');
        await pane.until((screen) => /reading \d+\/\d{3,} tokens/.test(screen), 'it is read');
        pane.keys('Escape');
        await pane.until((screen) => /pasted 200 lines\][^]*\nstopped\n/.test(screen) && !/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/.test(screen), 'the reading stopped');
        pane.keys('/save kept', 'Enter');
        await pane.until((screen) => screen.includes('saved; /load kept'), '/save');
        expect(pane.all()).toMatch(/^> Once upon a time$/m);
        pane.keys('C-d');
        await pane.until((screen) => screen.includes('goes on with this'), 'left');
        expectCleanBytes(await pane.bytes('goes on with this'));
      }
      using again = open(home, model, '--continue');
      await again.until((text) => text.includes('… 180 more lines') && prompt(text), 'the conversation of before');
      expect(again.all()).toMatch(/^> Once upon a time$/m);
      again.keys('C-d');
    },
  );

  test.each(Object.entries(models))('%s: a whole visit, and the next one', { timeout: 90_000 }, async (_, [reference]) => {
    const home = freshFolder();
    {
      using pane = open(home, reference!, '--temp', '0', '-n', '24', '--session', 'visit');
      await pane.until(prompt, 'the prompt');
      pane.keys('Once upon a time', 'Enter');
      const first = await pane.until((screen) => idle(screen) && screen.split('\n').length > 4, 'the first reply');
      expect(first).toContain('Once upon a time');
      // A paste of 200 lines is one line of the editor, and is not sent by itself.
      pane.paste(Array.from({ length: 200 }, (__, line) => `line ${line}`).join('\n'));
      await pane.until((screen) => /200 lines/.test(screen), 'the folded paste');
      pane.keys('C-c');
      await pane.until((screen) => !/200 lines\]/.test(screen.split('\n').slice(-6).join('\n')), 'the draft given up');
      pane.resize(40, 24);
      pane.resize(80, 24);
      pane.keys('/set top-k 7', 'Enter');
      await pane.until((screen) => /^top-k 7$/m.test(screen), '/set');
      pane.keys('/save kept', 'Enter');
      await pane.until((screen) => /kept/.test(screen), '/save');
      expect(pane.all()).toContain('Once upon a time');
      pane.keys('C-d');
      await pane.until((screen) => screen.includes('goes on with this'), 'left');
      expectCleanBytes(await pane.bytes('goes on with this'));
    }
    const sessions = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl') && name.includes('sessions'));
    expect(sessions.length).toBeGreaterThan(0);
    for (const name of sessions) expect(statSync(join(home, name)).mode & 0o777).toBe(0o600);
    using again = open(home, reference!, '--continue', '--temp', '0', '-n', '8');
    const screen = await again.until((text) => text.includes('Once upon a time'), 'the conversation of before');
    expect(screen).toContain('Once upon a time');
    await again.until((text) => prompt(text) && !text.includes('loading'), 'the model');
    // What was set is set again; what the command line says wins.
    again.keys('/set top-k', 'Enter');
    await again.until((text) => /^top-k 7$/m.test(text), 'the setting of before');
    again.keys('/set n-predict', 'Enter');
    await again.until((text) => /^n-predict 8$/m.test(text), 'the option');
    again.keys('C-d');
  });
});
