/**
 * Stored minutes (or seconds) of one market in columns, and the candles of every interval made from them.
 * Prices in ticks, volumes in lots, quote volumes in tick × lot; a minute's sums fit a safe integer, longer sums are
 * carried over into bigints.
 */
import type { Amount } from '@holdfast/domain';
import { unit } from '@holdfast/domain';
import type { CandleRow, Interval, Kline, KlineQuery } from './port.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
/** 1970-01-05 was a Monday: weeks open on Mondays. */
const firstMonday = 4 * day;

const fixed: Readonly<Record<Exclude<Interval, '1w' | '1M'>, number>> = {
  '1s': second,
  '1m': minute,
  '3m': 3 * minute,
  '5m': 5 * minute,
  '15m': 15 * minute,
  '30m': 30 * minute,
  '1h': hour,
  '2h': 2 * hour,
  '4h': 4 * hour,
  '6h': 6 * hour,
  '8h': 8 * hour,
  '12h': 12 * hour,
  '1d': day,
  '3d': 3 * day,
};

/** Open time of the candle that holds `time`. Days, weeks and months begin `eastMs` earlier than in UTC. */
export const openTimeOf = (interval: Interval, time: number, eastMs = 0): number => openTimeUtc(interval, time + eastMs) - eastMs;

function openTimeUtc(interval: Interval, time: number): number {
  if (interval === '1w') return Math.floor((time - firstMonday) / (7 * day)) * 7 * day + firstMonday;
  if (interval === '1M') {
    const date = new Date(time);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  }
  const length = fixed[interval];
  return Math.floor(time / length) * length;
}

/** Open time of the candle that is `count` candles later (or, negative, earlier). */
export const shiftOpenTime = (interval: Interval, openTime: number, count: number, eastMs = 0): number =>
  shiftOpenTimeUtc(interval, openTime + eastMs, count) - eastMs;

function shiftOpenTimeUtc(interval: Interval, openTime: number, count: number): number {
  if (interval === '1w') return openTime + count * 7 * day;
  if (interval === '1M') {
    const date = new Date(openTime);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count, 1);
  }
  return openTime + count * fixed[interval];
}

/** Adds safe integers exactly: what passes 2^52 goes over into a bigint. */
class ExactSum {
  #small = 0;
  #large = 0n;
  add(value: number): void {
    this.#small += value;
    if (this.#small > 2 ** 52) {
      this.#large += BigInt(this.#small);
      this.#small = 0;
    }
  }
  total(): bigint {
    return this.#large + BigInt(this.#small);
  }
}

const columns = 12;
const [openTime, open, high, low, close, volume, quote, trades, takerVolume, takerQuote, firstId, lastId] = Array.from(
  { length: columns },
  (_, column) => column,
) as [number, number, number, number, number, number, number, number, number, number, number, number];

/** Flat candles are written for quiet times up to this many; a longer silence stays a gap. */
const gapMax = 10_080;

export class CandleStore {
  readonly #length: number;
  readonly #keep: number;
  readonly #fills: boolean;
  #data = new Float64Array(columns * 1024);
  #rows = 0;
  /** Whether the newest row saw no price yet: its first one sets the open. */
  fresh = false;

  /** @param interval of one row, in ms @param keep rows kept at least; older ones go. Without it, quiet times get flat rows. */
  constructor(interval: number, keep?: number) {
    this.#length = interval;
    this.#fills = keep === undefined;
    this.#keep = keep ?? Number.POSITIVE_INFINITY;
  }

  get rows(): number {
    return this.#rows;
  }

  #get(row: number, column: number): number {
    return this.#data[row * columns + column] as number;
  }

  row(row: number): CandleRow {
    return {
      openTime: this.#get(row, openTime),
      open: this.#get(row, open),
      high: this.#get(row, high),
      low: this.#get(row, low),
      close: this.#get(row, close),
      volume: this.#get(row, volume),
      quote: this.#get(row, quote),
      trades: this.#get(row, trades),
      takerVolume: this.#get(row, takerVolume),
      takerQuote: this.#get(row, takerQuote),
      firstId: this.#get(row, firstId),
      lastId: this.#get(row, lastId),
    };
  }

  newest(): CandleRow | undefined {
    return this.#rows === 0 ? undefined : this.row(this.#rows - 1);
  }

  newestOpenTime(): number {
    return this.#rows === 0 ? Number.NEGATIVE_INFINITY : this.#get(this.#rows - 1, openTime);
  }

  push(candle: CandleRow): void {
    this.#reserve();
    const at = this.#rows * columns;
    const data = this.#data;
    data[at + openTime] = candle.openTime;
    data[at + open] = candle.open;
    data[at + high] = candle.high;
    data[at + low] = candle.low;
    data[at + close] = candle.close;
    data[at + volume] = candle.volume;
    data[at + quote] = candle.quote;
    data[at + trades] = candle.trades;
    data[at + takerVolume] = candle.takerVolume;
    data[at + takerQuote] = candle.takerQuote;
    data[at + firstId] = candle.firstId;
    data[at + lastId] = candle.lastId;
    this.#rows++;
    this.fresh = false;
  }

  #reserve(): void {
    if (this.#rows > 2 * this.#keep) {
      this.#data.copyWithin(0, (this.#rows - this.#keep) * columns, this.#rows * columns);
      this.#rows = this.#keep;
    }
    if ((this.#rows + 1) * columns <= this.#data.length) return;
    const grown = new Float64Array(this.#data.length * 2);
    grown.set(this.#data);
    this.#data = grown;
  }

  /** Makes the row of `time` the newest, with flat rows at `price` between; whether a row was closed by that. */
  openAt(time: number, price: number): boolean {
    const newest = this.newestOpenTime();
    const start = Math.floor(time / this.#length) * this.#length;
    if (start <= newest) return false;
    const missing = this.#rows === 0 || !this.#fills ? 0 : (start - newest) / this.#length - 1;
    const last = this.#rows === 0 ? price : this.#get(this.#rows - 1, close);
    if (missing <= gapMax) for (let i = missing; i > 0; i--) this.push(flat(start - i * this.#length, last));
    this.push(flat(start, last));
    this.fresh = true;
    return true;
  }

  /** Adds a print to the newest row. An id of -1 is a price without a trade. */
  add(price: number, quantity: number, buyerTakes: boolean, id: number): void {
    const data = this.#data;
    const at = (this.#rows - 1) * columns;
    if (this.fresh) {
      data[at + open] = price;
      data[at + high] = price;
      data[at + low] = price;
      this.fresh = false;
    }
    if (price > (data[at + high] as number)) data[at + high] = price;
    if (price < (data[at + low] as number)) data[at + low] = price;
    data[at + close] = price;
    if (id === -1) return;
    data[at + volume] = (data[at + volume] as number) + quantity;
    data[at + quote] = (data[at + quote] as number) + price * quantity;
    data[at + trades] = (data[at + trades] as number) + 1;
    if (buyerTakes) {
      data[at + takerVolume] = (data[at + takerVolume] as number) + quantity;
      data[at + takerQuote] = (data[at + takerQuote] as number) + price * quantity;
    }
    if (data[at + firstId] === -1) data[at + firstId] = id;
    data[at + lastId] = id;
  }

  /** Puts rows under their open time; of two for the same time the given one stays. Both sides ascend. */
  merge(candles: Iterable<CandleRow>): void {
    const given = [...candles].sort((a, b) => a.openTime - b.openTime);
    const mine: CandleRow[] = [];
    for (let row = 0; row < this.#rows; row++) mine.push(this.row(row));
    this.#rows = 0;
    let i = 0;
    for (const candle of given) {
      while (i < mine.length && (mine[i] as CandleRow).openTime < candle.openTime) this.push(mine[i++] as CandleRow);
      if (mine[i]?.openTime === candle.openTime) i++;
      if (candle.openTime > this.newestOpenTime()) this.push(candle);
    }
    while (i < mine.length) this.push(mine[i++] as CandleRow);
  }

  /** First row that opens at `time` or later. */
  indexFrom(time: number): number {
    let lowest = 0;
    let highest = this.#rows;
    while (lowest < highest) {
      const middle = (lowest + highest) >>> 1;
      if (this.#get(middle, openTime) < time) lowest = middle + 1;
      else highest = middle;
    }
    return lowest;
  }

  /** One candle of the rows that open in [from, to); undefined when there are none. `steps` is tick and lot. */
  sum(from: number, to: number, steps: { readonly tick: Amount; readonly lot: Amount }): Kline | undefined {
    const begin = this.indexFrom(from);
    if (begin >= this.#rows || this.#get(begin, openTime) >= to) return undefined;
    const sums = { volume: new ExactSum(), quote: new ExactSum(), takerVolume: new ExactSum(), takerQuote: new ExactSum() };
    let highest = 0;
    let lowest = Number.POSITIVE_INFINITY;
    let count = 0;
    let first = -1;
    let last = -1;
    let row = begin;
    for (; row < this.#rows && this.#get(row, openTime) < to; row++) {
      highest = Math.max(highest, this.#get(row, high));
      lowest = Math.min(lowest, this.#get(row, low));
      sums.volume.add(this.#get(row, volume));
      sums.quote.add(this.#get(row, quote));
      sums.takerVolume.add(this.#get(row, takerVolume));
      sums.takerQuote.add(this.#get(row, takerQuote));
      count += this.#get(row, trades);
      if (first === -1) first = this.#get(row, firstId);
      last = Math.max(last, this.#get(row, lastId));
    }
    const base = (sum: ExactSum): Amount => (sum.total() * steps.lot) as Amount;
    const money = (sum: ExactSum): Amount => ((sum.total() * steps.tick * steps.lot) / unit) as Amount;
    return {
      openTime: from,
      closeTime: to - 1,
      open: this.#get(begin, open),
      high: highest,
      low: lowest,
      close: this.#get(row - 1, close),
      volume: base(sums.volume),
      quoteVolume: money(sums.quote),
      trades: count,
      takerVolume: base(sums.takerVolume),
      takerQuoteVolume: money(sums.takerQuote),
      firstTradeId: first,
      lastTradeId: last,
    };
  }

  /** The candles asked for, ascending: from startTime the oldest, else the newest up to endTime. */
  klines(interval: Interval, query: KlineQuery, steps: { readonly tick: Amount; readonly lot: Amount }): Kline[] {
    if (this.#rows === 0) return [];
    const { eastMs = 0 } = query;
    const limit = Math.max(1, Math.min(query.limit ?? 500, 1000));
    const newest = Math.min(this.newestOpenTime(), query.endTime ?? Number.POSITIVE_INFINITY);
    const oldest = openTimeOf(interval, this.#get(0, openTime), eastMs);
    const klines: Kline[] = [];
    if (query.startTime === undefined) {
      let from = openTimeOf(interval, newest, eastMs);
      for (; klines.length < limit && from >= oldest; from = this.#previous(interval, from, eastMs)) {
        const kline = this.sum(from, shiftOpenTime(interval, from, 1, eastMs), steps);
        if (kline !== undefined) klines.push(kline);
      }
      return klines.reverse();
    }
    let from = Math.max(openTimeOf(interval, query.startTime, eastMs), oldest);
    if (from < query.startTime) from = shiftOpenTime(interval, from, 1, eastMs);
    while (klines.length < limit && from <= newest) {
      const kline = this.sum(from, shiftOpenTime(interval, from, 1, eastMs), steps);
      if (kline !== undefined) klines.push(kline);
      from = this.#next(interval, from, eastMs);
    }
    return klines;
  }

  /** The candle before `from` that has rows, so that a long gap is one step. */
  #previous(interval: Interval, from: number, eastMs: number): number {
    const row = this.indexFrom(from) - 1;
    return row < 0 ? Number.NEGATIVE_INFINITY : openTimeOf(interval, this.#get(row, openTime), eastMs);
  }

  #next(interval: Interval, from: number, eastMs: number): number {
    const next = shiftOpenTime(interval, from, 1, eastMs);
    const row = this.indexFrom(next);
    return row >= this.#rows ? Number.POSITIVE_INFINITY : openTimeOf(interval, this.#get(row, openTime), eastMs);
  }
}

const flat = (at: number, price: number): CandleRow => ({
  openTime: at,
  open: price,
  high: price,
  low: price,
  close: price,
  volume: 0,
  quote: 0,
  trades: 0,
  takerVolume: 0,
  takerQuote: 0,
  firstId: -1,
  lastId: -1,
});
