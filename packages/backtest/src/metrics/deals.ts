/** Sums over closed deals. Sums are exact; a mean of money is cut towards zero at 10^-18; shares are floating point. */
import { type Amount, type ClosedDeal, zero } from '@holdfast/domain';
import { toNumber } from './returns.ts';

/** Deals that sold: what only bought has no result yet. */
const soldDeals = (deals: readonly ClosedDeal[]): readonly ClosedDeal[] => deals.filter(({ sold }) => sold > 0n);

export interface DealFigures {
  /** Deals with a result: those that sold. */
  readonly count: number;
  readonly won: number;
  readonly lost: number;
  /** Quote. */
  readonly grossProfit: Amount;
  /** Quote, not negative. */
  readonly grossLoss: Amount;
  readonly realised: Amount;
  /** Gross profit / gross loss; null without a loss. */
  readonly profitFactor: number | null;
  /** Won / all; null without a deal. */
  readonly winRate: number | null;
  /** Mean profit of a deal, quote. */
  readonly expectancy: Amount | null;
  readonly averageWin: Amount | null;
  /** Not negative. */
  readonly averageLoss: Amount | null;
  readonly best: Amount | null;
  readonly worst: Amount | null;
  readonly averageMs: number | null;
  readonly medianMs: number | null;
  readonly longestMs: number | null;
  readonly wonInARow: number;
  readonly lostInARow: number;
  readonly averagingOrdersFilled: number;
  /** How many ended in which way, all deals counted. */
  readonly endings: Readonly<Record<string, number>>;
}

const sum = (values: readonly Amount[]): Amount => values.reduce((total, value) => total + value, 0n) as Amount;

/** bigint division cuts towards zero. */
const mean = (total: Amount, count: number): Amount | null => (count === 0 ? null : ((total / BigInt(count)) as Amount));

export function medianOf(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function streaks(profits: readonly Amount[]): { won: number; lost: number } {
  const most = { won: 0, lost: 0 };
  let run = 0;
  for (const profit of profits) {
    run = profit > 0n ? Math.max(0, run) + 1 : profit < 0n ? Math.min(0, run) - 1 : 0;
    most.won = Math.max(most.won, run);
    most.lost = Math.max(most.lost, -run);
  }
  return most;
}

function extreme(values: readonly Amount[], better: (a: Amount, b: Amount) => boolean): Amount | null {
  let best: Amount | null = null;
  for (const value of values) if (best === null || better(value, best)) best = value;
  return best;
}

export function dealFigures(deals: readonly ClosedDeal[]): DealFigures {
  const sold = soldDeals(deals);
  const profits = sold.map(({ profit }) => profit);
  const wins = profits.filter((profit) => profit > 0n);
  const losses = profits.filter((profit) => profit < 0n);
  const [grossProfit, netLoss, realised] = [sum(wins), sum(losses), sum(profits)];
  const grossLoss = -netLoss as Amount;
  const lengths = sold.map(({ openedAt, closedAt }) => closedAt - openedAt);
  const { won, lost } = streaks(profits);
  const endings: Record<string, number> = {};
  for (const { ending } of deals) endings[ending] = (endings[ending] ?? 0) + 1;
  return {
    count: sold.length,
    won: wins.length,
    lost: losses.length,
    grossProfit,
    grossLoss,
    realised,
    profitFactor: grossLoss === zero ? null : toNumber(grossProfit) / toNumber(grossLoss),
    winRate: sold.length === 0 ? null : wins.length / sold.length,
    expectancy: mean(realised, sold.length),
    averageWin: mean(grossProfit, wins.length),
    averageLoss: mean(grossLoss, losses.length),
    best: extreme(profits, (a, b) => a > b),
    worst: extreme(profits, (a, b) => a < b),
    averageMs: lengths.length === 0 ? null : lengths.reduce((total, length) => total + length, 0) / lengths.length,
    medianMs: medianOf(lengths),
    longestMs: lengths.length === 0 ? null : lengths.reduce((most, length) => Math.max(most, length), 0),
    wonInARow: won,
    lostInARow: lost,
    averagingOrdersFilled: sold.reduce((total, deal) => total + deal.averagingOrdersFilled, 0),
    endings,
  };
}
