/** What a sweep keeps of a run: numbers only, so that a hundred thousand runs are one array. Shares, not percent. */
import { everyDay, toNumber } from '../metrics/returns.ts';
import type { RunResult } from '../run/result.ts';
import type { Figures } from './formula.ts';

/** In the order of a row. */
export const figureNames = [
  'profit',
  'profitQuote',
  'annual',
  'drawdown',
  'deals',
  'wins',
  'fees',
  'timeInMarket',
  'sharpe',
  'sortino',
  'calmar',
  'fills',
  'buyAndHold',
] as const;
export type FigureName = (typeof figureNames)[number];
export const figureCount = figureNames.length;

const daysOfYear = 365;
const dayMs = 86_400_000;

/** What the figures are made from: whole runs give it, and so do runs that keep sums alone. Money in quote. */
export interface Sums {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
  readonly drawdown: number;
  readonly deals: number;
  readonly wins: number;
  readonly fees: number;
  readonly heldMs: number;
  readonly fills: number;
  readonly firstPrice: number;
  readonly lastPrice: number;
  /** Equity at the end of each UTC day (`everyDay`). */
  readonly daily: Float64Array;
}

/** Mean and deviation of daily returns; `downside` counts falls only (Sortino and Price 1994: target 0, all days in the divisor). */
function daily(start: number, values: Float64Array): { mean: number; deviation: number; downside: number } {
  let [sum, squares, falls, before] = [0, 0, 0, start];
  for (const value of values) {
    const change = before > 0 ? value / before - 1 : 0;
    sum += change;
    squares += change * change;
    if (change < 0) falls += change * change;
    before = value;
  }
  const count = values.length;
  const mean = sum / count;
  return {
    mean,
    deviation: Math.sqrt(Math.max(0, squares - count * mean * mean) / (count - 1)),
    downside: Math.sqrt(falls / count),
  };
}

/** Writes the row of a run into `row` at `at`. Ratios are of daily returns, by the root of 365 a year; no risk-free rate. */
export function writeFigures(sums: Sums, row: Float64Array, at: number): void {
  const profit = sums.start > 0 ? sums.end / sums.start - 1 : 0;
  const years = (sums.to - sums.from) / (daysOfYear * dayMs);
  const annual = years > 0 && profit > -1 ? (1 + profit) ** (1 / years) - 1 : -1;
  const { mean, deviation, downside } = daily(sums.start, sums.daily);
  const yearly = Math.sqrt(daysOfYear);
  row[at] = profit;
  row[at + 1] = sums.end - sums.start;
  row[at + 2] = annual;
  row[at + 3] = sums.drawdown;
  row[at + 4] = sums.deals;
  row[at + 5] = sums.deals === 0 ? 0 : sums.wins / sums.deals;
  row[at + 6] = sums.start > 0 ? sums.fees / sums.start : 0;
  row[at + 7] = sums.to > sums.from ? sums.heldMs / (sums.to - sums.from) : 0;
  row[at + 8] = deviation > 0 ? (mean / deviation) * yearly : 0;
  row[at + 9] = downside > 0 ? (mean / downside) * yearly : 0;
  row[at + 10] = sums.drawdown > 0 ? annual / sums.drawdown : 0;
  row[at + 11] = sums.fills;
  row[at + 12] = sums.firstPrice > 0 ? sums.lastPrice / sums.firstPrice - 1 : 0;
}

export const sumsOf = (result: RunResult): Sums => ({
  from: result.from,
  to: result.to,
  start: toNumber(result.startEquity),
  end: toNumber(result.endEquity),
  drawdown: result.drawdown.most,
  deals: result.deals.length,
  wins: result.deals.filter(({ profit }) => profit > 0n).length,
  fees: toNumber(result.fees),
  heldMs: result.heldMs,
  fills: result.fills.length,
  firstPrice: toNumber(result.firstPrice),
  lastPrice: toNumber(result.lastPrice),
  daily: everyDay(toNumber(result.startEquity), result.from, result.daily),
});

export function figuresOf(sums: Sums): Figures {
  const row = new Float64Array(figureCount);
  writeFigures(sums, row, 0);
  return readFigures(row, 0);
}

export const readFigures = (rows: Float64Array, at: number): Figures =>
  Object.fromEntries(figureNames.map((name, i) => [name, rows[at + i] as number]));
