/**
 * Conditions of indicators over a whole series: the rows at whose close each holds, made once per columns and condition and
 * searched from then on. A candle longer than a minute goes in as its last minute, one that is shorter is put into minutes.
 */
import { type Bar, ConditionFollower, readCondition, timeframeMs } from '@holdfast/indicators';
import { timeOf } from '../data/series.ts';
import type { Columns } from './columns.ts';
import { RunError } from './run-error.ts';

const minuteMs = 60_000;

/** A signal that conditions may wait for, by the name that they have for it. */
export interface ConditionSignal {
  readonly name: string;
  /** Unix ms. */
  readonly at: number;
}

/** In the order of time; one array for a whole run. */
export type ConditionSignals = readonly ConditionSignal[];

interface Held {
  readonly rows: Int32Array;
  /** Signals with which it held as they came. */
  readonly with: ReadonlySet<ConditionSignal>;
}

const noSignals: ConditionSignals = [];
/** By closes and signals. */
const known = new WeakMap<object, WeakMap<ConditionSignals, Map<string, Held>>>();

function heldOf(columns: Columns, condition: string, signals: ConditionSignals): Held {
  // What waits for no signal is the same in every run.
  const heard = condition.includes('"kind":"signal"') ? signals : noSignals;
  const byColumns = known.get(columns.close) ?? new WeakMap<ConditionSignals, Map<string, Held>>();
  known.set(columns.close, byColumns);
  const made = byColumns.get(heard) ?? new Map<string, Held>();
  byColumns.set(heard, made);
  const found = made.get(condition);
  if (found !== undefined) return found;
  const held = follow(columns, condition, heard);
  made.set(condition, held);
  return held;
}

/** Rows at whose close the condition holds, rising. @throws RunError `series-missing` when candles are longer than its time frames */
export const rowsWhere = (columns: Columns, condition: string, signals: ConditionSignals = noSignals): Int32Array =>
  heldOf(columns, condition, signals).rows;

/** Whether the condition holds as a signal comes, by the candles that are closed then. */
export const holdsWith = (columns: Columns, condition: string, signals: ConditionSignals, signal: ConditionSignal): boolean =>
  heldOf(columns, condition, signals).with.has(signal);

/** The first of `rows` at or after `row`; Infinity when there is none. */
export function nextOf(rows: Int32Array, row: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]! < row) low = middle + 1;
    else high = middle;
  }
  return rows[low] ?? Number.POSITIVE_INFINITY;
}

export const holdsAt = (rows: Int32Array, row: number): boolean => nextOf(rows, row) === row;

function follow(columns: Columns, condition: string, signals: ConditionSignals): Held {
  const follower = new ConditionFollower(readCondition(condition));
  const { coarsestMs } = columns;
  const shortest = follower.timeframes[0];
  if (shortest !== undefined && timeframeMs(shortest) < coarsestMs)
    throw new RunError(
      'series-missing',
      `A condition looks at candles of ${shortest} and those of ${columns.pair} are ${coarsestMs / minuteMs} minutes long: give finer candles`,
    );
  const found: number[] = [];
  const held = new Set<ConditionSignal>();
  let heard = 0;
  // A signal of the very close comes after it.
  const hearBefore = (time: number): void => {
    for (let signal = signals[heard]; signal !== undefined && signal.at < time; signal = signals[++heard]) {
      follower.signal(signal.name, signal.at);
      if (follower.truth(signal.at) === true) held.add(signal);
    }
  };
  for (const { bar, row } of minutesOf(columns)) {
    const close = bar.time + minuteMs;
    hearBefore(close);
    if (follower.push(bar) && follower.truth(close) === true) found.push(row);
  }
  hearBefore(Number.POSITIVE_INFINITY);
  return { rows: Int32Array.from(found), with: held };
}

/** The candles as minutes, each with the row that completes it. */
function* minutesOf(columns: Columns): Generator<{ readonly bar: Bar; readonly row: number }> {
  const { rows, intervalMs } = columns;
  const shift = Math.max(intervalMs - minuteMs, 0);
  const [price, lots] = [scaleOf(columns.rules.tick), scaleOf(columns.rules.lot)];
  let open: Bar | undefined;
  for (let row = 0; row < rows; row++) {
    const bar = barOf(columns, row, price, lots);
    if (intervalMs >= minuteMs) {
      bar.time += shift;
      yield { bar, row };
      continue;
    }
    const minute = Math.floor(bar.time / minuteMs) * minuteMs;
    if (open !== undefined && open.time !== minute) yield { bar: open, row: row - 1 };
    if (open === undefined || open.time !== minute) open = { ...bar, time: minute };
    else {
      open.high = Math.max(open.high, bar.high);
      open.low = Math.min(open.low, bar.low);
      open.close = bar.close;
      open.volume += bar.volume;
    }
  }
}

/** Indicators compute in floating point; nothing that is traded does. */
function barOf(columns: Columns, row: number, price: Scale, lots: Scale): Bar {
  const number = (value: number, { times, over }: Scale): number => (value * times) / over;
  return {
    time: timeOf(columns, row),
    open: number(columns.open[row]!, price),
    high: number(columns.high[row]!, price),
    low: number(columns.low[row]!, price),
    close: number(columns.close[row]!, price),
    volume: number(columns.volume[row]!, lots),
  };
}

interface Scale {
  readonly times: number;
  readonly over: number;
}

/** A step as a whole number over a power of ten: a whole number divided by it is the double nearest to the decimal. */
function scaleOf(step: bigint): Scale {
  let [times, zeros] = [step, 0];
  while (times % 10n === 0n && zeros < 18) {
    times /= 10n;
    zeros++;
  }
  return { times: Number(times), over: 10 ** (18 - zeros) };
}
