// The draft as rows of the screen: where each begins, and where the cursor stands. Rows break where the width ends.
import { graphemes, widthOf } from '../text/graphemes.js';
import { withoutTabs } from '../text/line.js';
import { isStandIn, label } from './pastes.js';
import type { Draft } from './state.js';

export interface Cell {
  readonly text: string;
  readonly folded: boolean;
}

export interface Row {
  /** Offsets into the draft; `end` is that of the line end or of the next row. */
  readonly start: number;
  readonly end: number;
  readonly cells: readonly Cell[];
}

export interface Layout {
  readonly rows: readonly Row[];
  /** Of the cursor, in rows and columns. */
  readonly row: number;
  readonly column: number;
}

interface Shaped extends Cell {
  readonly width: number;
}

function shape(grapheme: string, pastes: readonly string[]): Shaped {
  const folded = isStandIn(grapheme);
  const text = folded ? label(grapheme, pastes) : withoutTabs(grapheme);
  return { text, folded, width: widthOf(text) };
}

export function layOut({ text, cursor }: Draft, pastes: readonly string[], width: number): Layout {
  const rows: Row[] = [];
  let cells: Cell[] = [];
  let [start, column, at, row, cursorColumn] = [0, 0, 0, 0, 0];
  const end = (): void => {
    rows.push({ start, end: at, cells });
    [cells, column] = [[], 0];
  };
  const mark = (): void => {
    if (at === cursor) [row, cursorColumn] = [rows.length, column];
  };
  for (const grapheme of graphemes(text)) {
    if (grapheme === '\n') {
      mark();
      end();
      start = at += 1;
      continue;
    }
    const cell = shape(grapheme, pastes);
    if (column + cell.width > width && column > 0) {
      end();
      start = at;
    }
    mark();
    cells.push(cell);
    column += cell.width;
    at += grapheme.length;
  }
  // The cursor behind a full row stands on the next.
  if (column >= width && at === cursor && column > 0) {
    end();
    start = at;
  }
  mark();
  end();
  return { rows, row, column: cursorColumn };
}

/** The offset in a row that is nearest to a column. */
export function offsetAt({ start, end }: Row, text: string, pastes: readonly string[], column: number): number {
  let [at, reached] = [start, 0];
  for (const grapheme of graphemes(text.slice(start, end))) {
    const { width } = shape(grapheme, pastes);
    if (reached + width > column) break;
    reached += width;
    at += grapheme.length;
  }
  return at;
}
