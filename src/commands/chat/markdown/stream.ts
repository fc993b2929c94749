// Markdown that is still being written: finished blocks are handed out once, only the last block is read again.
import { Lexer } from 'marked';
import type { Token } from 'marked';
import type { Line } from '../text/line.js';
import { safeText } from '../text/safe.js';
import { wrapSpans } from '../text/wrap.js';
import type { Page } from './blocks.js';
import { blockLines } from './blocks.js';
import { continued } from './code.js';

export interface MarkdownStream {
  push(text: string): void;
  /** Lines that will not change any more, each handed out once, and those of the block that is being written. */
  take(page: Page): { readonly finished: readonly Line[]; readonly tail: readonly Line[] };
  /** All that is left. */
  end(page: Page): readonly Line[];
}

/** A block longer than this is cut: reading it again for every few tokens would be slow. */
const longestTail = 3000;
/** Open code is handed out when it has this many lines, all but the last few. */
const codeLinesKept = 24;
const codeLinesHeld = 8;
/** A block that takes longer to read, time and again, is shown as it was written until it ends. */
const slowMilliseconds = 50;
const slowTimes = 3;

/** Blocks that an empty line ends. */
const endsWithGap = new Set(['paragraph', 'heading', 'hr', 'table', 'html', 'def']);

function lex(source: string): Token[] {
  try {
    return new Lexer().lex(source);
  } catch {
    // Nested too deep for it.
    return [{ type: 'source', raw: source }];
  }
}

/** How many of the tokens are finished. */
function finishedCount(tokens: readonly Token[]): number {
  const last = tokens.findLastIndex(({ type }) => type !== 'space');
  if (last < 0) return 0;
  const { type, raw } = tokens[last]!;
  const gapFollows = tokens.length > last + 1 || /\n[ \t]*\n$/.test(raw);
  if (type === 'code' && /^ {0,3}(`{3,}|~{3,})/.test(raw)) return isClosedFence(raw) ? last + 1 : last;
  return gapFollows && endsWithGap.has(type) ? last + 1 : last;
}

function isClosedFence(raw: string): boolean {
  const mark = /^ {0,3}(`{3,}|~{3,})/.exec(raw)?.[1];
  return mark !== undefined && new RegExp(`\\n {0,3}[${mark[0]!}]{${mark.length},}[ \\t]*\\n`).test(`${raw.trimEnd()}\n`) && raw.endsWith('\n');
}

interface Cut {
  readonly at: number;
  /** What the rest begins with, so that it is read as the same kind of block. */
  readonly head: string;
}

/** Where an open fence is cut: all but its last lines. */
function codeCut(block: string): Cut | undefined {
  const [opening, mark = '', info = ''] = /^ {0,3}(`{3,}|~{3,})([^\n]*)\n/.exec(block) ?? [];
  if (opening === undefined) return undefined;
  const ends = [...block.matchAll(/\n/g)].map(({ index }) => index + 1).slice(1);
  if (ends.length <= codeLinesKept) return undefined;
  return { at: ends[ends.length - codeLinesHeld]!, head: `${mark}${info.replace(continued, '').trim()} ${continued}\n` };
}

/** Where a block that has grown too long is cut; undefined where it may go on. */
function cutPoint(block: string, type: string): Cut | undefined {
  const code = type === 'code' ? codeCut(block) : undefined;
  if (code !== undefined || block.length <= longestTail) return code;
  const line = block.lastIndexOf('\n', longestTail) + 1;
  if (type === 'table') return line > 0 ? { at: line, head: /^[^\n]*\n[^\n]*\n/.exec(block)?.[0] ?? '' } : undefined;
  const at = Math.max(line, block.lastIndexOf(' ', longestTail) + 1);
  return { at: at > 0 ? at : longestTail, head: '' };
}

/** Where each token begins. marked takes line ends off some of them. */
function offsetsOf(tokens: readonly Token[], source: string): number[] {
  let at = 0;
  return tokens.map(({ raw }) => {
    const start = Math.max(at, source.indexOf(raw, at));
    at = start + raw.length;
    return start;
  });
}

const hasGap = (raw: string): boolean => /\n[ \t]*\n\s*$/.test(raw);

/** The items of a list that are finished, as a list of their own, and where the last one begins. */
function splitList(list: Token): { readonly done: Token; readonly at: number; readonly spaced: boolean } | undefined {
  if (list.type !== 'list' || list.items.length < 2) return undefined;
  const items = (list.items as { raw: string }[]).slice(0, -1);
  const at = items.reduce((sum, { raw }) => sum + raw.length, 0);
  const last = (list.items as { raw: string }[]).at(-1)!;
  if (!list.raw.startsWith(last.raw.trimEnd(), at)) return undefined;
  return { done: { ...list, items } as Token, at, spaced: hasGap(items.at(-1)!.raw) };
}

export function createMarkdownStream(): MarkdownStream {
  let source = '';
  let anything = false;
  /** True when the tail goes on in the block above: no empty line between. */
  let glued = false;
  /** How often the tail took too long. */
  let slow = 0;

  /** Finished tokens as lines, with the empty line that parts them from what stands above. */
  const emit = (tokens: readonly Token[], page: Page): Line[] => {
    const lines = blockLines(tokens, page, 1);
    if (lines.length === 0) return lines;
    const gap: Line[] = anything && !glued ? [[]] : [];
    [anything, glued, slow] = [true, false, 0];
    return [...gap, ...lines];
  };

  const takeFinished = (page: Page): Line[] => {
    // Half a line may become anything yet: `*` an item, a rule or emphasis.
    const lines = source.slice(0, source.lastIndexOf('\n') + 1);
    const tokens = lex(lines === '' && source.length > longestTail ? source : lines);
    const offsets = offsetsOf(tokens, source);
    const count = finishedCount(tokens);
    const finished = emit(tokens.slice(0, count), page);
    source = source.slice(offsets[count] ?? lines.length);
    const last = tokens.slice(count).findLast(({ type }) => type !== 'space');
    if (last === undefined) return finished;
    const list = splitList(last);
    if (list !== undefined) {
      const items = emit([list.done], page);
      source = source.slice(source.indexOf(last.raw) + list.at);
      glued = !list.spaced;
      return [...finished, ...items];
    }
    const cut = cutPoint(source, last.type);
    if (cut === undefined) return finished;
    const block = emit(lex(source.slice(0, cut.at)), page);
    source = cut.head + source.slice(cut.at);
    glued = true;
    return [...finished, ...block];
  };

  const tailLines = (page: Page): Line[] => {
    const lines = slow >= slowTimes ? wrapSpans([{ text: source }], page.columns) : blockLines(lex(source), page, 1);
    return lines.length > 0 && anything && !glued ? [[], ...lines] : lines;
  };

  return {
    push(text) {
      source += text;
    },
    take(page) {
      const began = performance.now();
      // A line end may have its other half in the next token.
      const half = source.endsWith('\r') ? '\r' : '';
      source = safeText(half === '' ? source : source.slice(0, -1));
      const finished = slow >= slowTimes && source.length <= longestTail && !source.includes('\n\n') ? [] : takeFinished(page);
      const tail = tailLines(page);
      if (performance.now() - began > slowMilliseconds) slow++;
      source += half;
      return { finished, tail };
    },
    end(page) {
      source = safeText(source);
      const tokens = lex(source);
      source = '';
      return emit(tokens, page);
    },
  };
}
