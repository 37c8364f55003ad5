/** Candles as a picture needs them: no more than it has room for. */
import { rowAt, type Series, timeOf } from '../data/series.ts';
import { extremesIn, priceIndexOf } from '../run/price-index.ts';

/** Open time (unix ms), open, high, low, close; quote per base as numbers, for drawing alone. */
export type Bar = readonly [time: number, open: number, high: number, low: number, close: number];

export interface Bars {
  readonly pair: string;
  /** Length of a bar, ms. */
  readonly barMs: number;
  readonly bars: readonly Bar[];
}

const lengths = [1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440, 2880, 10_080, 43_200].map((minutes) => minutes * 60_000);

/** Shortest round length of at most `most` bars over a time, a whole number of candles. */
function barLength(ms: number, candleMs: number, most: number): number {
  const fits = lengths.find((length) => length >= candleMs && length % candleMs === 0 && ms / length <= most);
  return fits ?? Math.ceil(ms / most / candleMs) * candleMs;
}

/** Joins the candles that open in [from, to) to at most about `most` bars. A time without candles has no bar. */
export function barsOf(series: Series, from: number, to: number, most: number): Bars {
  const { open, close, intervalMs, priceDigits } = series;
  const index = priceIndexOf(series);
  const barMs = barLength(to - from, intervalMs, most);
  const tick = 10 ** priceDigits;
  const bars: Bar[] = [];
  const end = rowAt(series, to);
  let row = rowAt(series, from);
  while (row < end) {
    const time = timeOf(series, row);
    const begin = Math.floor(time / barMs) * barMs;
    const next = Math.min(end, Math.max(row + 1, rowAt(series, begin + barMs)));
    const { low, high } = extremesIn(index, row, next);
    bars.push([begin, open[row]! / tick, high / tick, low / tick, close[next - 1]! / tick]);
    row = next;
  }
  return { pair: series.pair, barMs, bars };
}
