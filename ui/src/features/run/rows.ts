/** A part of a log whose first line alone is shown: the lines after `from` and before `to` are hidden. */
export interface Folded { from: number; to: number }

/** Which line stands in which row, when some parts are folded away. Works by halving, so that a million lines cost nothing. */
export class Rows {
  readonly count: number;
  private starts: number[];
  private hidden: number[];

  constructor(readonly lines: number, private folded: readonly Folded[]) {
    this.starts = [];
    this.hidden = [0];
    let gone = 0;
    for (const fold of folded) {
      // The row in which the line that stays stands.
      this.starts.push(fold.from - gone);
      gone += Math.max(0, Math.min(fold.to, lines) - fold.from - 1);
      this.hidden.push(gone);
    }
    this.count = lines - gone;
  }

  lineAt(row: number): number {
    return row + (this.hidden[before(this.starts, row)] ?? 0);
  }

  /** The row of a line; of one that is folded away, the row of its part. */
  rowOf(line: number): number {
    let low = 0;
    let high = this.folded.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.folded[middle]?.from ?? 0) < line) low = middle + 1;
      else high = middle;
    }
    const fold = this.folded[low - 1];
    const at = fold && line < fold.to ? fold.from : line;
    return at - (this.hidden[at === line ? low : low - 1] ?? 0);
  }
}

/** How many of the sorted numbers are smaller than `value`. */
function before(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Browsers draw nothing that is taller than some millions of pixels; a longer list is scrolled faster than it is long. */
const tallest = 8_000_000;

/** What of a long list is in sight, and where it is drawn. */
export function windowOf(rows: number, rowHeight: number, height: number, scrollTop: number): { tall: number; first: number; last: number; top: (row: number) => number } {
  const real = rows * rowHeight;
  const tall = Math.min(real, tallest);
  const share = tall > height ? Math.min(1, Math.max(0, scrollTop / (tall - height))) : 0;
  const exact = real > tallest ? share * (rows - height / rowHeight) : scrollTop / rowHeight;
  const first = Math.max(0, Math.floor(exact) - 8);
  const last = Math.min(rows, Math.ceil(exact + height / rowHeight) + 8);
  return { tall, first, last, top: real > tallest ? (row) => scrollTop + (row - exact) * rowHeight : (row) => row * rowHeight };
}

/** Where to scroll so that a row is in the middle. */
export function scrollTo(row: number, rows: number, rowHeight: number, height: number): number {
  const real = rows * rowHeight;
  const wanted = row * rowHeight - height / 2;
  if (real <= tallest) return Math.max(0, wanted);
  return Math.max(0, Math.min(1, (row - height / rowHeight / 2) / (rows - height / rowHeight))) * (tallest - height);
}
