/**
 * Finds the next candle that reaches a price: lowest low and highest high of every 16, 256 and 4096 candles. Built once per
 * columns, in shared memory, 1/7.5 of the two columns' size.
 *   I1  A block may only say "nothing here"; what happens in a candle is decided on the candle.
 */
import type { Prices } from '../data/series.ts';
import type { Columns } from './columns.ts';

export const fanOut = 16;
const bits = 4;
const levels = 3;

export interface Extremes {
  readonly low: Prices;
  readonly high: Prices;
}

export interface PriceIndex {
  readonly rows: number;
  /** The columns themselves, then blocks of 16, 256 and 4096 candles. */
  readonly levels: readonly Extremes[];
}

const emptyLike = (column: Prices, length: number): Prices =>
  column instanceof Int32Array
    ? new Int32Array(new SharedArrayBuffer(length * 4))
    : new Float64Array(new SharedArrayBuffer(length * 8));

function fold({ low, high }: Extremes): Extremes {
  const length = Math.ceil(low.length / fanOut);
  const folded = { low: emptyLike(low, length), high: emptyLike(high, length) };
  for (let block = 0; block < length; block++) {
    const end = Math.min(low.length, (block + 1) * fanOut);
    let lowest = low[block * fanOut]!;
    let highest = high[block * fanOut]!;
    for (let at = block * fanOut + 1; at < end; at++) {
      if (low[at]! < lowest) lowest = low[at]!;
      if (high[at]! > highest) highest = high[at]!;
    }
    folded.low[block] = lowest;
    folded.high[block] = highest;
  }
  return folded;
}

/** The index over two columns of equal length. */
export function buildIndex(low: Prices, high: Prices): PriceIndex {
  const made: Extremes[] = [{ low, high }];
  for (let level = 0; level < levels; level++) made.push(fold(made[level]!));
  return { rows: low.length, levels: made };
}

const known = new WeakMap<Prices, PriceIndex>();

/** The index of a market's lows and highs. */
export function priceIndexOf({ low, high }: Pick<Columns, 'low' | 'high'>): PriceIndex {
  const found = known.get(low);
  if (found !== undefined) return found;
  const made = buildIndex(low, high);
  known.set(low, made);
  return made;
}

/** First row in [from, to) whose low is at or below `below` or whose high is at or above `above`; `to` when there is none. */
export function nextOutside(index: PriceIndex, from: number, to: number, below: number, above: number): number {
  let { low, high } = index.levels[0]!;
  let level = 0;
  let at = from;
  let end = to;
  for (;;) {
    // A whole block above begins here: look at it instead.
    while (level < levels && at % fanOut === 0 && at < end) {
      level++;
      ({ low, high } = index.levels[level]!);
      at >>>= bits;
      end = (end + fanOut - 1) >>> bits;
    }
    const stop = level === levels ? end : Math.min(end, (at | (fanOut - 1)) + 1);
    while (at < stop && low[at]! > below && high[at]! < above) at++;
    if (at < stop) return Math.min(level === 0 ? at : descend(index, level, at, below, above), to);
    if (at >= end) return to;
  }
}

/** Lowest low and highest high of the rows in [from, to), of which there is one at least. */
export function extremesIn(index: PriceIndex, from: number, to: number): { readonly low: number; readonly high: number } {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [at, end] = [from, to];
  for (const [level, { low, high }] of index.levels.entries()) {
    const look = (block: number): void => {
      if (low[block]! < lowest) lowest = low[block]!;
      if (high[block]! > highest) highest = high[block]!;
    };
    // What is no whole block above, at both ends; on the highest level all that is left.
    while (at < end && (level === levels || at % fanOut !== 0)) look(at++);
    while (end > at && end % fanOut !== 0) look(--end);
    at >>>= bits;
    end >>>= bits;
  }
  return { low: lowest, high: highest };
}

/** From a block that holds it to the candle itself. */
function descend(index: PriceIndex, level: number, block: number, below: number, above: number): number {
  let at = block;
  for (let now = level - 1; now >= 0; now--) {
    at *= fanOut;
    const { low, high } = index.levels[now]!;
    while (low[at]! > below && high[at]! < above) at++;
  }
  return at;
}
