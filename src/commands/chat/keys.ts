// From the bytes of a terminal to keys: text, named keys with modifiers, pastes and the terminal's own answers. Pure; knows no stream.

export type Key =
  | { readonly kind: 'text'; readonly text: string }
  /** `enter`, `left`, `ctrl+a`, `alt+ctrl+left`, `shift+enter`: modifiers in this order. */
  | { readonly kind: 'key'; readonly name: string }
  | { readonly kind: 'paste'; readonly text: string }
  /** An answer of the terminal: an OSC string without its introducer. */
  | { readonly kind: 'answer'; readonly text: string };

export interface KeyDecoder {
  push(chunk: string): Key[];
  /** How long to wait for more before `flush`: an escape may begin a sequence, a paste may have more. Undefined when nothing waits. */
  readonly waitMilliseconds: number | undefined;
  /** What waits is taken for what it is: a lone Escape, a paste whose end is lost. */
  flush(): Key[];
}

const escape = '\u001b';
const pasteBegin = '\u001b[200~';
const pasteEnd = '\u001b[201~';
/** A paste of more than this is handed out in parts; an answer or sequence of more is dropped. */
const largestPaste = 8_000_000;
const largestSequence = 4096;
const [escapeMilliseconds, pasteMilliseconds] = [40, 1000];

const finals: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  Z: 'shift+tab',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
};
const numbered: Readonly<Record<string, string>> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'page-up',
  6: 'page-down',
  7: 'home',
  8: 'end',
};
const codePoints: Readonly<Record<number, string>> = {
  8: 'backspace',
  9: 'tab',
  10: 'enter',
  13: 'enter',
  27: 'escape',
  32: 'space',
  57414: 'enter',
  127: 'backspace',
};
const controls: Readonly<Record<string, string>> = {
  '\t': 'tab',
  '\r': 'enter',
  '\n': 'ctrl+j',
  '\b': 'backspace',
  '\u007f': 'backspace',
  '\0': 'ctrl+space',
};

/** `1 + shift + 2 alt + 4 ctrl` as terminals count; locks above are nothing to us. */
function withModifiers(name: string, code: number): string {
  const bits = Math.max(0, code - 1);
  return `${bits & 2 ? 'alt+' : ''}${bits & 4 ? 'ctrl+' : ''}${bits & 1 ? 'shift+' : ''}${name}`;
}

function controlName(character: string): string {
  const code = character.charCodeAt(0);
  return controls[character] ?? (code <= 26 ? `ctrl+${String.fromCharCode(code + 96)}` : `ctrl+${'\\]^_'[code - 28] ?? '?'}`);
}

/** A CSI sequence: parameters and the last character. Undefined for what is no key, such as a report of the cursor. */
function sequenceKey(parameters: string, final: string): Key | undefined {
  const [first = '', second = '', third = ''] = parameters.split(';');
  const modifiers = Number(second.split(':')[0] || 1);
  if (/:3$/.test(second)) return undefined; // A key that is let go.
  if (final === 'u') return codePointKey(Number(first.split(':')[0]), modifiers);
  if (final === '~' && first === '27') return codePointKey(Number(third), modifiers);
  const name = final === '~' ? numbered[first] : first === '' || first === '1' ? finals[final] : undefined;
  return name === undefined ? undefined : { kind: 'key', name: name === 'shift+tab' ? name : withModifiers(name, modifiers) };
}

function codePointKey(code: number, modifiers: number): Key | undefined {
  const named = codePoints[code];
  if (named !== undefined) return { kind: 'key', name: withModifiers(named, modifiers) };
  if (!(code > 32 && code < 0x110000) || (code >= 57344 && code <= 63743)) return undefined;
  const character = String.fromCodePoint(code);
  const plain = (modifiers - 1) & ~1 & 7;
  if (plain === 0) return { kind: 'text', text: (modifiers - 1) & 1 ? character.toUpperCase() : character };
  return { kind: 'key', name: withModifiers(character.toLowerCase(), plain + 1) };
}

/** A key with `alt+`, which terminals send as an escape before it. */
const withAlt = (name: string): string => `alt+${name}`;

/** Several lines in one piece are a paste, even where the terminal does not mark it. */
const looksPasted = (text: string): boolean => (text.match(/[\r\n]/g)?.length ?? 0) >= 2 && text.length > 4;

// eslint-disable-next-line no-control-regex
const plainText = /^[^\0-\x1f\x7f]+/;
// eslint-disable-next-line no-control-regex
const csi = /^\x1b\[([0-9:;<=>?]*)([ -/]*)([@-~])/;
// eslint-disable-next-line no-control-regex
const osc = /^\x1b[\]P]([^\x07\x1b]*)(?:\x07|\x1b\\)/;

export function createKeyDecoder(): KeyDecoder {
  let waiting = '';
  let pasting: string[] | undefined;
  let pasted = 0;

  const endPaste = (): Key[] => {
    const text = pasting?.join('') ?? '';
    [pasting, pasted] = [undefined, 0];
    return text === '' ? [] : [{ kind: 'paste', text }];
  };

  /** What is pasted, up to the end mark; the mark may be cut in two. Returns how much was read. */
  const takePaste = (parts: string[], keys: Key[]): number => {
    const end = waiting.indexOf(pasteEnd);
    const length = end >= 0 ? end : Math.max(0, waiting.length - pasteEnd.length + 1);
    parts.push(waiting.slice(0, length));
    pasted += length;
    if (end >= 0 || pasted > largestPaste) keys.push(...endPaste());
    if (end < 0 && pasting === undefined) pasting = [];
    return end >= 0 ? end + pasteEnd.length : length;
  };

  /** One key off the front of `waiting`. Returns how much it took; 0 when more must come. */
  const takeKey = (keys: Key[]): number => {
    const text = plainText.exec(waiting)?.[0];
    if (text !== undefined) return (keys.push({ kind: 'text', text }), text.length);
    if (waiting[0] !== escape) return (keys.push({ kind: 'key', name: controlName(waiting[0]!) }), 1);
    if (waiting.startsWith(pasteBegin)) return ((pasting = []), pasteBegin.length);
    const sequence = csi.exec(waiting);
    if (sequence !== null) {
      const key = sequenceKey(sequence[1]!, sequence[3]!);
      if (key !== undefined) keys.push(key);
      return sequence[0].length;
    }
    const answer = osc.exec(waiting);
    if (answer !== null) return (keys.push({ kind: 'answer', text: answer[1]! }), answer[0].length);
    return shortEscape(waiting.slice(0, 4), keys) || (waiting.length > largestSequence ? waiting.length : 0);
  };

  return {
    push(chunk) {
      if (waiting === '' && pasting === undefined && !chunk.includes(escape) && looksPasted(chunk)) return [{ kind: 'paste', text: chunk }];
      waiting += chunk;
      const keys: Key[] = [];
      while (waiting !== '') {
        const taken = pasting === undefined ? takeKey(keys) : takePaste(pasting, keys);
        waiting = waiting.slice(taken);
        if (taken === 0 || (pasting !== undefined && waiting.length < pasteEnd.length)) break;
      }
      return keys;
    },
    get waitMilliseconds() {
      return pasting !== undefined ? pasteMilliseconds : waiting !== '' ? escapeMilliseconds : undefined;
    },
    flush() {
      const rest = waiting;
      waiting = '';
      if (pasting !== undefined) {
        pasting.push(rest);
        return endPaste();
      }
      if (rest === '') return [];
      // `ESC [` and the like that nothing follows are Alt and a character.
      return [{ kind: 'key', name: rest.length === 2 ? withAlt(rest.slice(1).toLowerCase()) : 'escape' }];
    },
  };
}

/** Escape and one more: SS3 keys, Alt and a key, two escapes. How many units it took, or 0 when more must come. */
function shortEscape(text: string, keys: Key[]): number {
  const next = text[1];
  if (next === undefined || next === '[' || next === ']') return 0;
  if (next === 'O') {
    if (text[2] === undefined) return 0;
    const name = finals[text[2]] ?? (text[2] === 'M' ? 'enter' : undefined);
    keys.push({ kind: 'key', name: name ?? 'alt+o' });
    return name === undefined ? 2 : 3;
  }
  if (next === escape) {
    keys.push({ kind: 'key', name: 'escape' });
    return 1;
  }
  const character = String.fromCodePoint(text.codePointAt(1)!);
  const control = character < ' ' || character === '\u007f' ? controlName(character) : character.toLowerCase();
  keys.push({ kind: 'key', name: withAlt(control === 'ctrl+j' ? 'enter' : control) });
  return 1 + character.length;
}
