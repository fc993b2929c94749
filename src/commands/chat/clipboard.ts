// The clipboard of the machine that llmx runs on, read by the programs that systems have for it.
import { LlmxError } from '../../core/base/error.js';

type Environment = Readonly<Record<string, string | undefined>>;

interface Reader {
  readonly program: string;
  readonly options: readonly string[];
  /** Where it can work at all. */
  readonly when: (platform: NodeJS.Platform, environment: Environment) => boolean;
}

const powershell = ['-NoProfile', '-NonInteractive', '-Command', 'Get-Clipboard -Raw'];

/** In the order in which they are tried. */
const readers: readonly Reader[] = [
  { program: 'pbpaste', options: [], when: (platform) => platform === 'darwin' },
  { program: 'powershell', options: powershell, when: (platform) => platform === 'win32' },
  { program: 'wl-paste', options: ['--no-newline'], when: (_, { WAYLAND_DISPLAY }) => Boolean(WAYLAND_DISPLAY) },
  { program: 'xclip', options: ['-selection', 'clipboard', '-out'], when: (_, { DISPLAY }) => Boolean(DISPLAY) },
  { program: 'xsel', options: ['--clipboard', '--output'], when: (_, { DISPLAY }) => Boolean(DISPLAY) },
  { program: 'powershell.exe', options: powershell, when: (_, { WSL_DISTRO_NAME }) => Boolean(WSL_DISTRO_NAME) },
  { program: 'termux-clipboard-get', options: [], when: (_, { TERMUX_VERSION }) => Boolean(TERMUX_VERSION) },
  { program: 'tmux', options: ['save-buffer', '-'], when: (_, { TMUX }) => Boolean(TMUX) },
];

const mostMilliseconds = 3000;

/** Throws LlmxError `usage` where no program gives a text, naming those that were asked. `mostBytes`: what is taken. */
export async function readClipboard(environment: Environment, mostBytes: number, platform = process.platform): Promise<string> {
  const { execa } = await import('execa');
  const fit = readers.filter(({ when }) => when(platform, environment));
  const failures: string[] = [];
  for (const { program, options } of fit) {
    const { failed, stdout, code, isMaxBuffer, timedOut } = await execa(program, options, {
      ...{ reject: false, stdin: 'ignore', stripFinalNewline: false, extendEnv: false },
      ...{ env: environment as Record<string, string>, timeout: mostMilliseconds, maxBuffer: mostBytes },
    });
    if (isMaxBuffer) throw new LlmxError('usage', `the clipboard holds more than ${mostBytes} characters`, '/read takes files');
    if (!failed) return stdout;
    failures.push(`${program} ${code === 'ENOENT' ? 'is not installed' : timedOut ? 'does not answer' : 'gives none'}`);
  }
  throw new LlmxError(
    'usage',
    fit.length === 0 ? 'no clipboard can be reached from here' : `no text in a clipboard: ${failures.join(', ')}`,
    "Paste with the terminal's own key: it is taken as one text",
  );
}
