/**
 * What the bot is worth at every candle close, without looking at every candle: while its holdings stay the same, equity is
 * quote + base × close, so a block's lowest and highest close say whether a deeper fall can be in it.
 *   Q1  Figures are those of a walk over all closes, bit for bit: a block is left out only where it cannot hold a deeper fall.
 *   Q2  A fall counts when it is deeper than every one before; of equal ones the first stays.
 */
import type { Prices } from '../data/series.ts';
import { timeOf } from '../data/series.ts';
import type { Columns } from './columns.ts';
import { buildIndex, fanOut, type PriceIndex } from './price-index.ts';

const dayMs = 86_400_000;
/** Of quotients: far above their rounding, far below what anybody reads. */
const slack = 1e-12;

const known = new WeakMap<Prices, PriceIndex>();

/** Lowest and highest closes of blocks, built once per column. */
export function closeIndexOf({ close }: Pick<Columns, 'close'>): PriceIndex {
  const found = known.get(close);
  if (found !== undefined) return found;
  const made = buildIndex(close, close);
  known.set(close, made);
  return made;
}

export interface Fall {
  /** Share of the peak. */
  readonly most: number;
  readonly quote: number;
  /** Rows of the peak and of the lowest close after it; -1 where there is none. */
  readonly from: number;
  readonly to: number;
}

/** Follows equity of one market. `tickValue` is quote of one base unit at one tick. */
export class EquityCurve {
  readonly #columns: Columns;
  readonly #closes: PriceIndex;
  readonly #skips: boolean;
  readonly #tickValue: number;
  readonly #times: number[] = [];
  readonly #values: number[] = [];
  #next: number;
  #quote = 0;
  #base = 0;
  #peak = Number.NEGATIVE_INFINITY;
  #peakRow = -1;
  #most = 0;
  #fall = 0;
  #from = -1;
  #to = -1;

  /** @param skips whether blocks may be left out; without it every close is looked at */
  constructor(columns: Columns, firstRow: number, skips: boolean) {
    this.#columns = columns;
    this.#closes = skips ? closeIndexOf(columns) : { rows: columns.rows, levels: [] };
    this.#skips = skips;
    this.#next = firstRow;
    this.#tickValue = Number(columns.rules.tick) / 1e18;
  }

  /** From the close of `row` on the bot has these, in units of quote and base. */
  hold(row: number, quote: number, base: number): void {
    this.flush(row);
    this.#quote = quote;
    this.#base = base;
  }

  /** The value at a price in ticks. */
  value(price: number): number {
    return this.#quote + this.#base * (price * this.#tickValue);
  }

  /** Counts the closes up to and without `row`. */
  flush(row: number): void {
    const from = this.#next;
    if (row <= from) return;
    this.#next = row;
    this.#sample(from, row);
    if (!this.#skips) for (let at = from; at < row; at++) this.#close(at, this.#columns.close[at]!);
    else if (this.#base <= 0) this.#flat(from);
    else this.#walk(from, row);
  }

  get drawdown(): Fall {
    return { most: this.#most, quote: this.#fall, from: this.#from, to: this.#to };
  }

  /** Equity at the last close of each UTC day. */
  get daily(): { readonly times: Float64Array; readonly values: Float64Array } {
    return { times: Float64Array.from(this.#times), values: Float64Array.from(this.#values) };
  }

  #close(row: number, price: number): void {
    const value = this.value(price);
    if (value > this.#peak) {
      this.#peak = value;
      this.#peakRow = row;
      return;
    }
    const share = (this.#peak - value) / this.#peak;
    if (share > this.#most) {
      this.#most = share;
      this.#fall = this.#peak - value;
      this.#from = this.#peakRow;
      this.#to = row;
    }
  }

  /** Without base every close is worth the same: the first says it all. */
  #flat(row: number): void {
    this.#close(row, this.#columns.close[row]!);
  }

  #walk(from: number, to: number): void {
    const { close } = this.#columns;
    let at = from;
    while (at < to) {
      if (at % fanOut !== 0 || at + fanOut > to) {
        this.#close(at, close[at]!);
        at++;
        continue;
      }
      at = this.#blocks(at, to);
    }
  }

  /** The largest block that begins at `row` and ends by `to`: left out, or gone into. Gives the row behind it. */
  #blocks(row: number, to: number): number {
    let level = 1;
    let size = fanOut;
    while (level < this.#closes.levels.length - 1 && row % (size * fanOut) === 0 && row + size * fanOut <= to) {
      level++;
      size *= fanOut;
    }
    this.#enter(level, row / size);
    return row + size;
  }

  #enter(level: number, block: number): void {
    if (level === 0) {
      this.#close(block, this.#columns.close[block]!);
      return;
    }
    const { low, high } = this.#closes.levels[level]!;
    const [least, most] = [this.value(low[block]!), this.value(high[block]!)];
    const peak = Math.max(this.#peak, most);
    const isShallow = (peak - least) / peak < this.#most * (1 - slack);
    if (isShallow && most <= this.#peak) return;
    if (isShallow) {
      this.#peak = most;
      this.#peakRow = this.#rowOf(level, block, high[block]!);
      return;
    }
    for (let child = block * fanOut; child < (block + 1) * fanOut; child++) this.#enter(level - 1, child);
  }

  /** First row of a block whose close is the highest of it. */
  #rowOf(level: number, block: number, highest: number): number {
    let at = block;
    for (let now = level - 1; now >= 0; now--) {
      at *= fanOut;
      const { high } = this.#closes.levels[now]!;
      while (high[at]! !== highest) at++;
    }
    return at;
  }

  /** Values at the ends of days that lie in [from, to). */
  #sample(from: number, to: number): void {
    const { close, intervalMs } = this.#columns;
    for (let row = from; row < to; ) {
      const day = Math.floor(timeOf(this.#columns, row) / dayMs);
      const end = this.#endOf(day, row, to);
      const at = timeOf(this.#columns, end - 1) + intervalMs;
      if (this.#times.length > 0 && Math.floor((this.#times.at(-1)! - 1) / dayMs) === day) {
        this.#times.pop();
        this.#values.pop();
      }
      this.#times.push(at);
      this.#values.push(this.value(close[end - 1]!));
      row = end;
    }
  }

  /** First row from `row` on that opens on a later day; at most `to`. */
  #endOf(day: number, row: number, to: number): number {
    let low = row;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (Math.floor(timeOf(this.#columns, middle) / dayMs) <= day) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
