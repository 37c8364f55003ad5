/**
 * The path of prices inside candles: four ticks a candle, at its open, at 1/4 and 1/2 of it and 1 ms before its end, each with
 * a quarter of the volume. A place on it is `row * 4 + step`. The published path is that of the simulated exchange: close >= open
 * goes open, low, high, close, else open, high, low, close. On the adverse path who runs the bot says what comes first.
 */
import { timeOf } from '../data/series.ts';
import type { Columns } from './columns.ts';

export const stepsPerCandle = 4;

/** Whether the published path goes to the low before the high. */
export const isLowFirst = (columns: Columns, row: number): boolean => columns.close[row]! >= columns.open[row]!;

/** Price at a place, in ticks. */
export function priceAt(columns: Columns, place: number, lowFirst: boolean): number {
  const row = place >>> 2;
  const step = place & 3;
  if (step === 0) return columns.open[row]!;
  if (step === 3) return columns.close[row]!;
  return (step === 1) === lowFirst ? columns.low[row]! : columns.high[row]!;
}

/** Volume at a place, in lots; the last step takes what does not divide. */
export function volumeAt(columns: Columns, place: number): number {
  const volume = columns.volume[place >>> 2]!;
  const part = Math.floor(volume / stepsPerCandle);
  return (place & 3) === 3 ? volume - 3 * part : part;
}

/** Ms from the open of a candle to one of its steps. */
export const delayOf = (intervalMs: number, step: number): number =>
  step === 3 ? intervalMs - 1 : Math.floor((intervalMs * step) / stepsPerCandle);

/** Time of a place, unix ms. */
export const timeAt = (columns: Columns, place: number): number =>
  timeOf(columns, place >>> 2) + delayOf(columns.intervalMs, place & 3);

/** First place at `time` or later; `rows * 4` when there is none. */
export function placeAt(columns: Columns, time: number): number {
  const { segments, rows, intervalMs } = columns;
  let low = 0;
  let high = segments.length - 1;
  if (high < 0 || time <= segments[0]!.time) return 0;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (segments[middle]!.time <= time) low = middle;
    else high = middle - 1;
  }
  const segment = segments[low]!;
  const end = segments[low + 1]?.row ?? rows;
  const row = segment.row + Math.floor((time - segment.time) / intervalMs);
  if (row >= end) return end * stepsPerCandle;
  const rest = time - segment.time - (row - segment.row) * intervalMs;
  for (let step = 0; step < stepsPerCandle; step++) if (delayOf(intervalMs, step) >= rest) return row * stepsPerCandle + step;
  return Math.min(row + 1, rows) * stepsPerCandle;
}
