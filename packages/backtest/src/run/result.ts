/** What a backtest is asked and what it answers. Money is exact; only figures for people (shares, ratios) are floating point. */
import type {
  Amount,
  Asset,
  BotCommand,
  BotId,
  BotReport,
  ClientOrderId,
  ClosedDeal,
  EpochMs,
  OrderKind,
  Pair,
  PairRules,
  Side,
  Signal,
} from '@holdfast/domain';
import type { AnyBotKind } from '@holdfast/runtime';
import type { Series } from '../data/series.ts';
import type { FundingSum, Liquidation } from './margin.ts';
import type { Perpetual } from './perpetual.ts';

/** Fees from a turnover on. */
export interface FeeTier {
  /** Quote that the run traded in the 30 days before a fill, at least. */
  readonly from: Amount;
  /** Shares of 1 in 10^-18. */
  readonly makerFee: Amount;
  readonly takerFee: Amount;
}

/** How far from the average price an order may lie: times it, in 10^-18. */
export interface PriceBand {
  readonly up: Amount;
  readonly down: Amount;
}

/** Everything that a run takes for granted; each is printed in its report. */
export interface Assumptions {
  /** `published`: close >= open goes open, low, high, close, else open, high, low, close. `adverse`: the worse extreme for what rests first. */
  readonly path: 'published' | 'adverse';
  /** A resting order fills when its price is touched; only when the price goes through it; or when as much as stood ahead has traded there. */
  readonly fill: 'touch' | 'through' | 'queue';
  /** What a resting order gets when a candle opens beyond it: its own price, or the open. `own` when left out. */
  readonly gaps?: 'own' | 'open';
  /**
   * Where a stop takes: `path` at the point of the path that set it off, which may be the extreme of the candle; `trigger` at its
   * trigger, after a gap at the open. `path` when left out.
   */
  readonly stops?: 'path' | 'trigger';
  /** Ticks between bid (the price of the candle) and ask. */
  readonly spreadTicks: number;
  /** Shares of 1 in 10^-18: 0.001 is 0.1 %. */
  readonly makerFee: Amount;
  readonly takerFee: Amount;
  /** Fees that take their place as more is traded, lowest first. None when left out. */
  readonly feeTiers?: readonly FeeTier[];
  /** Asset that fees are taken in: what is received (base of a buy, quote of a sale) or quote alone. */
  readonly feeIn: 'received' | 'quote';
  /** Ticks that a taking order and a triggered stop get worse than the touch. */
  readonly slippageTicks: number;
  /** Share of a candle's volume that the run's orders may fill, 0 to 1; each of the four path points gives a quarter. Null: no limit. */
  readonly volumeShare: number | null;
  /** Time from a decision to its order at the exchange, ms. */
  readonly latencyMs: number;
  /**
   * How much there is to take. `house`: quotes of the sizes that the simulated exchange shows on a tape, each level a little worse;
   * `best`: any quantity at the best price. `house` when left out.
   */
  readonly depth?: 'house' | 'best';
  /** Mean lots of one of the house's quotes, by pair; what the candles' volumes give when left out. */
  readonly levelLots?: Readonly<Record<Pair, number>>;
  /** The filter PERCENT_PRICE_BY_SIDE, for both sides; null: none. 5 and 0.2 when left out, as on the simulated exchange. */
  readonly priceBand?: PriceBand | null;
  /** Largest order in quote; 9,000,000 when left out, as there. */
  readonly maxNotional?: Amount;
  /** Most base that may be held, open buys counted; no limit when left out. */
  readonly maxPosition?: Amount;
  /** Seed of the house's sizes; 1 when left out, as on the simulated exchange. */
  readonly seed?: number;
  /** Positions on collateral in place of coins. Spot when left out. */
  readonly perpetual?: Perpetual;
}

/** What comes to the bot from outside: a message, or what a person asks of it; each on one pair, or on all. */
export type Outside = { readonly at: EpochMs } & (
  | { readonly kind: 'signal'; readonly signal: Signal; readonly pair?: Pair }
  | { readonly kind: 'command'; readonly command: BotCommand; readonly pair?: Pair; readonly deal?: number }
);

/** One bot over one stretch of candles. */
export interface RunRequest {
  /** Name of a kind as in packages/bots: `dca`, `grid`, … */
  readonly kind: string;
  /** A strategy of one's own in place of a listed kind; made over the candles of the run, so that what it computes ahead is cut with them. */
  readonly own?: (series: ReadonlyMap<Pair, Series>) => AnyBotKind;
  /** Checked settings as stored (contracts/bot-settings). */
  readonly settings: unknown;
  /** Candles of each pair that the bot trades; the finest that there are. */
  readonly series: ReadonlyMap<Pair, Series>;
  readonly rules: ReadonlyMap<Pair, PairRules>;
  /** First and last moment, unix ms; candles before `from` only warm indicators up. */
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** What the bot is given, on perpetuals its collateral; null: what its settings need at the first price. */
  readonly funds: Readonly<Record<string, Amount>> | null;
  readonly assumptions: Assumptions;
  /** In the order of time; each comes after everything else of its time. What is earlier than the first candle is left out. */
  readonly outside?: readonly Outside[];
  /** `jump` skips to what can happen next, `step` looks at every candle; both give the same result. */
  readonly driver: 'jump' | 'step';
  /** Whether the result lists all orders; no when left out. */
  readonly keepsOrders?: boolean;
  /** Id of the bot, the first part of its client order ids; `backtest` when left out. */
  readonly bot?: BotId;
}

/** A fill; parity of two runs means that all of these are equal, in order. */
export interface RunFill {
  readonly clientOrderId: ClientOrderId;
  readonly pair: Pair;
  readonly side: Side;
  /** Quote per base. */
  readonly price: Amount;
  /** Base. */
  readonly quantity: Amount;
  /** Whether nothing of the order was left open. */
  readonly complete: boolean;
  readonly fee: Amount;
  readonly feeAsset: Asset;
  readonly maker: boolean;
  readonly at: EpochMs;
}

/** An order as it was at the end; the words are those of the engine. */
export interface RunOrder {
  readonly clientOrderId: ClientOrderId;
  readonly pair: Pair;
  readonly side: Side;
  readonly kind: OrderKind;
  /** Quote per base. */
  readonly limit: Amount;
  /** Base. */
  readonly quantity: Amount;
  readonly filled: Amount;
  readonly status: 'planned' | 'resting' | 'partly-filled' | 'filled' | 'cancelled' | 'rejected';
  readonly plannedAt: EpochMs;
}

export interface Drawdown {
  /** Largest fall of equity from its highest value so far, as a share of that value; exact over all candle closes. */
  readonly most: number;
  /** The same in quote. */
  readonly quote: number;
  /** Close times of the highest value and of the lowest after it. */
  readonly from: EpochMs;
  readonly to: EpochMs;
}

export interface MarginResult {
  readonly collateral: Amount;
  readonly funding: FundingSum;
  /** Null: it was never liquidated. */
  readonly liquidation: Liquidation | null;
}

export interface RunResult {
  readonly kind: string;
  readonly settings: unknown;
  readonly pairs: readonly Pair[];
  readonly intervalMs: number;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly candles: number;
  /** Candles that are missing inside the stretch. */
  readonly missing: number;
  readonly fills: readonly RunFill[];
  readonly deals: readonly ClosedDeal[];
  readonly ordersPlaced: number;
  /** All orders in the order in which they were planned, where the request asks for them. */
  readonly orders?: readonly RunOrder[];
  /** Refusals and rejections by code. */
  readonly refused: Readonly<Record<string, number>>;
  /** Value in quote of what the bot had at its first price and has at the last; base at the bid, fees of selling not taken off. */
  readonly startEquity: Amount;
  readonly endEquity: Amount;
  readonly fees: Amount;
  /** Of a run on perpetuals, whose equity is that of the margin account. */
  readonly margin?: MarginResult;
  /** Equity at the last close of each UTC day, as times (unix ms) and quote. */
  readonly daily: { readonly times: Float64Array; readonly values: Float64Array };
  readonly drawdown: Drawdown;
  /** Ms in which the bot held base, or a position. */
  readonly heldMs: number;
  /** First and last price of the first pair, quote: what buy-and-hold compares with. */
  readonly firstPrice: Amount;
  readonly lastPrice: Amount;
  readonly report: BotReport;
  readonly assumptions: Assumptions;
  /** Sentences that a reader must see: rules that were not met, data too coarse, a bot that stopped. */
  readonly warnings: readonly string[];
  /** SHA-256, hex, over fills and sums: two runs that agree have the same. */
  readonly hash: string;
}
