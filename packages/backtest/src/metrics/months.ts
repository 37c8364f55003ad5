/** The run by months of UTC. */
import type { Amount, ClosedDeal } from '@holdfast/domain';
import { type Daily, toNumber } from './returns.ts';

export interface Month {
  /** "2025-03" */
  readonly month: string;
  /** Equity at its last close against that of the month before, or against the start; null while equity was not above 0. */
  readonly return: number | null;
  /** Profit of the deals that closed in it, quote, exact. */
  readonly realised: Amount;
  readonly deals: number;
  /** Largest fall within it, over daily values. */
  readonly drawdown: number;
}

const monthOf = (time: number): string => new Date(time).toISOString().slice(0, 7);

/** One row for each month that has a daily value, oldest first. A day that closes at midnight belongs to what it closes. */
export function monthsOf(startEquity: Amount, daily: Daily, deals: readonly ClosedDeal[]): readonly Month[] {
  const closed = Map.groupBy(deals, ({ closedAt }) => monthOf(closedAt));
  const rows: Month[] = [];
  let [before, peak, most] = [toNumber(startEquity), toNumber(startEquity), 0];
  for (let at = 0; at < daily.times.length; at += 1) {
    const [month, value] = [monthOf(daily.times[at]! - 1), daily.values[at]!];
    peak = Math.max(peak, value);
    if (peak > 0) most = Math.max(most, (peak - value) / peak);
    const next = daily.times[at + 1];
    if (next !== undefined && monthOf(next - 1) === month) continue;
    const ended = closed.get(month) ?? [];
    rows.push({
      month,
      return: before > 0 ? value / before - 1 : null,
      realised: ended.reduce((sum, { profit }) => sum + profit, 0n) as Amount,
      deals: ended.length,
      drawdown: most,
    });
    [before, peak, most] = [value, value, 0];
  }
  return rows;
}
