/** What a bot, or all of them, made: by day, by pair, and how much of the time something was at stake. Amounts in one quote. */
import { type Amount, type Asset, baseOf, type EpochMs, multiply, type Pair, quoteOf, zero } from '@holdfast/domain';
import { type EquitySample, equity } from './equity.ts';
import type { FillRecord } from './fill-record.ts';
import type { Span } from './time-held.ts';

/** A deal as it is counted. `profit` null while it is open. */
export interface CountedDeal {
  readonly pair: Pair;
  readonly openedAt: EpochMs;
  /** Of its first fill: a deal may wait long for that. Null before it. */
  readonly filledAt: EpochMs | null;
  readonly closedAt: EpochMs | null;
  readonly profit: Amount | null;
  readonly fees: Amount;
  /** Whether it bought or sold anything. */
  readonly traded: boolean;
}

export interface Sums {
  readonly deals: number;
  readonly won: number;
  readonly lost: number;
  readonly profit: Amount;
  readonly fees: Amount;
}

export interface Statistics extends Sums {
  readonly best: Amount | null;
  readonly worst: Amount | null;
  /** Milliseconds that a deal was open on average, rounded down; null without one. */
  readonly meanDurationMs: number | null;
  /** Days of UTC on which a deal closed, oldest first. */
  readonly byDay: readonly (Sums & { readonly day: string })[];
  /** By name. */
  readonly byPair: readonly (Sums & { readonly pair: Pair })[];
  /** Share of the time from `from` to `until` in which something was at stake, in basis points, rounded down; null of no time. */
  readonly timeInMarketBps: number | null;
}

const none: Sums = { deals: 0, won: 0, lost: 0, profit: zero, fees: zero };

const counted = (sums: Sums, { profit, fees }: CountedDeal): Sums => ({
  deals: sums.deals + 1,
  won: sums.won + (profit !== null && profit > 0n ? 1 : 0),
  lost: sums.lost + (profit !== null && profit < 0n ? 1 : 0),
  profit: (sums.profit + (profit ?? 0n)) as Amount,
  fees: (sums.fees + fees) as Amount,
});

const dayOf = (at: EpochMs): string => new Date(at).toISOString().slice(0, 10);

/**
 * Deals that traded nothing count nowhere; an open one counts for the time in the market only. At stake is a deal from its first fill
 * until it closes, and what is `held` besides.
 */
export function statistics(deals: readonly CountedDeal[], from: EpochMs, until: EpochMs, held: readonly Span[] = []): Statistics {
  const traded = deals.filter((deal) => deal.traded);
  const closed = traded.filter((deal): deal is CountedDeal & { readonly closedAt: EpochMs } => deal.closedAt !== null);
  const profits = closed.map(({ profit }) => profit ?? zero);
  const atStake = traded.map(({ openedAt, filledAt, closedAt }): Span => ({ from: filledAt ?? openedAt, until: closedAt }));
  const durations = closed.reduce((sum, { openedAt, closedAt }) => sum + (closedAt - openedAt), 0);
  return {
    ...closed.reduce(counted, none),
    best: profits.length === 0 ? null : profits.reduce((most, each) => (each > most ? each : most)),
    worst: profits.length === 0 ? null : profits.reduce((least, each) => (each < least ? each : least)),
    meanDurationMs: closed.length === 0 ? null : Math.floor(durations / closed.length),
    byDay: grouped(closed, ({ closedAt }) => dayOf(closedAt)).map(([day, sums]) => ({ day, ...sums })),
    byPair: grouped(closed, ({ pair }) => pair).map(([pair, sums]) => ({ pair: pair as Pair, ...sums })),
    timeInMarketBps: until > from ? Math.floor((10_000 * timeOf([...atStake, ...held], from, until)) / (until - from)) : null,
  };
}

function grouped<Deal extends CountedDeal>(deals: readonly Deal[], keyOf: (deal: Deal) => string): readonly [string, Sums][] {
  const groups = new Map<string, Sums>();
  for (const deal of deals) groups.set(keyOf(deal), counted(groups.get(keyOf(deal)) ?? none, deal));
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Milliseconds in at least one of the spans. */
function timeOf(of: readonly Span[], from: EpochMs, until: EpochMs): number {
  const spans = of
    .map((span) => [Math.max(span.from, from), Math.min(span.until ?? until, until)] as const)
    .filter(([start, end]) => end > start)
    .sort(([a], [b]) => a - b);
  let [open, reached] = [0, from as number];
  for (const [start, end] of spans) {
    if (end <= reached) continue;
    open += end - Math.max(start, reached);
    reached = end;
  }
  return open;
}

export interface PriceSample {
  readonly at: EpochMs;
  readonly pair: Pair;
  /** In the pair's quote. */
  readonly price: Amount;
}

/**
 * What the funds of a bot were worth in `quote` at each price that was heard, from what it was given and its fills. Fees in a third
 * asset are not in it; times at which a price of something held is not known yet are left out.
 * `fills` and `prices` oldest first; a fill is a price too. Prices of one time are heard before the value of that time is told. The value
 * at `from` is told where it needs no price.
 */
export function valueOverTime(
  given: Iterable<{ readonly asset: Asset; readonly amount: Amount }>,
  quote: Asset,
  fills: readonly FillRecord[],
  prices: readonly PriceSample[],
  from: EpochMs,
): readonly EquitySample[] {
  const held = new Map<Asset, bigint>([...given].map(({ asset, amount }) => [asset, amount]));
  const last = new Map<Asset, Amount>();
  const curve: EquitySample[] = [];
  const put = (asset: Asset, change: bigint): void => void held.set(asset, (held.get(asset) ?? 0n) + change);
  const sample = (at: EpochMs): void => {
    const holdings = [...held].map(([asset, amount]) => ({ asset, amount: (amount > 0n ? amount : 0n) as Amount }));
    const value = equity(holdings, quote, (asset) => last.get(asset) ?? null);
    if (value !== null) curve.push({ at, value });
  };
  const hear = ({ at, pair, price }: PriceSample, after?: PriceSample): void => {
    if (quoteOf(pair) === quote) last.set(baseOf(pair), price);
    if (after?.at !== at) sample(at);
  };
  let next = 0;
  sample(from);
  for (const fill of fills) {
    for (let heard = prices[next]; heard !== undefined && heard.at <= fill.at; heard = prices[next]) hear(heard, prices[++next]);
    const bought = fill.side === 'buy';
    put(baseOf(fill.pair), bought ? fill.quantity : -fill.quantity);
    const value = multiply(fill.price, fill.quantity, bought ? 'up' : 'down');
    put(quoteOf(fill.pair), bought ? -value : value);
    if (held.has(fill.feeAsset)) put(fill.feeAsset, -fill.fee);
    hear(fill);
  }
  for (let heard = prices[next]; heard !== undefined; heard = prices[next]) hear(heard, prices[++next]);
  return curve;
}
