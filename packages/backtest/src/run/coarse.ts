/** Whether candles are too coarse for the distances that a bot trades at. */
import { formatAmount, priceAmount, type Ticks } from '@holdfast/domain';
import { intervalName } from '../data/series.ts';
import type { Columns } from './columns.ts';

const sampledMost = 4096;

/** Median of high - low over the rows, in ticks; of evenly spaced ones where there are many. */
export function medianRange({ high, low }: Pick<Columns, 'high' | 'low'>, from: number, to: number): number {
  const stride = Math.max(1, Math.floor((to - from) / sampledMost));
  const ranges = new Float64Array(Math.ceil((to - from) / stride));
  for (let at = 0; at < ranges.length; at++) ranges[at] = high[from + at * stride]! - low[from + at * stride]!;
  return ranges.sort()[ranges.length >> 1] ?? 0;
}

/** A sentence when levels lie closer together (ticks) than half of the candles are long; null when they do not. */
export function coarseness(columns: Columns, from: number, to: number, distance: number): string | null {
  const range = medianRange(columns, from, to);
  if (distance >= range) return null;
  const say = (ticks: number): string => formatAmount(priceAmount(ticks as Ticks, columns.rules));
  return `Levels lie ${say(distance)} apart and the median candle of ${intervalName(columns.intervalMs)} is ${say(range)} long: several fill in one candle in an order that is not known. Use finer candles.`;
}
