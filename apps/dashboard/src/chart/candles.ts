/** Candles for drawing. Here, and only here, prices become floating-point numbers: they are positions on a canvas. */
import type { CandleView } from '@holdfast/contracts';
import type { CandlestickData, UTCTimestamp } from 'lightweight-charts';

export const intervals = ['1m', '5m', '15m', '1h'] as const;
export type Interval = (typeof intervals)[number];

const intervalMs: Readonly<Record<Interval, number>> = { '1m': 60_000, '5m': 300_000, '15m': 900_000, '1h': 3_600_000 };

export type Bar = CandlestickData<UTCTimestamp>;

/** Start of the interval that `at` lies in, in seconds as the chart counts. */
export const bucketOf = (at: number, interval: Interval): UTCTimestamp =>
  ((at - (at % intervalMs[interval])) / 1000) as UTCTimestamp;

export const toBar = (candle: CandleView, interval: Interval): Bar => ({
  time: bucketOf(candle.openTime, interval),
  open: Number(candle.open),
  high: Number(candle.high),
  low: Number(candle.low),
  close: Number(candle.close),
});

/**
 * The bar after a one-minute candle was formed or grew; `last` is the newest bar. Undefined when the candle is older than
 * the newest bar and changes nothing.
 */
export function extendBar(last: Bar | undefined, candle: CandleView, interval: Interval): Bar | undefined {
  const next = toBar(candle, interval);
  if (last === undefined || next.time > last.time) return next;
  if (next.time < last.time) return undefined;
  return { ...last, high: Math.max(last.high, next.high), low: Math.min(last.low, next.low), close: next.close };
}

/** The newest bar after a trade at `price`; undefined when it belongs to another interval. */
export function touchBar(last: Bar | undefined, price: string, at: number, interval: Interval): Bar | undefined {
  if (last === undefined || bucketOf(at, interval) !== last.time) return undefined;
  const close = Number(price);
  return { ...last, high: Math.max(last.high, close), low: Math.min(last.low, close), close };
}
