/** The figures of a run. Sums of money are exact; shares and ratios are floating point, null where they have no meaning. */
import type { Amount, Asset } from '@holdfast/domain';
import type { RunResult } from '../run/result.ts';
import { buyAndHold } from './buy-and-hold.ts';
import { type DealFigures, dealFigures } from './deals.ts';
import { type Distribution, distributionOf } from './distribution.ts';
import { exposureOf, positionsOf, quoteOfRun, turnoverOf } from './exposure.ts';
import { type Month, monthsOf } from './months.ts';
import {
  annualReturn,
  annualSharpe,
  annualSortino,
  calmarOf,
  everyDay,
  momentsOf,
  returnsOf,
  sharpeOf,
  toNumber,
} from './returns.ts';
import { deflatedSharpe, probabilisticSharpe, type SharpeSample } from './sharpe-tests.ts';

/** How many settings were tried before this one was shown, and how far their Sharpe ratios (of one day) lay apart. */
export interface Trials {
  readonly count: number;
  readonly variance: number;
}

export interface Metrics {
  /** Asset of all money here. */
  readonly quote: Asset;
  readonly startEquity: Amount;
  readonly endEquity: Amount;
  /** End - start: open deal included, at the last bid. */
  readonly profit: Amount;
  readonly fees: Amount;
  /** Price × quantity of all fills. */
  readonly turnover: Amount;
  /** End / start - 1. */
  readonly totalReturn: number | null;
  /** As `annualReturn`; null below a day. */
  readonly annualReturn: number | null;
  /** As `buyAndHold`. */
  readonly buyAndHold: number;
  /** Total return - buy and hold. */
  readonly aboveBuyAndHold: number | null;
  /** Largest fall from a peak, over all candle closes. */
  readonly drawdown: number;
  /** Of daily returns, annualised with √365. */
  readonly sharpe: number | null;
  readonly sortino: number | null;
  readonly calmar: number | null;
  /** Probability that the true Sharpe ratio is above 0. */
  readonly probabilisticSharpe: number | null;
  /** The same against the best of the trials by luck; null where nothing is known of trials. */
  readonly deflatedSharpe: number | null;
  readonly trials: number | null;
  /** What `deflatedSharpe` needs of this run; null when its days say nothing. */
  readonly daily: SharpeSample | null;
  /** Ms in which base was held / ms of the run. */
  readonly timeInMarket: number;
  /** As `exposureOf`. */
  readonly exposure: number;
  readonly exposureMost: number;
  /** Fees / (realised profit + fees): what of the gains before fees went to the exchange; null when there was no gain. */
  readonly feesShare: number | null;
  /** Fees / turnover. */
  readonly feesOfTurnover: number | null;
  readonly deals: DealFigures;
  readonly distribution: Distribution;
  readonly months: readonly Month[];
}

/** Share of two amounts; null unless the lower one is above 0. */
const share = (part: bigint, whole: bigint): number | null =>
  whole > 0n ? toNumber(part as Amount) / toNumber(whole as Amount) : null;

export function metricsOf(result: RunResult, trials: Trials | null = null): Metrics {
  const [start, end] = [toNumber(result.startEquity), toNumber(result.endEquity)];
  const ms = result.to - result.from;
  const returns = returnsOf(start, everyDay(start, result.from, result.daily));
  const moments = momentsOf(returns);
  const sample = moments === null ? null : { ...moments, sharpe: sharpeOf(moments) };
  const annual = annualReturn(start, end, ms);
  const held = buyAndHold(result.firstPrice, result.lastPrice, result.assumptions.takerFee);
  const total = start > 0 ? end / start - 1 : null;
  const deals = dealFigures(result.deals);
  const turnover = turnoverOf(result.fills);
  const { fills, report, startEquity, from, to, margin } = result;
  const exposure =
    margin === undefined
      ? exposureOf(fills, report.holdings, startEquity, from, to)
      : positionsOf(fills, startEquity, from, margin.liquidation?.at ?? to);
  const sold = result.deals.filter((deal) => deal.sold > 0n);
  return {
    quote: quoteOfRun(result.pairs),
    startEquity: result.startEquity,
    endEquity: result.endEquity,
    profit: (result.endEquity - result.startEquity) as Amount,
    fees: result.fees,
    turnover,
    totalReturn: total,
    annualReturn: annual,
    buyAndHold: held,
    aboveBuyAndHold: total === null ? null : total - held,
    drawdown: result.drawdown.most,
    sharpe: moments === null ? null : annualSharpe(moments),
    sortino: moments === null ? null : annualSortino(returns),
    calmar: calmarOf(annual, result.drawdown.most),
    probabilisticSharpe: sample === null ? null : probabilisticSharpe(sample),
    deflatedSharpe: sample === null || trials === null ? null : deflatedSharpe(sample, trials.count, trials.variance),
    trials: trials?.count ?? null,
    daily: sample === null ? null : sampleOf(sample),
    timeInMarket: ms > 0 ? result.heldMs / ms : 0,
    exposure: exposure.mean,
    exposureMost: exposure.most,
    feesShare: share(result.fees, deals.realised + result.fees),
    feesOfTurnover: share(result.fees, turnover),
    deals,
    distribution: distributionOf(sold.map(({ profit }) => profit)),
    months: monthsOf(result.startEquity, result.daily, result.deals),
  };
}

const sampleOf = ({ sharpe, count, skewness, kurtosis }: SharpeSample): SharpeSample => ({ sharpe, count, skewness, kurtosis });
