/** What a reader must know before the figures. The run's own warnings come first. */

import { formatAmount } from '@holdfast/domain';
import { fundingHoles } from '../data/funding.ts';
import type { Series } from '../data/series.ts';
import { intervalName } from '../data/series.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { dayMs } from '../metrics/returns.ts';
import type { RunResult } from '../run/result.ts';
import type { OtherPath } from './document.ts';
import { count, money, percent, placesOf, plain, timeText } from './words.ts';

/** Share of the profit by which the two paths may differ before finer data is asked for. */
export const pathsMayDiffer = 0.1;
const fewDeals = 30;
const shortDays = 60;
const missingShare = 0.01;

export function warningsOf(result: RunResult, metrics: Metrics, other: OtherPath | null, series: Series): readonly string[] {
  const days = (result.to - result.from) / dayMs;
  const ending = result.endEquity - result.startEquity;
  const openLoss = ending - metrics.deals.realised;
  const checks: readonly (readonly [boolean, () => string])[] = [
    [
      other !== null && (other.differs === null ? other.profit !== '0' : other.differs > pathsMayDiffer),
      () =>
        `The order of high and low inside candles decides this result: on the ${other!.path} path the profit is ${money(other!.profit, placesOf(metrics.quote))} ${metrics.quote}${other!.differs === null ? '' : `, ${percent(other!.differs, 0)} away`}. Candles finer than ${intervalName(series.intervalMs)} would tell which is right.`,
    ],
    [
      metrics.deals.count < fewDeals,
      () =>
        `Only ${count(metrics.deals.count, 'deal')} closed: too few to tell skill from luck (${fewDeals} is the least to look at).`,
    ],
    [
      days < shortDays,
      () => `The run covers ${plain(days, 1)} days: one kind of market, not several. Figures a year are extrapolated.`,
    ],
    [
      result.missing > missingShare * (result.candles + result.missing),
      () => `${count(result.missing, 'candle')} of ${plain(result.candles + result.missing)} are missing.`,
    ],
    [
      openLoss < 0n && -openLoss * 10n > metrics.deals.realised && result.margin?.liquidation == null,
      () =>
        `What is still held at the end has lost ${money(formatAmount(-openLoss), placesOf(metrics.quote))} ${metrics.quote}; the closed deals made ${money(formatAmount(metrics.deals.realised), placesOf(metrics.quote))} ${metrics.quote}. Deals that closed look better than the bot is.`,
    ],
    [
      metrics.drawdown > 0 && metrics.totalReturn !== null && metrics.totalReturn < metrics.buyAndHold,
      () =>
        `Holding ${result.pairs[0]} would have given ${percent(metrics.buyAndHold)}, the bot gave ${percent(metrics.totalReturn)}.`,
    ],
  ];
  const known = new Set(result.warnings);
  const own = checks.filter(([holds]) => holds).map(([, text]) => text());
  return [...marginWarnings(result, metrics, series), ...result.warnings, ...own.filter((text) => !known.has(text))];
}

function marginWarnings(
  { margin, settings, from, to }: RunResult,
  { quote }: Metrics,
  { pair, funding }: Series,
): readonly string[] {
  if (margin === undefined) return [];
  const { liquidation, funding: paid, collateral } = margin;
  const amount = (value: bigint): string => `${money(formatAmount(value as typeof collateral), placesOf(quote))} ${quote}`;
  const holes = funding === undefined ? [] : fundingHoles(funding).filter(({ time, after }) => time > from && after < to);
  return [
    ...(liquidation === null
      ? []
      : [
          `Liquidated on ${timeText(liquidation.at)} UTC at ${formatAmount(liquidation.price)}: of ${amount(collateral)} ${amount(liquidation.left)} are left, and nothing was traded after it. Less leverage, or more collateral, would have held longer.`,
        ]),
    ...(paid.assumed === 0
      ? []
      : [
          `${count(paid.assumed, 'payment')} of funding of ${plain(paid.times)} are assumed: no rates of those times are stored. "holdfast data download --funding" brings them.`,
        ]),
    ...(holes.length === 0 ? [] : [`Rates of funding of ${pair} are missing in ${count(holes.length, 'place')} of the run.`]),
    ...((settings as { readonly feeAsset?: unknown } | null)?.feeAsset === 'base'
      ? ['The settings take fees to be in base (feeAsset), and those of a perpetual are in quote: set feeAsset=quote.']
      : []),
  ];
}
