/** A market's published path as the kernels walk it: prices and times of places, and the next place at which a price is reached. */
import type { Prices } from '../data/series.ts';
import type { Columns } from '../run/columns.ts';
import { delayOf, stepsPerCandle } from '../run/path.ts';
import { nextOutside, type PriceIndex, priceIndexOf } from '../run/price-index.ts';

/** Rows that are sooner looked at than searched. */
const few = 6;

export class Scan {
  /** Price at the place that was found last, in ticks. */
  found = 0;
  readonly #columns: Columns;
  readonly #open: Prices;
  readonly #high: Prices;
  readonly #low: Prices;
  readonly #close: Prices;
  readonly #index: PriceIndex;
  readonly #end: number;
  readonly #rows: number;
  /** Ms from the open of a candle to each of its steps. */
  readonly #delays: Float64Array;
  // The run of candles without gap that was looked at last: its rows, and when its row 0 would have opened.
  #segmentFrom = 0;
  #segmentEnd = 0;
  #zeroAt = 0;

  /** @param end the place behind the last */
  constructor(columns: Columns, end: number) {
    this.#columns = columns;
    ({ open: this.#open, high: this.#high, low: this.#low, close: this.#close } = columns);
    this.#index = priceIndexOf(columns);
    this.#end = end;
    this.#rows = Math.ceil(end / stepsPerCandle);
    this.#delays = Float64Array.of(...[0, 1, 2, 3].map((step) => delayOf(columns.intervalMs, step)));
  }

  /** In ticks. */
  price(place: number): number {
    const row = place >>> 2;
    const step = place & 3;
    if (step === 0) return this.#open[row]!;
    const close = this.#close[row]!;
    if (step === 3) return close;
    return (step === 1) === close >= this.#open[row]! ? this.#low[row]! : this.#high[row]!;
  }

  /** Unix ms. */
  time(place: number): number {
    const row = place >>> 2;
    if (row < this.#segmentFrom || row >= this.#segmentEnd) this.#findSegment(row);
    return this.#zeroAt + row * this.#columns.intervalMs + this.#delays[place & 3]!;
  }

  /** First place from `place` on with a price at or below `below` or at or above `above`; the end when there is none. */
  next(place: number, below: number, above: number): number {
    let row = place >>> 2;
    if ((place & 3) !== 0) {
      const found = this.#inCandle(row, place & 3, below, above);
      if (found >= 0) return Math.min(found, this.#end);
      row++;
    }
    const near = Math.min(row + few, this.#rows);
    while (row < near && this.#low[row]! > below && this.#high[row]! < above) row++;
    if (row >= near) row = nextOutside(this.#index, row, this.#rows, below, above);
    if (row >= this.#rows) return this.#end;
    return Math.min(this.#inCandle(row, 0, below, above), this.#end);
  }

  /** The place in a row, from a step of it on; -1 when none reaches. */
  #inCandle(row: number, step: number, below: number, above: number): number {
    const open = this.#open[row]!;
    const close = this.#close[row]!;
    const place = row * stepsPerCandle;
    if (step === 0 && (open <= below || open >= above)) {
      this.found = open;
      return place;
    }
    const isLowFirst = close >= open;
    if (step <= 1) {
      const first = isLowFirst ? this.#low[row]! : this.#high[row]!;
      if (first <= below || first >= above) {
        this.found = first;
        return place + 1;
      }
    }
    if (step <= 2) {
      const second = isLowFirst ? this.#high[row]! : this.#low[row]!;
      if (second <= below || second >= above) {
        this.found = second;
        return place + 2;
      }
    }
    this.found = close;
    return close <= below || close >= above ? place + 3 : -1;
  }

  #findSegment(row: number): void {
    const { segments, rows, intervalMs } = this.#columns;
    const at = segments.findLastIndex((segment) => segment.row <= row);
    const { row: from, time } = segments[at]!;
    this.#segmentFrom = from;
    this.#segmentEnd = segments[at + 1]?.row ?? rows;
    this.#zeroAt = time - from * intervalMs;
  }
}
