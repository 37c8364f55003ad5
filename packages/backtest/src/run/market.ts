/** One market of a run: where its tape stands, what its matcher holds, and the prices that are known of it. */
import type { EpochMs, Quote, Ticks } from '@holdfast/domain';
import type { Columns } from './columns.ts';
import type { MatchRules } from './match.ts';
import { Matcher } from './matcher.ts';
import { isLowFirst, placeAt, priceAt, timeAt, volumeAt } from './path.ts';
import { nextOutside, priceIndexOf } from './price-index.ts';

export class Market {
  readonly columns: Columns;
  readonly matcher: Matcher;
  readonly firstPlace: number;
  readonly endPlace: number;
  /** The place that is played next. */
  place: number;
  /** On the adverse path: whether the bot would rather not see the low first. Undefined: the published path. */
  readonly #isLowWorse: ((low: number) => boolean) | undefined;
  readonly spread: number;
  /** The candle whose order of extremes was settled last, and how. */
  #settledRow = -1;
  #settledLow = false;
  /** Price of the newest trade that was heard of, in ticks: best prices that have left it behind say more than it. */
  #heard: number;

  constructor(
    columns: Columns,
    rules: MatchRules,
    rows: { readonly first: number; readonly end: number },
    isLowWorse?: (low: number) => boolean,
  ) {
    this.columns = columns;
    this.firstPlace = rows.first * 4;
    this.endPlace = rows.end * 4;
    this.place = this.firstPlace;
    this.#isLowWorse = isLowWorse;
    this.spread = rules.spreadTicks;
    this.#heard = columns.open[rows.first]!;
    this.matcher = new Matcher(rules, this.#heard);
  }

  /** Row of the newest place that was played; the first before anything was. */
  get row(): number {
    return Math.max(this.firstPlace, this.place - 1) >>> 2;
  }

  /** Row whose close is the next to come. */
  get closesNext(): number {
    return (this.place - 1) >> 2;
  }

  timeOf(place: number): EpochMs {
    return timeAt(this.columns, place) as EpochMs;
  }

  priceOf(place: number): number {
    const step = place & 3;
    return priceAt(this.columns, place, step === 1 || step === 2 ? this.#lowFirst(place >>> 2) : false);
  }

  /** Prices known now. */
  quote(): Quote {
    return this.#quoteAt(this.#heard);
  }

  /** An empty side of the book is quoted at the last price. */
  #quoteAt(last: number): Quote {
    const { bid, ask } = this.matcher.best();
    const [buyers, sellers] = [bid === 0 ? last : bid, ask === 0 ? last : ask];
    return { pair: this.columns.pair, last: last as Ticks, bid: buyers as Ticks, ask: sellers as Ticks };
  }

  /** The pictures that the newest prices make, oldest first: one for each trade, or one of the best prices alone. */
  pictures(changed: boolean): readonly Quote[] {
    const { prints } = this.matcher;
    if (prints.length > 0) {
      this.matcher.prints = [];
      this.#heard = prints.at(-1)!;
      return prints.map((last) => this.#quoteAt(last));
    }
    if (!changed) return none;
    const { bid, ask } = this.matcher.best();
    this.#heard = clamp(this.#heard, bid, ask === 0 ? Number.POSITIVE_INFINITY : ask);
    return [this.quote()];
  }

  /** Plays the next place; whether there is anything to hear of prices. */
  play(): boolean {
    const { place } = this;
    const price = this.priceOf(place);
    this.#settle(place);
    this.place = place + 1;
    return this.matcher.tick(price, volumeAt(this.columns, place), place - this.firstPlace + 1);
  }

  /** Lets the places before `place` go by: nothing is in them. */
  passTo(place: number): void {
    if (place <= this.place) return;
    let at = place - 1;
    while (at >= this.place && volumeAt(this.columns, at) === 0) at--;
    if (at >= this.place) this.#heard = this.priceOf(at);
    for (at = Math.max(at + 1, this.place); at < place; at++) {
      const price = this.priceOf(at);
      this.#heard = clamp(this.#heard, price, price + this.spread);
    }
    const price = this.priceOf(place - 1);
    if (this.place >>> 2 !== (place - 1) >>> 2 || (this.place & 3) <= 1) this.#settle(place - 1);
    this.place = place;
    this.matcher.pass(price, place - this.firstPlace);
  }

  /** First place from the next one on, before `limit`, with a price at or below `below` or at or above `above`; else `limit`. */
  nextOutside(below: number, above: number, limit: number): number {
    let place = this.place;
    for (; (place & 3) !== 0 && place < limit; place++) if (this.#isOutside(place, below, above)) return place;
    if (place >= limit) return limit;
    const end = (limit + 3) >>> 2;
    const row = nextOutside(priceIndexOf(this.columns), place >>> 2, end, below, above);
    for (place = row * 4; place < limit; place++) if (this.#isOutside(place, below, above)) return place;
    return limit;
  }

  placeAt(time: number): number {
    return Math.min(placeAt(this.columns, time), this.endPlace);
  }

  #isOutside(place: number, below: number, above: number): boolean {
    const price = this.priceOf(place);
    return price <= below || price >= above;
  }

  #lowFirst(row: number): boolean {
    if (this.#isLowWorse === undefined) return isLowFirst(this.columns, row);
    return this.#settledRow === row ? this.#settledLow : this.#isLowWorse(this.columns.low[row]!);
  }

  /** Once the path is at an extreme, the order of that candle's extremes stays. */
  #settle(place: number): void {
    if (this.#isLowWorse === undefined || (place & 3) === 0) return;
    const row = place >>> 2;
    if (this.#settledRow === row) return;
    this.#settledLow = this.#lowFirst(row);
    this.#settledRow = row;
  }
}

const none: readonly Quote[] = Object.freeze([]);
const clamp = (price: number, bid: number, ask: number): number => (price < bid ? bid : price > ask ? ask : price);
