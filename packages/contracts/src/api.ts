/**
 * What crosses the server's API, as schemas; the types are read off them. Both the server and its callers import these.
 *   - Amounts, prices and quantities are plain decimal strings ("0.015"); they may be negative where a loss can be.
 *   - Times are unix milliseconds of the exchange's clock, unless said otherwise.
 *   - Absent is `null`, never 0 and never left out.
 */
import { z } from 'zod';
import { assetName, botId, decimal, pairName, side, time, typedFunds, typedPair } from './api-values.ts';
import { vaultStatus, verdict } from './api-vault.ts';

/** An answer that is not 2xx. `field` names what was wrong in the request, as a path with dots. */
export const apiError = z.strictObject({
  error: z.strictObject({ code: z.string(), reason: z.string(), field: z.string().optional() }),
});
export type ApiError = z.infer<typeof apiError>;

// Status

export const clock = z.object({
  /** Time of the exchange; null while it cannot be reached. */
  now: time.nullable(),
  /** Times real time, or `max`; null when the exchange runs on real time. */
  speed: z.union([z.number(), z.literal('max')]).nullable(),
  /** Name of the recorded tape; null for the synthetic market. */
  tape: z.string().nullable(),
  /** Whether the tape is at its end. */
  ended: z.boolean(),
  /** Name of a real exchange, whose time is that of the machine's clock; left out for a simulated one. */
  real: z.string().optional(),
});
export type Clock = z.infer<typeof clock>;

export const processStatus = z.object({
  /** `warden`, `signer`, `gate`, `egress`, `exchange`, `engine` or `server`. */
  name: z.string(),
  pid: z.int().nullable(),
  /** `running`, `starting`, `restarting`, `stopped` or `failed`. */
  state: z.string(),
  /** Resident memory; null when it cannot be read. */
  rssBytes: z.int().nullable(),
  /** Wall clock. */
  startedAt: time.nullable(),
});
export type ProcessStatus = z.infer<typeof processStatus>;

export const balance = z.object({ asset: assetName, free: decimal, locked: decimal, total: decimal });
export type Balance = z.infer<typeof balance>;

/** One asset on which the exchange and the ledger do not agree. */
export const difference = z.object({ asset: assetName, ledger: decimal, exchange: decimal });

export const account = z.object({
  account: z.string(),
  exchange: z.string(),
  balances: z.array(balance),
  /** Asset that `valueQuote` is counted in. */
  quote: assetName,
  /** All balances at the last prices; null while a price is missing. */
  valueQuote: decimal.nullable(),
  /** Null while the exchange's balances cannot be read. */
  ledgerMatchesExchange: z.boolean().nullable(),
  differences: z.array(difference),
});
export type Account = z.infer<typeof account>;

// Bots and deals

/** `stopping`: starts nothing new, the open deal goes on. */
export const botState = z.enum(['running', 'stopping', 'stopped']);

export const botSummary = z.object({
  id: botId,
  /** Kind of strategy, as in `GET /api/bot-kinds`. */
  kind: z.string(),
  name: z.string(),
  account: z.string(),
  /** All that it trades; the first stands for the bot where one is shown. */
  pairs: z.array(pairName).min(1),
  state: botState,
  /** One sentence for people: what the bot waits for, e.g. "BTC/USDT at or below 64,120 to buy averaging order 2 of 6"; null when nothing is to say. */
  waitingFor: z.string().nullable(),
  createdAt: time,
  deals: z.object({ open: z.int(), closed: z.int() }),
  /** Of closed deals, after fees, in the quote of its pairs. */
  profit: decimal,
  fees: decimal,
  quote: assetName,
});
export type BotSummary = z.infer<typeof botSummary>;

/** `waiting`: not yet at the exchange, the bot keeps it back; `sent`: on its way; `unknown`: the vault is finding out. */
export const levelState = z.enum(['waiting', 'sent', 'resting', 'partly-filled', 'filled', 'cancelled', 'refused', 'unknown']);

/** One rung of an open deal, in the order in which they are traded. */
export const ladderLevel = z.object({
  index: z.int(),
  /** `target`: a step of the way out. */
  kind: z.enum(['base', 'averaging', 'target']),
  /** Price planned or, once placed, its limit. Null for an order at the market that is not yet filled. */
  price: decimal.nullable(),
  /** In base. */
  quantity: decimal,
  filled: decimal,
  state: levelState,
});
export type LadderLevel = z.infer<typeof ladderLevel>;

export const deal = z.object({
  id: z.string(),
  bot: botId,
  /** Counts the bot's deals from 1. */
  number: z.int(),
  pair: pairName,
  state: z.enum(['open', 'closed', 'cancelled', 'failed']),
  openedAt: time,
  closedAt: time.nullable(),
  /** Base bought so far, before fees. */
  bought: decimal,
  sold: decimal,
  /** Quote spent and received, fees in quote included. */
  spent: decimal,
  received: decimal,
  /** Quote per base over all buys; null before the first fill. */
  averagePrice: decimal.nullable(),
  averagingOrders: z.object({ filled: z.int(), most: z.int() }),
  /** After fees, in `quote`: realised if closed, else at the last price; null before the first fill. */
  profit: decimal.nullable(),
  profitPercent: decimal.nullable(),
  /** All fees of the deal, counted in `quote`. */
  fees: decimal,
  quote: assetName,
});
export type Deal = z.infer<typeof deal>;

export const openDeal = deal.extend({
  ladder: z.array(ladderLevel),
  takeProfit: z.object({ price: decimal, quantity: decimal, filled: decimal, state: levelState }).nullable(),
  lastPrice: decimal.nullable(),
});
export type OpenDeal = z.infer<typeof openDeal>;

export const botDetail = botSummary.extend({
  /** As the schema of its kind says. */
  settings: z.record(z.string(), z.unknown()),
  /** Funds of the bot's own sub-book. */
  funds: z.array(z.object({ asset: assetName, available: decimal, reserved: decimal })),
  /** Base below one lot that could not be sold, carried to the next deal. */
  dust: z.array(z.object({ asset: assetName, quantity: decimal })),
  /** Oldest first, at most one of a pair. */
  openDeals: z.array(openDeal),
  /** The last refusal of the vault to this bot that still matters; null when there is none. */
  problem: z.object({ at: time, code: z.string(), reason: z.string() }).nullable(),
});
export type BotDetail = z.infer<typeof botDetail>;

export const createBot = z.strictObject({
  kind: z.string().min(1).max(40),
  /** Made from kind and pair when left out. */
  name: z.string().trim().min(1).max(80).optional(),
  /** What it trades: one pair, or several; both are left out where the settings name the pairs. */
  pair: typedPair.optional(),
  pairs: z.array(typedPair).min(1).max(200).optional(),
  /** Checked against the schema of the kind. */
  settings: z.record(z.string(), z.unknown()),
  /** Asset to amount set aside for this bot; what the settings need at most when left out. */
  funds: typedFunds.optional(),
  /** Whether it starts at once; yes when left out. */
  start: z.boolean().optional(),
});
export type CreateBot = z.infer<typeof createBot>;

/** Body of an act on a bot: for one of its pairs, for one of its open deals by number, or for all. */
export const ofPair = z.strictObject({ pair: pairName.optional(), deal: z.int().min(1).optional() });

/** What a person may do to a bot over the API: `POST /api/bots/:id/ACTION`, body `{}`. */
export const botRoutes = ['start', 'stop', 'start-deal', 'close-now', 'cancel-deal', 'release-kept'] as const;

/** A command that the engine has committed. */
export const done = z.object({ ok: z.literal(true), bot: botId });

export const botKind = z.object({
  kind: z.string(),
  title: z.string(),
  description: z.string(),
  /** What it trades: `one` pair, `several`, or those that its `settings` name. */
  pairs: z.enum(['one', 'several', 'settings']),
  /** JSON Schema of the settings: titles, descriptions, defaults, limits, and `shownWhen` of dependent ones, for generated forms. */
  schema: z.record(z.string(), z.unknown()),
});
export type BotKind = z.infer<typeof botKind>;

// Market

export const candle = z.object({
  openTime: time,
  open: decimal,
  high: decimal,
  low: decimal,
  close: decimal,
  volume: decimal,
  /** Whether the candle is over. */
  closed: z.boolean(),
});
export type CandleView = z.infer<typeof candle>;

export const fill = z.object({
  tradeId: z.string(),
  clientOrderId: z.string(),
  bot: botId.nullable(),
  deal: z.string().nullable(),
  pair: pairName,
  side,
  price: decimal,
  quantity: decimal,
  fee: decimal,
  feeAsset: assetName,
  maker: z.boolean(),
  at: time,
});
export type Fill = z.infer<typeof fill>;

export const pairView = z.object({
  pair: pairName,
  /** Smallest steps of price and quantity, and the smallest order in quote. */
  tick: decimal,
  lot: decimal,
  minNotional: decimal,
  halted: z.boolean(),
  /** Newest known; null before the first. */
  price: z.object({ last: decimal, bid: decimal, ask: decimal, at: time }).nullable(),
});
export type PairView = z.infer<typeof pairView>;

/** An order of ours that rests at the exchange: a line in the chart. */
export const restingOrder = z.object({
  clientOrderId: z.string(),
  bot: botId.nullable(),
  pair: pairName,
  side,
  kind: z.string(),
  /** `base`, `averaging`, `take-profit` or `close`. */
  role: z.string(),
  price: decimal,
  quantity: decimal,
  filled: decimal,
  placedAt: time,
});
export type RestingOrder = z.infer<typeof restingOrder>;

export const equityPoint = z.object({
  at: time,
  /** Value of all accounts in `quote` at the prices of that time. */
  value: decimal,
  /** Profit of closed deals up to then, after fees. */
  realised: decimal,
});
export type EquityPoint = z.infer<typeof equityPoint>;

// Log

/** What the engine did, for people. */
export const logEntry = z.object({
  seq: z.int(),
  at: time,
  level: z.enum(['info', 'warning', 'error']),
  bot: botId.nullable(),
  text: z.string(),
});
export type LogEntry = z.infer<typeof logEntry>;

// Answers, by path

export const status = z.object({
  version: z.string(),
  /** Whether the vault is a simulated one; null while it cannot be reached. */
  simulated: z.boolean().nullable(),
  clock,
  processes: z.array(processStatus),
  accounts: z.array(account),
  vault: vaultStatus,
  /** Whether its command socket answers; reads go on without it. */
  engine: z.object({ reachable: z.boolean(), reason: z.string().nullable() }),
  bots: z.array(botSummary),
  deals: z.object({ open: z.int(), closed: z.int() }),
  /** Of closed deals, after fees. */
  profit: z.object({ quote: assetName, amount: decimal, fees: decimal }),
  /** Whether all accounts agree; null while one cannot be compared. */
  ledgerMatchesExchange: z.boolean().nullable(),
});
export type Status = z.infer<typeof status>;

export const botsAnswer = z.object({ bots: z.array(botSummary) });
export const botKindsAnswer = z.object({ kinds: z.array(botKind) });
/** Newest first. `next` is the `before` of the following page; null on the last. */
export const dealsAnswer = z.object({ deals: z.array(deal), next: z.int().nullable() });
/** Pairs that the engine follows, by name. */
export const pairsAnswer = z.object({ pairs: z.array(pairView) });
/** Oldest first; the last candle may still be open. */
export const candlesAnswer = z.object({ pair: pairName, interval: z.string(), candles: z.array(candle) });
/** Fills oldest first, and the orders that rest now. */
export const fillsAnswer = z.object({ pair: pairName, fills: z.array(fill), orders: z.array(restingOrder) });
/** Oldest first. `largestDrawdown` is a fall from a peak, as a fraction of that peak. */
export const equityAnswer = z.object({ quote: assetName, points: z.array(equityPoint), largestDrawdown: decimal });
/** Newest first. */
export const verdictsAnswer = z.object({ verdicts: z.array(verdict) });
/** Newest first. */
export const logAnswer = z.object({ entries: z.array(logEntry), next: z.int().nullable() });
export const frozenAnswer = z.object({ ok: z.literal(true), state: vaultStatus.shape.state });
export type DealsAnswer = z.infer<typeof dealsAnswer>;
export type CandlesAnswer = z.infer<typeof candlesAnswer>;
export type FillsAnswer = z.infer<typeof fillsAnswer>;
export type EquityAnswer = z.infer<typeof equityAnswer>;
export type VerdictsAnswer = z.infer<typeof verdictsAnswer>;
export type LogAnswer = z.infer<typeof logAnswer>;

// Live events: `GET /api/events`, server-sent events whose `event:` is `tick`, `candle`, `changed` or `status` and whose `data:` is JSON

/** Of one pair; at most four a second per pair, the newest counts. */
export const tickEvent = z.object({ pair: pairName, last: decimal, bid: decimal, ask: decimal, at: time });
export type TickEvent = z.infer<typeof tickEvent>;

/** The one-minute candle being formed, on each change; `closed` with its last. */
export const candleEvent = candle.extend({ pair: pairName });
export type CandleEvent = z.infer<typeof candleEvent>;

/** What has changed and should be read again. */
export const changedTopics = ['bots', 'deals', 'orders', 'fills', 'equity', 'events', 'candles', 'status', 'verdicts'] as const;
export const changedEvent = z.object({ topics: z.array(z.enum(changedTopics)) });
export type ChangedEvent = z.infer<typeof changedEvent>;

/** On connect and then every two seconds: what the page's header shows. */
export const statusEvent = z.object({
  clock,
  vault: z.object({ state: vaultStatus.shape.state, reason: z.string().nullable() }),
  engine: z.object({ reachable: z.boolean() }),
  processes: z.array(processStatus),
});
export type StatusEvent = z.infer<typeof statusEvent>;
