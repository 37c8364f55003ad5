/** Ratios made from returns per period. Floating point: these are for people and for comparing, never traded on. */
import { type Amount, scaleDigits } from '@holdfast/domain';

export const dayMs = 86_400_000;
/** A market that never closes. */
export const daysPerYear = 365;
const yearMs = daysPerYear * dayMs;
const scale = 10 ** scaleDigits;

/** An amount as the nearest number; for ratios only. */
export const toNumber = (value: Amount): number => Number(value) / scale;

export interface Daily {
  /** Of the last close of each UTC day that has one, rising, unix ms; a close at midnight belongs to the day that ends. */
  readonly times: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/**
 * A value for every UTC day from that of `from` (unix ms) to that of the last close. A day without a close keeps the value of the
 * day before, so that weeks of candles or holes in them do not count as days.
 */
export function everyDay(start: number, from: number, { times, values }: Daily): Float64Array {
  const first = Math.floor(from / dayMs);
  const count = times.length;
  if (count === 0) return new Float64Array(0);
  const all = new Float64Array(Math.max(count, Math.ceil(times[count - 1]! / dayMs) - first));
  let next = 0;
  for (let at = 0; at < count; at += 1) {
    const day = Math.max(next, Math.ceil(times[at]! / dayMs) - 1 - first);
    all.fill(next === 0 ? start : all[next - 1]!, next, day);
    all[day] = values[at]!;
    next = day + 1;
  }
  return all;
}

/** r_i = v_i / v_(i-1) - 1, the first against `start`. A value that is not above 0 ends the list: nothing can be earned on it. */
export function returnsOf(start: number, values: ArrayLike<number>): Float64Array {
  const returns = new Float64Array(values.length);
  let before = start;
  for (let at = 0; at < values.length; at += 1) {
    if (!(before > 0)) return returns.slice(0, at);
    const value = values[at]!;
    returns[at] = value / before - 1;
    before = value;
  }
  return returns;
}

export interface Moments {
  readonly count: number;
  readonly mean: number;
  /** Of the sample, divided by count - 1. */
  readonly deviation: number;
  /** Third and fourth standardised moments of the population; a normal distribution has 0 and 3. */
  readonly skewness: number;
  readonly kurtosis: number;
}

/** Null below two values, or when they are all the same. */
export function momentsOf(values: ArrayLike<number>): Moments | null {
  const count = values.length;
  if (count < 2) return null;
  let sum = 0;
  for (let at = 0; at < count; at += 1) sum += values[at]!;
  const mean = sum / count;
  let [second, third, fourth] = [0, 0, 0];
  for (let at = 0; at < count; at += 1) {
    const off = values[at]! - mean;
    const square = off * off;
    second += square;
    third += square * off;
    fourth += square * square;
  }
  const variance = second / count;
  // Equal values leave what rounding leaves, not zero.
  if (!(Math.sqrt(variance) > Math.abs(mean) * 1e-12)) return null;
  return {
    count,
    mean,
    deviation: Math.sqrt(second / (count - 1)),
    skewness: third / count / variance ** 1.5,
    kurtosis: fourth / count / variance ** 2,
  };
}

/** Mean over deviation of one period, not annualised, without a risk-free rate. Source: W. F. Sharpe, "The Sharpe Ratio", 1994. */
export const sharpeOf = ({ mean, deviation }: Pick<Moments, 'mean' | 'deviation'>): number => mean / deviation;

/** sharpeOf × √periods a year. Assumes that returns of different periods do not depend on each other. */
export const annualSharpe = (moments: Moments, periodsPerYear = daysPerYear): number =>
  sharpeOf(moments) * Math.sqrt(periodsPerYear);

/**
 * mean / √(Σ min(r, 0)² / n) × √periods a year; the target return is 0 and n counts all periods. Null without a loss.
 * Source: F. A. Sortino, L. N. Price, "Performance Measurement in a Downside Risk Framework", 1994.
 */
export function annualSortino(returns: ArrayLike<number>, periodsPerYear = daysPerYear): number | null {
  let [sum, squares] = [0, 0];
  for (let at = 0; at < returns.length; at += 1) {
    const value = returns[at]!;
    sum += value;
    if (value < 0) squares += value * value;
  }
  if (squares === 0) return null;
  return (sum / returns.length / Math.sqrt(squares / returns.length)) * Math.sqrt(periodsPerYear);
}

/** (end / start)^(365 days / time) - 1. Null when the time is below a day: what it would say of a year is noise. */
export function annualReturn(start: number, end: number, ms: number): number | null {
  if (!(start > 0) || ms < dayMs) return null;
  return end <= 0 ? -1 : (end / start) ** (yearMs / ms) - 1;
}

/** Annual return / largest drawdown. Null without either. Source: T. W. Young, "Calmar Ratio: A Smoother Tool", Futures, 1991. */
export const calmarOf = (annual: number | null, drawdown: number): number | null =>
  annual === null || !(drawdown > 0) ? null : annual / drawdown;

/** Largest fall from a peak as a share of it, over a curve that begins at `start`. */
export function largestFall(start: number, values: ArrayLike<number>): number {
  let [peak, most] = [start, 0];
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at]!;
    if (value > peak) peak = value;
    else if (peak > 0 && (peak - value) / peak > most) most = (peak - value) / peak;
  }
  return most;
}
