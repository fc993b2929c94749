// What the terminal is, stream by stream.
import type { Check } from './check.js';
import { ok } from './check.js';

export const terminal: Check = ({ terminal: streams, environment, stdin }) => {
  const names = (['stdin', 'stdout', 'stderr'] as const).map(
    (name) => `${name} ${streams[name].tty ? 'terminal' : name === 'stdin' ? stdin.kind : 'no terminal'}`,
  );
  const { columns, rows, color } = streams.stdout;
  const unicode = /utf-?8/i.test(environment.LC_ALL || environment.LC_CTYPE || environment.LANG || '') || process.platform === 'win32';
  return [
    ok(
      `${names.join(', ')}; TERM=${environment.TERM ?? ''}, ${columns}x${rows}, ${color ? 'colour' : 'no colour'}, ${unicode ? 'Unicode' : 'locale is not UTF-8'}`,
    ),
  ];
};
