/**
 * Recorded trades inside candles.
 *   I1  Trades count where together they are the candle: the first is its open, the last its close, the extremes its high and low,
 *       and no id is missing among them. Elsewhere the candle stays, and what contradicts it is kept for the report.
 */
import { type Apart, decimalOf, type Series, type TradesInside, timeOf } from '../data/series.ts';
import { firstAtLeast, type Trades } from '../data/trades.ts';
import { scaled } from './inside.ts';
import { stepsPerCandle } from './path.ts';
import { RunError } from './run-error.ts';

interface Stretch {
  /** Numbers of trades. */
  readonly first: number;
  readonly end: number;
}

/** @throws RunError `settings-unfit` unless both are of one pair and the candles are not put together already */
export function withTrades(series: Series, trades: Trades): Series {
  if (series.pair !== trades.pair)
    throw new RunError('settings-unfit', `Trades of ${trades.pair} do not lie inside candles of ${series.pair}`);
  const reader = new CandleOfTrades(series, trades);
  const first = new Int32Array(new SharedArrayBuffer(series.rows * 4));
  const places = new Int32Array(new SharedArrayBuffer((series.rows + 1) * 4));
  const apart: Apart[] = [];
  let [place, next] = [0, 0];
  for (let row = 0; row < series.rows; row++) {
    places[row] = place;
    const time = timeOf(series, row);
    const from = firstAtLeast(trades.times, time - trades.start, next, trades.rows);
    const end = firstAtLeast(trades.times, time + series.intervalMs - trades.start, from, trades.rows);
    next = end;
    const found = reader.compare(row, { first: from, end });
    if (found.kind === 'apart') apart.push({ time, outside: found.outside });
    first[row] = found.kind === 'made' ? from : -1;
    place += found.kind === 'made' ? end - from : stepsPerCandle;
  }
  places[series.rows] = place;
  return { ...series, inner: { trades, first, places, apart } satisfies TradesInside };
}

/** A candle that these trades make, one of which none are wanted, or one that they do not make. */
type Compared = { readonly kind: 'made' | 'untold' } | ({ readonly kind: 'apart' } & Pick<Apart, 'outside'>);

class CandleOfTrades {
  readonly #series: Series;
  readonly #trades: Trades;
  readonly #digits: number;
  readonly #end: number;

  constructor(series: Series, trades: Trades) {
    this.#series = series;
    this.#trades = trades;
    this.#digits = Math.max(series.priceDigits, trades.priceDigits);
    this.#end = trades.start + trades.times[trades.rows - 1]!;
  }

  compare(row: number, { first, end }: Stretch): Compared {
    const { open, high, low, close, volume } = this.#series;
    const lacking: Compared = this.#isBeside(row) ? { kind: 'untold' } : { kind: 'apart', outside: null };
    if (first >= end) return volume[row] === 0 ? { kind: 'untold' } : lacking;
    const candle = (column: Series['open']): number => scaled(column[row]!, this.#series.priceDigits, this.#digits);
    let [most, least] = [first, first];
    const { price } = this.#trades;
    for (let at = first; at < end; at++) {
      if (price[at]! > price[most]!) most = at;
      if (price[at]! < price[least]!) least = at;
    }
    if (this.#priceOf(most) > candle(high)) return this.#outside(most, 'above the high', high[row]!);
    if (this.#priceOf(least) < candle(low)) return this.#outside(least, 'below the low', low[row]!);
    const isWhole =
      this.#priceOf(first) === candle(open) &&
      this.#priceOf(end - 1) === candle(close) &&
      this.#priceOf(most) === candle(high) &&
      this.#priceOf(least) === candle(low);
    return isWhole && !this.#hasHole(first, end) ? { kind: 'made' } : lacking;
  }

  #priceOf(at: number): number {
    return scaled(this.#trades.price[at]!, this.#trades.priceDigits, this.#digits);
  }

  #hasHole(first: number, end: number): boolean {
    const { ids } = this.#trades;
    return ids !== null && ids[end - 1]! - ids[first]! !== end - 1 - first;
  }

  /** Whether a candle begins before the first trade or ends after the last: the rest of its trades was not recorded. */
  #isBeside(row: number): boolean {
    const time = timeOf(this.#series, row);
    return time < this.#trades.start || time + this.#series.intervalMs > this.#end;
  }

  #outside(at: number, where: string, limit: number): Compared {
    const { ids, firstId, start, times, price, priceDigits } = this.#trades;
    const name = ids === null ? `the trade at ${new Date(start + times[at]!).toISOString()}` : `trade ${firstId + ids[at]!}`;
    const outside = `${name} at ${decimalOf(price[at]!, priceDigits)} lies ${where} ${decimalOf(limit, this.#series.priceDigits)}`;
    return { kind: 'apart', outside };
  }
}

/** What was played by trades, within [from, to). */
export interface PlayedByTrades {
  readonly candles: number;
  readonly byTrades: number;
  readonly trades: number;
  /** Open times of the first and the last candle that was; null when none was. */
  readonly first: number | null;
  readonly last: number | null;
}

export function playedByTrades(series: Series, { first, places }: TradesInside, from: number, to: number): PlayedByTrades {
  let [candles, byTrades, trades] = [0, 0, 0];
  let [begin, last]: [number | null, number | null] = [null, null];
  for (let row = 0; row < series.rows; row++) {
    const time = timeOf(series, row);
    if (time < from || time >= to) continue;
    candles++;
    if (first[row]! < 0) continue;
    byTrades++;
    trades += places[row + 1]! - places[row]!;
    begin ??= time;
    last = time;
  }
  return { candles, byTrades, trades, first: begin, last };
}

/** Sentences on candles within [from, to) that contradict their trades or lack some. */
export function tradesApart(series: Series, from: number, to: number): readonly string[] {
  const apart = (series.inner?.apart ?? []).filter(({ time }) => time >= from && time < to);
  const [outside, lacking] = [apart.filter((it) => it.outside !== null), apart.filter((it) => it.outside === null)];
  const many = (of: readonly Apart[]): string =>
    of.length === 1 ? `A candle of ${series.pair}` : `${of.length} candles of ${series.pair}`;
  const [first, gap] = [outside[0], lacking[0]];
  return [
    ...(first === undefined
      ? []
      : [
          `${many(outside)} contradict${outside.length === 1 ? 's' : ''} the recorded trades, first at ${new Date(first.time).toISOString()}: ${first.outside}. Played by four points.`,
        ]),
    ...(gap === undefined
      ? []
      : [
          `${many(lacking)} ${lacking.length === 1 ? 'lacks' : 'lack'} some of the recorded trades, first at ${new Date(gap.time).toISOString()}. Played by four points.`,
        ]),
  ];
}
