// Stop strings are found wherever the pieces are cut, and nothing of one is ever shown.
import { expect, test } from 'vitest';
import { createStopScanner } from '../../../src/core/generate/stop.js';

function stream(pieces: readonly string[], stops: readonly string[]): string {
  const scanner = createStopScanner(stops);
  let shown = '';
  for (const piece of pieces) {
    const { text, stopped } = scanner.push(piece);
    shown += text;
    if (stopped) return shown;
  }
  return shown + scanner.finish();
}

const text = 'aab aaab\nUser: hi';
for (const stops of [['\nUser:'], ['aab'], ['b a', 'zzz'], ['nothing'], ['']]) {
  test(`every cut of the text with ${JSON.stringify(stops)}`, () => {
    const first = Math.min(
      ...stops
        .filter(Boolean)
        .map((stop) => text.indexOf(stop))
        .filter((at) => at >= 0),
    );
    const expected = first === Infinity ? text : text.slice(0, first);
    for (let cut = 0; cut <= text.length; cut++) {
      for (let second = cut; second <= text.length; second++) {
        expect(stream([text.slice(0, cut), text.slice(cut, second), text.slice(second)], stops)).toBe(expected);
      }
    }
    expect(stream([...text], stops)).toBe(expected);
  });
}
