/**
 * A run as it is stored, sent and printed: plain JSON. Money is plain decimal text, shares and ratios are numbers (0.02 is 2 %),
 * times are unix ms UTC, absent is null. Everything a report shows is made from this alone.
 */
import { type Amount, type ClosedDeal, formatAmount, type PairRules } from '@holdfast/domain';
import type { FundingRates } from '../data/funding.ts';
import { intervalName, type Series } from '../data/series.ts';
import type { Trades } from '../data/trades.ts';
import { fallOfPrice } from '../metrics/buy-and-hold.ts';
import { type Metrics, metricsOf, type Trials } from '../metrics/metrics.ts';
import { toNumber } from '../metrics/returns.ts';
import type { DealPaths } from '../monte-carlo/deal-order.ts';
import type { StartDates } from '../monte-carlo/start-date.ts';
import type { MarginResult, RunFill, RunRequest, RunResult } from '../run/result.ts';
import { assumptionSentences } from './assumptions.ts';
import { type Bars, barsOf } from './candles.ts';
import { closeUpsOf } from './close-ups.ts';
import { warningsOf } from './warnings.ts';

export const documentFormat = 'holdfast-backtest';
export const documentVersion = 1;
/** Fills and deals that a document keeps of each; CSV files have all. */
export const rowsKept = 20_000;

/** Amounts as text, all the way down. */
export type Text<Value> = Value extends Amount
  ? string
  : Value extends string | number | boolean | null | undefined
    ? Value
    : { readonly [Key in keyof Value]: Text<Value[Key]> };

export interface DataVersion {
  readonly exchange: string;
  readonly pair: string;
  readonly interval: string;
  readonly candles: number;
  /** SHA-256 of the columns as written; null when the series did not come from a file. */
  readonly sha256: string | null;
}

export interface CloseUp extends Bars {
  readonly title: string;
  readonly deal: number;
}

/** The same run on the other path through each candle. */
export interface OtherPath {
  readonly path: 'published' | 'adverse';
  readonly profit: string;
  readonly totalReturn: number | null;
  readonly drawdown: number;
  readonly deals: number;
  /** |difference of profit| / |profit|; null when the profit is 0. */
  readonly differs: number | null;
  readonly hash: string;
}

export interface BacktestDocument {
  readonly format: typeof documentFormat;
  readonly version: typeof documentVersion;
  /** Wall clock. */
  readonly madeAt: number;
  readonly code: { readonly version: string; readonly commit: string | null };
  readonly data: readonly DataVersion[];
  readonly kind: string;
  readonly pairs: readonly string[];
  readonly intervalMs: number;
  readonly from: number;
  readonly to: number;
  readonly candles: number;
  readonly missing: number;
  readonly settings: unknown;
  /** What was given by hand; null: what the settings need. */
  readonly funds: Readonly<Record<string, string>> | null;
  readonly rules: readonly (Text<Omit<PairRules, 'pair'>> & { readonly pair: string; readonly source: string })[];
  readonly assumptions: Text<RunResult['assumptions']>;
  /** The same for people, one sentence each. */
  readonly assumed: readonly string[];
  readonly warnings: readonly string[];
  readonly metrics: Text<Metrics>;
  readonly drawdown: { readonly most: number; readonly quote: number; readonly from: number; readonly to: number };
  readonly buyAndHoldDrawdown: number;
  readonly firstPrice: string;
  readonly lastPrice: string;
  readonly ordersPlaced: number;
  readonly refused: Readonly<Record<string, number>>;
  /** Of a run on perpetuals. */
  readonly margin?: Text<MarginResult>;
  readonly otherPath: OtherPath | null;
  readonly dealPaths: DealPaths | null;
  readonly startDates: StartDates | null;
  /** Of what is random here; null when nothing was. */
  readonly seed: number | null;
  /** Unix ms and equity in quote. */
  readonly daily: readonly (readonly [time: number, value: number])[];
  readonly bars: Bars;
  readonly closeUps: readonly CloseUp[];
  readonly deals: readonly Text<ClosedDeal>[];
  readonly fills: readonly Text<RunFill>[];
  /** All there were, kept here or not. */
  readonly dealCount: number;
  readonly fillCount: number;
  readonly hash: string;
}

export interface DocumentParts {
  readonly request: RunRequest;
  readonly result: RunResult;
  readonly madeAt: number;
  readonly code: BacktestDocument['code'];
  readonly data: readonly DataVersion[];
  /** Where the rules of a pair come from, one sentence part. */
  readonly rulesFrom: ReadonlyMap<string, string>;
  /** Why the period is not the one that was asked for. */
  readonly shortened?: readonly string[];
  readonly other?: RunResult | null;
  readonly dealPaths?: DealPaths | null;
  readonly startDates?: StartDates | null;
  readonly seed?: number | null;
  readonly trials?: Trials | null;
}

const isPlain = (value: object): boolean => Object.getPrototypeOf(value) === Object.prototype;

/** Every bigint as the plain decimal of an amount. */
export function textOf<Value>(value: Value): Text<Value> {
  if (typeof value === 'bigint') return formatAmount(value) as Text<Value>;
  if (Array.isArray(value)) return value.map((each) => textOf(each)) as Text<Value>;
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value as Text<Value>;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, textOf(each)])) as Text<Value>;
}

/** Bars of the whole run. */
const barsMost = 420;

export function otherPathOf(result: RunResult, other: RunResult): OtherPath {
  const [profit, profitOther] = [result.endEquity - result.startEquity, other.endEquity - other.startEquity];
  const apart = profit > profitOther ? profit - profitOther : profitOther - profit;
  const size = profit < 0n ? -profit : profit;
  const start = toNumber(other.startEquity);
  return {
    path: other.assumptions.path,
    profit: formatAmount(profitOther),
    totalReturn: start > 0 ? toNumber(other.endEquity) / start - 1 : null,
    drawdown: other.drawdown.most,
    deals: other.deals.length,
    differs: size === 0n ? null : toNumber(apart as Amount) / toNumber(size as Amount),
    hash: other.hash,
  };
}

export const dataVersion = (series: Series, sha256: string | null): DataVersion => ({
  exchange: series.exchange,
  pair: series.pair,
  interval: intervalName(series.intervalMs),
  candles: series.rows,
  sha256,
});

/** Of trades the interval is `trades`, and `candles` says how many. */
export const tradesVersion = ({ exchange, pair, rows }: Trades, sha256: string): DataVersion => ({
  exchange,
  pair,
  interval: 'trades',
  candles: rows,
  sha256,
});

/** Of funding the interval is `funding`, and `candles` says how many payments. */
export const fundingVersion = ({ exchange, pair, rows }: FundingRates, sha256: string): DataVersion => ({
  exchange,
  pair,
  interval: 'funding',
  candles: rows,
  sha256,
});

export function documentOf(parts: DocumentParts): BacktestDocument {
  const { request, result } = parts;
  const metrics = metricsOf(result, parts.trials ?? null);
  const other = parts.other == null ? null : otherPathOf(result, parts.other);
  const series = request.series.get(result.pairs[0]!)!;
  return {
    format: documentFormat,
    version: documentVersion,
    madeAt: parts.madeAt,
    code: parts.code,
    data: parts.data,
    kind: result.kind,
    pairs: result.pairs,
    intervalMs: result.intervalMs,
    from: result.from,
    to: result.to,
    candles: result.candles,
    missing: result.missing,
    settings: result.settings,
    funds: request.funds === null ? null : textOf(request.funds),
    rules: [...request.rules].map(([pair, rules]) => ({ ...textOf(rules), pair, source: parts.rulesFrom.get(pair) ?? 'given' })),
    assumptions: textOf(result.assumptions),
    assumed: assumptionSentences(request, result),
    warnings: [...(parts.shortened ?? []), ...warningsOf(result, metrics, other, series)],
    metrics: textOf(metrics),
    drawdown: result.drawdown,
    buyAndHoldDrawdown: fallOfPrice(series, result.from, result.to),
    firstPrice: formatAmount(result.firstPrice),
    lastPrice: formatAmount(result.lastPrice),
    ordersPlaced: result.ordersPlaced,
    refused: result.refused,
    ...(result.margin === undefined ? {} : { margin: textOf(result.margin) }),
    otherPath: other,
    dealPaths: parts.dealPaths ?? null,
    startDates: parts.startDates ?? null,
    seed: parts.seed ?? null,
    daily: Array.from(result.daily.times, (time, at) => [time, result.daily.values[at]!] as const),
    bars: barsOf(series, result.from, result.to, barsMost),
    closeUps: closeUpsOf(series, result),
    deals: result.deals.slice(0, rowsKept).map(textOf),
    fills: result.fills.slice(0, rowsKept).map(textOf),
    dealCount: result.deals.length,
    fillCount: result.fills.length,
    hash: result.hash,
  };
}
