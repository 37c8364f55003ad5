/**
 * The average price that the exchange measures orders by (PERCENT_PRICE_BY_SIDE): all trades of the newest five minutes by their
 * quantities, as the simulated exchange computes it, cut at 8 decimals; the last price where nothing traded. The trades are those of
 * the tape and the run's own.
 */
import { type Amount, priceAmount, type Ticks, unit } from '@holdfast/domain';
import type { Columns } from './columns.ts';
import type { Places } from './places.ts';
import type { PriceBand } from './result.ts';

const minuteMs = 60_000;
const cent = 10n ** 10n;

interface Own {
  readonly at: number;
  readonly price: number;
  readonly lots: number;
  /** Price at which the tape has these lots already; null: they came to it. */
  readonly instead: number | null;
}

export class AveragePrice {
  readonly #columns: Columns;
  readonly #places: Places;
  readonly #windowMs: number;
  #own: Own[] = [];

  constructor(columns: Columns, places: Places, minutes: number) {
    this.#columns = columns;
    this.#places = places;
    this.#windowMs = (minutes - 1) * minuteMs;
  }

  /** A fill of the run. */
  note(fill: Own): void {
    const from = this.#from(fill.at);
    if (this.#own.length > 0 && this.#own[0]!.at < from) this.#own = this.#own.filter(({ at }) => at >= from);
    this.#own.push(fill);
  }

  #from(time: number): number {
    return Math.floor(time / minuteMs) * minuteMs - this.#windowMs;
  }

  /** Of the trades before `place`; `last` is the newest price in ticks. */
  before(place: number, last: number): Amount {
    const { rules } = this.#columns;
    const newest = place === 0 ? Number.NEGATIVE_INFINITY : this.#places.timeOf(place - 1);
    const from = this.#from(newest);
    let [value, lots] = [0n, 0n];
    for (let at = place - 1; at >= 0 && this.#places.timeOf(at) >= from; at--) {
      const volume = BigInt(this.#places.volumeOf(at));
      lots += volume;
      value += volume * BigInt(this.#places.priceOf(at));
    }
    for (const own of this.#own) {
      if (own.at < from) continue;
      const traded = BigInt(own.lots);
      if (own.instead === null) lots += traded;
      value += traded * BigInt(own.price - (own.instead ?? 0));
    }
    if (lots <= 0n) return priceAmount(last as Ticks, rules);
    return ((((value * rules.tick) / lots / cent) as bigint) * cent) as Amount;
  }

  /** Whether a price passes whatever the average is among what it is made of: then nobody needs to add it up. */
  isSurelyNear(price: Amount, place: number, last: number, { up, down }: PriceBand): boolean {
    let [low, high] = [last, last];
    const take = (least: number, most: number): void => {
      if (least < low) low = least;
      if (most > high) high = most;
    };
    if (place > 0) {
      const { low: lows, high: highs } = this.#columns;
      const from = this.#from(this.#places.timeOf(place - 1));
      for (let row = this.#places.rowOf(place - 1); row >= 0 && this.#endOf(row) > from; row--) take(lows[row]!, highs[row]!);
    }
    for (const own of this.#own) take(own.price, own.price);
    const { tick } = this.#columns.rules;
    return price * unit <= BigInt(low) * tick * up && price * unit >= BigInt(high) * tick * down;
  }

  /** Behind the last place of a candle. */
  #endOf(row: number): number {
    return this.#places.timeOf(this.#places.firstOf(row + 1) - 1) + 1;
  }
}
