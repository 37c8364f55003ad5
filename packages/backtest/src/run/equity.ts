/**
 * What the bot is worth at every candle close, without looking at every candle: while its holdings stay the same, equity is
 * quote + base × close (of a short position base is below zero), so closes between two prices are neither above the peak nor a deeper fall, and the index finds the next
 * one that is not between them.
 *   Q1  Figures are those of a walk over all closes, bit for bit: a close is left out only where it cannot change them.
 *   Q2  A fall counts when it is deeper than every one before; of equal ones the first stays.
 */
import type { Prices } from '../data/series.ts';
import { rowAt, timeOf } from '../data/series.ts';
import type { Columns } from './columns.ts';
import { buildIndex, nextOutside, type PriceIndex } from './price-index.ts';

const dayMs = 86_400_000;
/** Of values: far above the rounding of all that is done to them. */
const slack = 1e-12;
/** Closes that are sooner looked at than searched. */
const few = 8;

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

const knownDays = new WeakMap<Prices, Int32Array>();

/** First rows of all UTC days that have candles but the first, then the number of rows; built once per columns. */
function dayStartsOf(columns: Columns): Int32Array {
  const found = knownDays.get(columns.close);
  if (found !== undefined) return found;
  const starts: number[] = [];
  for (let row = 0; row < columns.rows; ) {
    const day = Math.floor(timeOf(columns, row) / dayMs);
    row = rowAt(columns, (day + 1) * dayMs);
    starts.push(row);
  }
  const made = Int32Array.from(starts);
  knownDays.set(columns.close, made);
  return made;
}

/** Follows equity of one market. `tickValue` is quote of one base unit at one tick. */
export class EquityCurve {
  readonly #columns: Columns;
  readonly #closes: PriceIndex | undefined;
  readonly #tickValue: number;
  readonly #dayStarts: Int32Array;
  readonly #times: number[] = [];
  readonly #values: number[] = [];
  /** The day that the next close lies in, and the first row after it. */
  #day = 0;
  #dayEnd: number;
  #next: number;
  #quote = 0;
  #base = 0;
  /** Held at the newest close that was counted. */
  #lastQuote = 0;
  #lastBase = 0;
  #peak = Number.NEGATIVE_INFINITY;
  #peakRow = -1;
  #most = 0;
  #fall = 0;
  #from = -1;
  #to = -1;
  /** Nothing that is worth as much can be a deeper fall. */
  #floor = Number.POSITIVE_INFINITY;

  /** @param skips whether closes may be left out; without it every one is looked at */
  constructor(columns: Columns, firstRow: number, skips: boolean) {
    this.#columns = columns;
    this.#closes = skips ? closeIndexOf(columns) : undefined;
    this.#next = firstRow;
    this.#tickValue = Number(columns.rules.tick) / 1e18;
    this.#dayStarts = dayStartsOf(columns);
    while (this.#dayStarts[this.#day]! <= firstRow) this.#day++;
    this.#dayEnd = this.#dayStarts[this.#day]!;
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
    this.#lastQuote = this.#quote;
    this.#lastBase = this.#base;
    if (row >= this.#dayEnd) this.#sample(row);
    const { close } = this.#columns;
    if (this.#closes === undefined) for (let at = from; at < row; at++) this.#close(at, close[at]!);
    // Without base every close is worth the same: the first says it all.
    else if (this.#base === 0) this.#close(from, close[from]!);
    else this.#walk(from, row, this.#closes);
  }

  get drawdown(): Fall {
    return { most: this.#most, quote: this.#fall, from: this.#from, to: this.#to };
  }

  /** Equity at the last close of each UTC day, and at the newest close. */
  get daily(): { readonly times: Float64Array; readonly values: Float64Array } {
    const [times, values] = [[...this.#times], [...this.#values]];
    const last = this.#next - 1;
    if (last >= 0 && this.#dayStarts[this.#day - 1] !== this.#next) {
      times.push(timeOf(this.#columns, last) + this.#columns.intervalMs);
      values.push(this.#lastQuote + this.#lastBase * (this.#columns.close[last]! * this.#tickValue));
    }
    return { times: Float64Array.from(times), values: Float64Array.from(values) };
  }

  #close(row: number, price: number): void {
    const value = this.value(price);
    if (value > this.#peak) {
      this.#peak = value;
      this.#peakRow = row;
    } else if (value < this.#floor) {
      const share = (this.#peak - value) / this.#peak;
      if (share <= this.#most) return;
      this.#most = share;
      this.#fall = this.#peak - value;
      this.#from = this.#peakRow;
      this.#to = row;
    } else return;
    this.#floor = this.#peak * (1 - this.#most + slack);
  }

  #walk(from: number, to: number, closes: PriceIndex): void {
    const { close } = this.#columns;
    if (to - from <= few) {
      for (let at = from; at < to; at++) this.#close(at, close[at]!);
      return;
    }
    // Only closes outside of these prices, in ticks, can be a higher peak or a deeper fall.
    const perTick = this.#base * this.#tickValue;
    for (let at = from; at < to; at++) {
      const room = ((Math.abs(this.#peak) + Math.abs(this.#quote)) * slack) / Math.abs(perTick);
      const higher = (this.#peak - this.#quote) / perTick;
      const deeper = (this.#floor - this.#quote) / perTick;
      // What is short is worth more as the price falls.
      const isLong = perTick > 0;
      at = nextOutside(closes, at, to, (isLong ? deeper : higher) + room, (isLong ? higher : deeper) - room);
      if (at < to) this.#close(at, close[at]!);
    }
  }

  /** Values at the ends of the days that are over before `row`. */
  #sample(row: number): void {
    const { close, intervalMs } = this.#columns;
    for (; this.#dayEnd <= row; this.#dayEnd = this.#dayStarts[++this.#day] ?? Number.POSITIVE_INFINITY) {
      const last = this.#dayEnd - 1;
      this.#times.push(timeOf(this.#columns, last) + intervalMs);
      this.#values.push(this.value(close[last]!));
    }
  }
}
