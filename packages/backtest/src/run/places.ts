/**
 * The places of a market's tape, one after the other: four in a candle (path.ts), and where trades were recorded inside a candle,
 * one for each of them, at its time, its price and with its quantity.
 */
import { firstAtLeast } from '../data/trades.ts';
import type { Columns, TradeColumns } from './columns.ts';
import { isLowFirst, placeAt, priceAt, stepsPerCandle, timeAt, volumeAt } from './path.ts';

export interface Places {
  /** Candle of a place. */
  rowOf(place: number): number;
  /** First place of a candle; of `rows`, the end. */
  firstOf(row: number): number;
  /** Whether a place is the first of its candle. */
  opens(place: number): boolean;
  /** Whether the price of a place hangs on the order of high and low. */
  isExtreme(place: number): boolean;
  /** In ticks; the published order of high and low when none is named. */
  priceOf(place: number, lowFirst?: boolean): number;
  /** In lots. */
  volumeOf(place: number): number;
  /** Unix ms. */
  timeOf(place: number): number;
  /** First place at `time` or later. */
  placeAt(time: number): number;
}

export const placesOf = (columns: Columns): Places =>
  columns.trades === undefined ? new CandlePlaces(columns) : new TradePlaces(columns, columns.trades);

class CandlePlaces implements Places {
  readonly #columns: Columns;

  constructor(columns: Columns) {
    this.#columns = columns;
  }

  rowOf(place: number): number {
    return place >>> 2;
  }

  firstOf(row: number): number {
    return row * stepsPerCandle;
  }

  opens(place: number): boolean {
    return (place & 3) === 0;
  }

  isExtreme(place: number): boolean {
    const step = place & 3;
    return step === 1 || step === 2;
  }

  priceOf(place: number, lowFirst?: boolean): number {
    return priceAt(this.#columns, place, lowFirst ?? isLowFirst(this.#columns, place >>> 2));
  }

  volumeOf(place: number): number {
    return volumeAt(this.#columns, place);
  }

  timeOf(place: number): number {
    return timeAt(this.#columns, place);
  }

  placeAt(time: number): number {
    return placeAt(this.#columns, time);
  }
}

class TradePlaces implements Places {
  readonly #columns: Columns;
  readonly #trades: TradeColumns;
  readonly #candles: CandlePlaces;
  /** Row that was asked for last: the next is it or one beside it. */
  #row = 0;

  constructor(columns: Columns, trades: TradeColumns) {
    this.#columns = columns;
    this.#trades = trades;
    this.#candles = new CandlePlaces(columns);
  }

  rowOf(place: number): number {
    const { places } = this.#trades;
    const row = this.#row;
    if (place >= places[row]! && place < places[row + 1]!) return row;
    let [low, high] = place < places[row]! ? [0, row] : [row, this.#columns.rows];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (places[middle]! <= place) low = middle;
      else high = middle - 1;
    }
    this.#row = low;
    return low;
  }

  firstOf(row: number): number {
    return this.#trades.places[Math.min(row, this.#columns.rows)]!;
  }

  opens(place: number): boolean {
    return this.#trades.places[this.rowOf(place)] === place;
  }

  /** Place of a candle that is played as such; -1 for a trade. */
  #inCandle(place: number): number {
    const row = this.rowOf(place);
    return this.#trades.first[row]! < 0 ? row * stepsPerCandle + place - this.#trades.places[row]! : -1;
  }

  #tradeOf(place: number): number {
    const row = this.rowOf(place);
    return this.#trades.first[row]! + place - this.#trades.places[row]!;
  }

  isExtreme(place: number): boolean {
    const at = this.#inCandle(place);
    return at >= 0 && this.#candles.isExtreme(at);
  }

  priceOf(place: number, lowFirst?: boolean): number {
    const at = this.#inCandle(place);
    return at >= 0 ? this.#candles.priceOf(at, lowFirst) : this.#trades.price[this.#tradeOf(place)]!;
  }

  volumeOf(place: number): number {
    const at = this.#inCandle(place);
    return at >= 0 ? this.#candles.volumeOf(at) : this.#trades.quantity[this.#tradeOf(place)]!;
  }

  timeOf(place: number): number {
    const at = this.#inCandle(place);
    return at >= 0 ? this.#candles.timeOf(at) : this.#trades.start + this.#trades.times[this.#tradeOf(place)]!;
  }

  placeAt(time: number): number {
    const at = this.#candles.placeAt(time);
    const row = at >>> 2;
    if (row >= this.#columns.rows) return this.firstOf(row);
    const { places, first, times, start } = this.#trades;
    if (first[row]! < 0) return places[row]! + (at & 3);
    const end = first[row]! + places[row + 1]! - places[row]!;
    return places[row]! + firstAtLeast(times, time - start, first[row]!, end) - first[row]!;
  }
}
