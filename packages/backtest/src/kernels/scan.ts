/** A place on a market's published path, and the next one at which a price is reached. Shared by the kernels. */
import type { Columns } from '../run/columns.ts';
import { isLowFirst, priceAt, stepsPerCandle } from '../run/path.ts';
import { nextOutside, type PriceIndex, priceIndexOf } from '../run/price-index.ts';

export class Scan {
  readonly #columns: Columns;
  readonly #index: PriceIndex;
  readonly #end: number;
  readonly #rows: number;

  /** @param end the place behind the last */
  constructor(columns: Columns, end: number) {
    this.#columns = columns;
    this.#index = priceIndexOf(columns);
    this.#end = end;
    this.#rows = Math.ceil(end / stepsPerCandle);
  }

  /** In ticks. */
  price(place: number): number {
    return priceAt(this.#columns, place, isLowFirst(this.#columns, place >>> 2));
  }

  /** First place from `place` on with a price at or below `below` or at or above `above`; the end when there is none. */
  next(place: number, below: number, above: number): number {
    let at = place;
    if (at % stepsPerCandle !== 0) {
      const found = this.#inCandle(at, below, above);
      if (found >= 0) return found;
      at = (at | 3) + 1;
    }
    const row = nextOutside(this.#index, at >>> 2, this.#rows, below, above);
    if (row >= this.#rows) return this.#end;
    const found = this.#inCandle(row * stepsPerCandle, below, above);
    return found < 0 ? this.#end : found;
  }

  #inCandle(place: number, below: number, above: number): number {
    const last = Math.min((place | 3) + 1, this.#end);
    for (let at = place; at < last; at++) {
      const price = this.price(at);
      if (price <= below || price >= above) return at;
    }
    return -1;
  }
}
