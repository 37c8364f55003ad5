/**
 * Finer candles inside coarse ones: hours over years, and minutes where there are any.
 *   I1  Finer candles count where together they are the coarse one: the same open, high, low and close. Elsewhere it stays.
 *   I2  A coarse candle that stays goes in as its last finer one: nothing of it is known before it is over.
 */
import { type Prices, type Segment, type Series, timeOf } from '../data/series.ts';
import { firstAtLeast } from '../data/trades.ts';
import { RunError } from './run-error.ts';

interface Part {
  readonly series: Series;
  readonly row: number;
  readonly time: number;
}

export const scaled = (value: number, digits: number, to: number): number => value * 10 ** (to - digits);

/** Whether rows [first, end) together are the coarse candle, in ticks of `digits`. */
function makes(
  coarse: Series,
  row: number,
  fine: Series,
  { first, end }: { first: number; end: number },
  digits: number,
): boolean {
  if (first >= end) return false;
  const of = (series: Series, column: Prices, at: number): number => scaled(column[at]!, series.priceDigits, digits);
  let [high, low] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let at = first; at < end; at++) {
    high = Math.max(high, of(fine, fine.high, at));
    low = Math.min(low, of(fine, fine.low, at));
  }
  return (
    of(fine, fine.open, first) === of(coarse, coarse.open, row) &&
    of(fine, fine.close, end - 1) === of(coarse, coarse.close, row) &&
    high === of(coarse, coarse.high, row) &&
    low === of(coarse, coarse.low, row)
  );
}

/** @throws RunError `settings-unfit` unless both are of one pair and the coarse interval is a multiple of the finer */
export function withFiner(coarse: Series, fine: Series): Series {
  if (coarse.pair !== fine.pair || coarse.intervalMs % fine.intervalMs !== 0 || coarse.intervalMs === fine.intervalMs)
    throw new RunError(
      'settings-unfit',
      `Candles of ${fine.pair} of ${fine.intervalMs / 1000} s do not lie inside those of ${coarse.pair} of ${coarse.intervalMs / 1000} s`,
    );
  const digits = Math.max(coarse.priceDigits, fine.priceDigits);
  const starts = Array.from({ length: fine.rows }, (_, row) => timeOf(fine, row));
  const lowerBound = (time: number): number => firstAtLeast(starts, time, 0, starts.length);
  const parts: Part[] = [];
  const [stayed, replaced]: [number[], number[]] = [[], []];
  for (let row = 0; row < coarse.rows; row++) {
    const from = timeOf(coarse, row);
    const inside = { first: lowerBound(from), end: lowerBound(from + coarse.intervalMs) };
    if (makes(coarse, row, fine, inside, digits)) {
      replaced.push(from);
      for (let at = inside.first; at < inside.end; at++) parts.push({ series: fine, row: at, time: starts[at]! });
    } else {
      stayed.push(from);
      parts.push({ series: coarse, row, time: from + coarse.intervalMs - fine.intervalMs });
    }
  }
  return joined(coarse, fine, digits, parts, { coarseMs: coarse.intervalMs, stayed, replaced });
}

function joined(
  coarse: Series,
  fine: Series,
  priceDigits: number,
  parts: readonly Part[],
  blend: NonNullable<Series['blend']>,
): Series {
  const volumeDigits = Math.max(coarse.volumeDigits, fine.volumeDigits);
  const column = (name: 'open' | 'high' | 'low' | 'close' | 'volume'): Float64Array => {
    const made = new Float64Array(new SharedArrayBuffer(parts.length * 8));
    for (const [at, { series, row }] of parts.entries())
      made[at] =
        name === 'volume'
          ? scaled(series.volume[row]!, series.volumeDigits, volumeDigits)
          : scaled(series[name][row]!, series.priceDigits, priceDigits);
    return made;
  };
  const segments: Segment[] = [];
  for (const [row, { time }] of parts.entries())
    if (row === 0 || parts[row - 1]!.time + fine.intervalMs !== time) segments.push({ row, time });
  return {
    exchange: coarse.exchange,
    pair: coarse.pair,
    intervalMs: fine.intervalMs,
    priceDigits,
    volumeDigits,
    rows: parts.length,
    segments,
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close: column('close'),
    volume: column('volume'),
    blend,
  };
}
