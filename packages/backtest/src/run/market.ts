/** One market of a run: where its tape stands, what its matcher holds, and the prices that are known of it. */
import { type Amount, type EpochMs, type Quote, type Ticks, zero } from '@holdfast/domain';
import type { MarketDefinition } from '@holdfast/exchanges/simulated/rules';
import { AveragePrice } from './average-price.ts';
import type { Columns } from './columns.ts';
import type { MatchRules } from './match.ts';
import { Matcher } from './matcher.ts';
import { isLowFirst } from './path.ts';
import { type Places, placesOf } from './places.ts';
import { nextOutside, priceIndexOf } from './price-index.ts';

export class Market {
  readonly columns: Columns;
  /** As the exchange describes it. */
  readonly definition: MarketDefinition;
  readonly matcher: Matcher;
  readonly places: Places;
  /** The candles of the run, `endRow` exclusive, and their places. */
  readonly firstRow: number;
  readonly endRow: number;
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
  readonly #average: AveragePrice;

  constructor(
    columns: Columns,
    definition: MarketDefinition,
    rules: MatchRules,
    rows: { readonly first: number; readonly end: number },
    isLowWorse?: (low: number) => boolean,
  ) {
    this.columns = columns;
    this.definition = definition;
    this.places = placesOf(columns);
    this.firstRow = rows.first;
    this.endRow = rows.end;
    this.firstPlace = this.places.firstOf(rows.first);
    this.endPlace = this.places.firstOf(rows.end);
    this.place = this.firstPlace;
    this.#isLowWorse = isLowWorse;
    this.spread = rules.spreadTicks;
    this.#heard = columns.open[rows.first]!;
    this.matcher = new Matcher(rules, this.#heard);
    this.#average = new AveragePrice(columns, this.places, definition.filters.averageMinutes);
  }

  /** The average price that an order of this limit is measured by; zero where it passes whatever that is. */
  averageFor(limit: Amount): Amount {
    const { bidUp: up, bidDown: down } = this.definition.filters;
    if (this.#average.isSurelyNear(limit, this.place, this.matcher.last, { up, down })) return zero;
    return this.#average.before(this.place, this.matcher.last);
  }

  /** A fill of the run, which is a trade of the market. */
  traded(at: number, price: number, lots: number, maker: boolean): void {
    this.#average.note({ at, price, lots, instead: maker ? this.matcher.anchor : null });
  }

  /** Row of the newest place that was played; the first before anything was. */
  get row(): number {
    return this.places.rowOf(Math.max(this.firstPlace, this.place - 1));
  }

  /** Row whose close is the next to come. */
  get closesNext(): number {
    return this.place === 0 ? -1 : this.places.rowOf(this.place - 1);
  }

  timeOf(place: number): EpochMs {
    return this.places.timeOf(place) as EpochMs;
  }

  priceOf(place: number): number {
    const { places } = this;
    if (this.#isLowWorse === undefined || !places.isExtreme(place)) return places.priceOf(place);
    return places.priceOf(place, this.#lowFirst(places.rowOf(place)));
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
    const { places } = this;
    return this.matcher.tick(price, places.volumeOf(place), place - this.firstPlace + 1, places.opens(place));
  }

  /** Lets the places before `place` go by: nothing is in them. */
  passTo(place: number): void {
    if (place <= this.place) return;
    let at = place - 1;
    while (at >= this.place && this.places.volumeOf(at) === 0) at--;
    if (at >= this.place) this.#heard = this.priceOf(at);
    for (at = Math.max(at + 1, this.place); at < place; at++) {
      const price = this.priceOf(at);
      this.#heard = clamp(this.#heard, price, price + this.spread);
    }
    const price = this.priceOf(place - 1);
    this.#settle(place - 1);
    this.place = place;
    this.matcher.pass(price, place - this.firstPlace);
  }

  /** First place from the next one on, before `limit`, with a price at or below `below` or at or above `above`; else `limit`. */
  nextOutside(below: number, above: number, limit: number): number {
    const { places } = this;
    let place = this.place;
    for (; place < limit && !places.opens(place); place++) if (this.#isOutside(place, below, above)) return place;
    if (place >= limit) return limit;
    const end = places.rowOf(limit - 1) + 1;
    const row = nextOutside(priceIndexOf(this.columns), places.rowOf(place), end, below, above);
    for (place = places.firstOf(row); place < limit; place++) if (this.#isOutside(place, below, above)) return place;
    return limit;
  }

  placeAt(time: number): number {
    return Math.min(this.places.placeAt(time), this.endPlace);
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
    if (this.#isLowWorse === undefined || this.places.opens(place)) return;
    const row = this.places.rowOf(place);
    if (this.#settledRow === row) return;
    this.#settledLow = this.#lowFirst(row);
    this.#settledRow = row;
  }
}

const none: readonly Quote[] = Object.freeze([]);
const clamp = (price: number, bid: number, ask: number): number => (price < bid ? bid : price > ask ? ask : price);
