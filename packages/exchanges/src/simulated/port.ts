/**
 * The words of the simulated exchange's core: what its server asks, what it answers, what it reports.
 *
 * Prices and quantities of requests are `Amount`s (a price off its tick is the exchange's refusal to give, not the
 * type's); inside, prices are ticks and quantities lots (safe integers), sums of money are `Amount`s. Every sum is a
 * multiple of 10^-8, because tick × lot of a market must be one and fees are rounded up to one.
 *
 * The core does no I/O and has no clock. After each call, `drain()` gives what changed: `changes` to be committed
 * first, then `userEvents` and `marketEvents` to be sent, each in order. Closed orders and trades leave the core with
 * their change: who asks for them later asks the database.
 */
import type { Amount, Asset, EpochMs, Lots, Pair, Ticks } from '@holdfast/domain';

/** Users count from 1. `houseUser` gives the liquidity of tapes, `feeUser` receives commissions; both may look negative. */
export type UserId = number;
export const houseUser: UserId = 0;
export const feeUser: UserId = -1;

// ---------------------------------------------------------------------------------------------------------- markets

export type OrderType =
  | 'LIMIT'
  | 'LIMIT_MAKER'
  | 'MARKET'
  | 'STOP_LOSS'
  | 'STOP_LOSS_LIMIT'
  | 'TAKE_PROFIT'
  | 'TAKE_PROFIT_LIMIT';
export type OrderSide = 'BUY' | 'SELL';
export type TimeInForce = 'GTC' | 'IOC' | 'FOK';
export type StpMode = 'NONE' | 'EXPIRE_TAKER' | 'EXPIRE_MAKER' | 'EXPIRE_BOTH' | 'DECREMENT';

/** Filters as exchangeInfo shows them; prices in ticks and quantities in lots of the market. */
export interface MarketFilters {
  readonly minPrice: Ticks;
  readonly maxPrice: Ticks;
  readonly minQuantity: Lots;
  readonly maxQuantity: Lots;
  readonly minMarketQuantity: Lots;
  readonly maxMarketQuantity: Lots;
  /** Multipliers of PERCENT_PRICE_BY_SIDE, times the average price of `averageMinutes`. */
  readonly bidUp: Amount;
  readonly bidDown: Amount;
  readonly askUp: Amount;
  readonly askDown: Amount;
  readonly averageMinutes: number;
  readonly minNotional: Amount;
  readonly maxNotional: Amount;
  readonly applyMinToMarket: boolean;
  readonly applyMaxToMarket: boolean;
  readonly icebergParts: number;
  readonly maxOrders: number;
  readonly maxAlgoOrders: number;
  readonly maxOrderLists: number;
  readonly maxAmends: number;
  /** Absent: no MAX_POSITION filter. */
  readonly maxPosition: Amount | undefined;
  /** Basis points. */
  readonly minTrailingAbove: number;
  readonly maxTrailingAbove: number;
  readonly minTrailingBelow: number;
  readonly maxTrailingBelow: number;
}

/** Liquidity given by the house on a market with a tape. */
export interface HouseRules {
  /** Whether a resting order fills when the tape touches its price, or only when it goes through. */
  readonly fill: 'touch' | 'through';
  /** Ask minus bid, in ticks, at least 1. */
  readonly spreadTicks: number;
  /** House quotes per side. */
  readonly levels: number;
  /** Mean quantity of one house quote, in lots. */
  readonly levelLots: number;
  /** Part of a tick's volume that resting orders can get, in 1/10000. */
  readonly volumeShareBps: number;
  readonly seed: number;
}

export interface MarketDefinition {
  readonly pair: Pair;
  /** The exchange's spelling: "BTCUSDT". */
  readonly symbol: string;
  readonly base: Asset;
  readonly quote: Asset;
  /** In quote per base; a multiple of 10^-8. */
  readonly tick: Amount;
  /** In base; a multiple of 10^-8. tick × lot is a multiple of 10^-8. */
  readonly lot: Amount;
  readonly filters: MarketFilters;
  readonly orderTypes: readonly OrderType[];
  readonly defaultStpMode: StpMode;
  readonly allowedStpModes: readonly StpMode[];
  /** Absent: users trade with each other only. */
  readonly house: HouseRules | undefined;
  readonly halted: boolean;
}

/** What it takes to list a market; the rest gets the exchange's usual values. */
export interface MarketRequest {
  readonly pair: Pair;
  readonly tick: Amount;
  readonly lot: Amount;
  readonly minNotional?: Amount;
  /** Mid of an untraded market: last price until the first trade. */
  readonly price?: Amount;
  readonly house?: Partial<HouseRules> | undefined;
  readonly filters?: Partial<MarketFilters>;
  readonly allowedStpModes?: readonly StpMode[];
}

/** Rates as fractions (0.001 is 0.1 %), taken from what is received, summed and rounded up at 8 decimals. */
export interface CommissionRates {
  readonly maker: Amount;
  readonly taker: Amount;
  readonly buyer: Amount;
  readonly seller: Amount;
}
/** As account/commission shows them. */
export interface Commission {
  readonly standard: CommissionRates;
  readonly special: CommissionRates;
  readonly tax: CommissionRates;
}

// ----------------------------------------------------------------------------------------------------------- orders

export type OrderStatus =
  | 'NEW'
  | 'PENDING_NEW'
  | 'PARTIALLY_FILLED'
  | 'FILLED'
  | 'CANCELED'
  | 'EXPIRED'
  | 'EXPIRED_IN_MATCH'
  | 'REJECTED';
export type ExecutionType = 'NEW' | 'CANCELED' | 'REPLACED' | 'REJECTED' | 'TRADE' | 'EXPIRED' | 'TRADE_PREVENTION';
export type ExpiryReason =
  | 'EXCHANGE_CANCELED'
  | 'OCO_TRIGGER'
  | 'OTO_PHASE_ONE_EXPIRED'
  | 'UNFILLED_IOC_QUANTITY_EXPIRED'
  | 'UNFILLED_FOK_ORDER_EXPIRED'
  | 'INSUFFICIENT_LIQUIDITY'
  | 'REJECTED';

export interface OrderRequest {
  readonly userId: UserId;
  readonly pair: Pair;
  readonly side: OrderSide;
  readonly type: OrderType;
  /** Absent: the core makes one (22 letters and digits). */
  readonly clientOrderId?: string | undefined;
  readonly timeInForce?: TimeInForce | undefined;
  readonly quantity?: Amount | undefined;
  readonly quoteOrderQty?: Amount | undefined;
  readonly price?: Amount | undefined;
  readonly stopPrice?: Amount | undefined;
  /** Basis points. */
  readonly trailingDelta?: number | undefined;
  readonly icebergQty?: Amount | undefined;
  readonly stpMode?: StpMode | undefined;
  readonly strategyId?: number | undefined;
  readonly strategyType?: number | undefined;
}

/** One amend of an order that kept its place. */
export interface Amendment {
  readonly executionId: number;
  readonly origClientOrderId: string;
  readonly newClientOrderId: string;
  /** Lots before and after. */
  readonly origQuantity: number;
  readonly newQuantity: number;
  readonly time: EpochMs;
}

/** One order as it is now. A record once handed out never changes. */
export interface Order {
  readonly orderId: number;
  readonly userId: UserId;
  readonly pair: Pair;
  readonly clientOrderId: string;
  /** -1 when in no list. */
  readonly orderListId: number;
  readonly side: OrderSide;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  /** 0 for MARKET, STOP_LOSS and TAKE_PROFIT. */
  readonly price: number;
  readonly quantity: number;
  readonly executed: number;
  /** Quote of all fills. */
  readonly executedQuote: Amount;
  /** 0 unless asked by quote. */
  readonly quoteOrderQty: Amount;
  /** Ticks; 0 when none. */
  readonly stopPrice: number;
  /** Basis points; 0 when none. */
  readonly trailingDelta: number;
  /** When trailing began; -1 when not (yet). */
  readonly trailingSince: number;
  /** Best price since trailing began; 0 when not (yet). */
  readonly trailingExtreme: number;
  /** Lots shown at a time; 0 when all. */
  readonly icebergQuantity: number;
  /** Lots left of the slice that is shown. */
  readonly slice: number;
  readonly stpMode: StpMode;
  /** Lots that self-trade prevention took. */
  readonly prevented: number;
  readonly status: OrderStatus;
  readonly expiryReason: ExpiryReason | undefined;
  readonly time: EpochMs;
  readonly updateTime: EpochMs;
  /** When it began to work on the book; -1 when not (yet). */
  readonly workingTime: number;
  /** On the book (for orders with a stop: triggered). */
  readonly working: boolean;
  /** Held back for it, in quote (BUY) or base (SELL). */
  readonly reserved: Amount;
  /** Place in the queue of its price: lower goes first. */
  readonly rank: number;
  readonly amends: number;
  /** What the amends were, oldest first; absent while there was none. */
  readonly amendments?: readonly Amendment[];
  readonly strategyId: number | undefined;
  readonly strategyType: number | undefined;
}

/** One fill from the side of one user. The same tradeId stands in the public trade. */
export interface UserTrade {
  readonly tradeId: number;
  readonly pair: Pair;
  readonly userId: UserId;
  readonly orderId: number;
  readonly orderListId: number;
  readonly side: OrderSide;
  readonly price: number;
  readonly quantity: number;
  readonly quote: Amount;
  readonly commission: Amount;
  readonly commissionAsset: Asset;
  readonly maker: boolean;
  readonly time: EpochMs;
}

export interface PreventedMatch {
  readonly preventedMatchId: number;
  readonly pair: Pair;
  readonly userId: UserId;
  readonly takerOrderId: number;
  readonly makerOrderId: number;
  readonly stpMode: StpMode;
  readonly price: number;
  readonly takerPrevented: number;
  readonly makerPrevented: number;
  readonly time: EpochMs;
}

export type ContingencyType = 'OCO' | 'OTO';
export type ListStatusType = 'RESPONSE' | 'EXEC_STARTED' | 'UPDATED' | 'ALL_DONE';
export type ListOrderStatus = 'EXECUTING' | 'ALL_DONE' | 'REJECT';
export interface OrderList {
  readonly orderListId: number;
  readonly userId: UserId;
  readonly pair: Pair;
  readonly contingencyType: ContingencyType;
  readonly listStatusType: ListStatusType;
  readonly listOrderStatus: ListOrderStatus;
  readonly listClientOrderId: string;
  readonly time: EpochMs;
  readonly orders: readonly { readonly orderId: number; readonly clientOrderId: string }[];
  /** Of OTO and OTOCO: the order that must fill first. -1 for OCO. */
  readonly workingOrderId: number;
}

/** A leg of a list: an order without user and pair. */
export type LegRequest = Omit<OrderRequest, 'userId' | 'pair' | 'side' | 'quantity' | 'quoteOrderQty'>;
/** POST orderList/oco. The old POST order/oco is the same with the limit leg above (SELL) or below (BUY). */
export interface OcoRequest {
  readonly userId: UserId;
  readonly pair: Pair;
  readonly side: OrderSide;
  readonly quantity: Amount;
  readonly listClientOrderId?: string | undefined;
  readonly above: LegRequest;
  readonly below: LegRequest;
}
/** POST orderList/oto (one pending leg) and orderList/otoco (two). */
export interface OtoRequest {
  readonly userId: UserId;
  readonly pair: Pair;
  readonly listClientOrderId?: string | undefined;
  readonly working: Omit<OrderRequest, 'userId' | 'pair'>;
  readonly pendingSide: OrderSide;
  readonly pendingQuantity: Amount;
  readonly pending:
    | { readonly kind: 'one'; readonly leg: LegRequest }
    | { readonly kind: 'oco'; readonly above: LegRequest; readonly below: LegRequest };
}

export interface CancelRequest {
  readonly userId: UserId;
  readonly pair: Pair;
  readonly orderId?: number | undefined;
  readonly origClientOrderId?: string | undefined;
  /** Id of the cancel itself; absent: the core makes one. */
  readonly newClientOrderId?: string | undefined;
  readonly cancelRestrictions?: 'ONLY_NEW' | 'ONLY_PARTIALLY_FILLED' | undefined;
}
export interface CancelListRequest {
  readonly userId: UserId;
  readonly pair: Pair;
  readonly orderListId?: number | undefined;
  readonly listClientOrderId?: string | undefined;
  readonly newClientOrderId?: string | undefined;
}
export interface AmendRequest {
  readonly userId: UserId;
  readonly pair: Pair;
  readonly orderId?: number | undefined;
  readonly origClientOrderId?: string | undefined;
  readonly newClientOrderId?: string | undefined;
  readonly newQty: Amount;
}

/** A refusal in the exchange's own code and text, e.g. -2010 "Account has insufficient balance for requested action." */
export interface Refused {
  readonly ok: false;
  readonly code: number;
  readonly msg: string;
}
export type Result<Value> = (Value & { readonly ok: true }) | Refused;

export interface Placed {
  /** The order after matching. */
  readonly order: Order;
  readonly trades: readonly UserTrade[];
  readonly preventedMatches: readonly PreventedMatch[];
}
export interface Canceled {
  readonly order: Order;
  /** `clientOrderId` of the answer: the cancel's own id. `origClientOrderId` is the order's. */
  readonly cancelClientOrderId: string;
  /** Set when the order was in a list: all of it is cancelled. */
  readonly list: ListPlaced | undefined;
}
export interface ListPlaced {
  readonly list: OrderList;
  readonly orders: readonly Order[];
}
export interface Amended {
  readonly order: Order;
  readonly list: OrderList | undefined;
}

// -------------------------------------------------------------------------------------------------- what is reported

/** What to store, each an upsert by its key; replayed into `RestoredState` they give the same exchange. */
export type Change =
  | { readonly kind: 'user'; readonly user: UserRecord } // key userId
  | { readonly kind: 'balance'; readonly balance: BalanceRecord } // key userId + asset
  | { readonly kind: 'order'; readonly order: Order } // key orderId
  | { readonly kind: 'trade'; readonly trade: UserTrade } // key pair + tradeId + orderId; the house's side is not reported
  | { readonly kind: 'prevented-match'; readonly match: PreventedMatch } // key pair + preventedMatchId
  | { readonly kind: 'list'; readonly list: OrderList } // key orderListId
  | { readonly kind: 'market'; readonly market: MarketRecord } // key pair
  | { readonly kind: 'candle'; readonly pair: Pair; readonly candle: CandleRow } // key pair + openTime: 1m, one that users traded in
  | { readonly kind: 'counters'; readonly counters: Counters }; // one row

export interface UserRecord {
  readonly userId: UserId;
  readonly commission: Commission;
}
export interface BalanceRecord {
  readonly userId: UserId;
  readonly asset: Asset;
  readonly free: Amount;
  readonly locked: Amount;
}
export interface MarketRecord {
  readonly definition: MarketDefinition;
  /** Ticks; 0 before the first trade or price. */
  readonly last: number;
  readonly lastTime: number;
  readonly lastQuantity: number;
  /** Price of the tape's last tick, around which the house quotes; 0 before it. */
  readonly anchor: number;
  /** Orders ranked below were on the book before the house's quotes of this tick. */
  readonly tickRank: number;
  readonly nextTradeId: number;
  readonly nextAggregateId: number;
  readonly nextPreventedMatchId: number;
  readonly updateId: number;
  /** Ticks of the tape seen: seeds the house's quotes. */
  readonly tickCount: number;
  /** House quotes taken since the last tick: [price, lots]. */
  readonly consumed: readonly (readonly [number, number])[];
  /** The minute that is being traded. */
  readonly candle: CandleRow | undefined;
  /** Whether the minute saw no price yet. */
  readonly candleFresh: boolean;
  readonly userTradesInCandle: boolean;
}
export interface Counters {
  readonly nextUserId: number;
  readonly nextOrderId: number;
  readonly nextListId: number;
  readonly nextRank: number;
  readonly nextExecutionId: number;
  /** Ids made up so far. */
  readonly idsMade: number;
}
/** The stored rows; of orders and lists only the open ones are needed (isOpen), others are ignored. */
export interface RestoredState {
  readonly users: readonly UserRecord[];
  readonly balances: readonly BalanceRecord[];
  readonly orders: readonly Order[];
  readonly lists: readonly OrderList[];
  readonly markets: readonly MarketRecord[];
  readonly counters: Counters | undefined;
}

export type UserEvent =
  | {
      readonly kind: 'execution';
      readonly userId: UserId;
      readonly at: EpochMs;
      readonly execution: ExecutionType;
      /** As it was right after this execution. */
      readonly order: Order;
      /** `c`: the order's, or the cancel's when CANCELED. */
      readonly clientOrderId: string;
      /** `C`: "" unless CANCELED. */
      readonly originalClientOrderId: string;
      readonly trade: UserTrade | undefined;
      readonly preventedMatch: PreventedMatch | undefined;
      readonly lastPrevented: number;
      /** `I`: rises with each execution report of the exchange. */
      readonly executionId: number;
    }
  | { readonly kind: 'account'; readonly userId: UserId; readonly at: EpochMs; readonly balances: readonly BalanceRecord[] }
  | { readonly kind: 'balance'; readonly userId: UserId; readonly at: EpochMs; readonly asset: Asset; readonly delta: Amount }
  | { readonly kind: 'list'; readonly userId: UserId; readonly at: EpochMs; readonly list: OrderList };

export interface PublicTrade {
  readonly id: number;
  readonly price: number;
  readonly quantity: number;
  readonly time: EpochMs;
  readonly buyerIsMaker: boolean;
}
export interface AggregateTrade {
  readonly id: number;
  readonly price: number;
  readonly quantity: number;
  readonly firstId: number;
  readonly lastId: number;
  readonly time: EpochMs;
  readonly buyerIsMaker: boolean;
}
export interface BookTicker {
  readonly updateId: number;
  /** Ticks and lots; 0 when the side is empty. */
  readonly bid: number;
  readonly bidQuantity: number;
  readonly ask: number;
  readonly askQuantity: number;
}
export type Level = readonly [price: number, quantity: number];
export interface DepthSnapshot {
  readonly lastUpdateId: number;
  /** Best first. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}
export interface DepthDiff {
  readonly first: number; // U
  readonly last: number; // u
  readonly bids: readonly Level[]; // quantity 0: the level is gone
  readonly asks: readonly Level[];
}
/** Gives what changed in the visible book since its last `next()`; one per stream speed. */
export interface DepthFeed {
  /** Undefined when nothing changed. U of the next diff is u of this one + 1. */
  next(): DepthDiff | undefined;
}

export const intervals = [
  '1s',
  '1m',
  '3m',
  '5m',
  '15m',
  '30m',
  '1h',
  '2h',
  '4h',
  '6h',
  '8h',
  '12h',
  '1d',
  '3d',
  '1w',
  '1M',
] as const;
export type Interval = (typeof intervals)[number];

/** One stored minute: prices in ticks, volume in lots, `quote` in tick × lot (× tick × lot of the market is quote). */
export interface CandleRow {
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly quote: number;
  readonly trades: number;
  readonly takerVolume: number;
  readonly takerQuote: number;
  /** -1 where not known (history), or where nothing traded. */
  readonly firstId: number;
  readonly lastId: number;
}
export interface Kline {
  readonly openTime: number;
  /** openTime of the next one - 1 ms. */
  readonly closeTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Base. */
  readonly volume: Amount;
  readonly quoteVolume: Amount;
  readonly trades: number;
  readonly takerVolume: Amount;
  readonly takerQuoteVolume: Amount;
  /** -1 where not known (history). Only of candles of this run. */
  readonly firstTradeId: number;
  readonly lastTradeId: number;
}
export interface KlineQuery {
  readonly startTime?: number | undefined;
  readonly endTime?: number | undefined;
  /** 1 to 1000; default 500. */
  readonly limit?: number | undefined;
  /** How far east of UTC the clock is whose days, weeks and months are meant, in ms; default 0. */
  readonly eastMs?: number | undefined;
}
export interface DayStatistics {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly last: number;
  readonly previousClose: number;
  readonly lastQuantity: number;
  readonly volume: Amount;
  readonly quoteVolume: Amount;
  /** Quote per base, 8 decimals. */
  readonly weightedAverage: Amount;
  readonly openTime: number;
  readonly closeTime: number;
  readonly firstId: number;
  readonly lastId: number;
  readonly count: number;
}

export type MarketEvent =
  | { readonly kind: 'trade'; readonly pair: Pair; readonly trade: PublicTrade }
  | { readonly kind: 'aggregate-trade'; readonly pair: Pair; readonly trade: AggregateTrade }
  | { readonly kind: 'book-ticker'; readonly pair: Pair; readonly best: BookTicker; readonly at: EpochMs }
  /** Only of intervals asked for with `watchKline`. While open, ask `currentKline` at the stream's pace. */
  | {
      readonly kind: 'kline-closed';
      readonly pair: Pair;
      readonly interval: Interval;
      readonly eastMs: number;
      readonly kline: Kline;
    }
  | { readonly kind: 'market-status'; readonly pair: Pair; readonly halted: boolean };

export interface Batch {
  readonly changes: readonly Change[];
  readonly userEvents: readonly UserEvent[];
  readonly marketEvents: readonly MarketEvent[];
}

// ----------------------------------------------------------------------------------------------------- the exchange

/** One step of a tape. */
export interface MarketTick {
  readonly pair: Pair;
  readonly at: EpochMs;
  /** Ticks. */
  readonly price: number;
  /** Lots traded at it by others. */
  readonly volume: number;
}

export interface ExchangeConfig {
  readonly markets: readonly MarketRequest[];
  /** Of users without own rates. Default: 0.1 % maker and taker. */
  readonly commission?: Commission;
  /** Seeds made-up ids. */
  readonly seed?: number;
}

export interface Exchange {
  /** Applies one step of the tape: fills, prints, quotes, triggers. */
  tick(tick: MarketTick): void;
  /** Whether this tick would fill or trigger anything of a user (then it must not be skipped silently). */
  touches(pair: Pair, price: number): boolean;
  /** Closes klines whose time is over, without a trade. */
  advance(at: EpochMs): void;

  /** Everything since the last drain. Commit `changes` plus `checkpoint()` in one transaction, then publish. */
  drain(): Batch;
  /** Market and counter rows that changed since the last checkpoint (ticks alone change only these). */
  checkpoint(): readonly Change[];

  createUser(credit: Readonly<Record<string, Amount>>, at: EpochMs, commission?: Commission): UserId;
  /** Adds (or, negative, takes) free balance against the house. @throws InvariantError when it would go below 0 */
  credit(userId: UserId, asset: Asset, amount: Amount, at: EpochMs): void;
  user(userId: UserId): UserRecord | undefined;
  userIds(): readonly UserId[];
  /** Assets with something free or locked, by name. Also of `houseUser` and `feeUser`. */
  balances(userId: UserId): readonly BalanceRecord[];

  listMarket(market: MarketRequest, at: EpochMs): Result<{ readonly market: MarketDefinition }>;
  halt(pair: Pair, halted: boolean, at: EpochMs): void;
  markets(): readonly MarketDefinition[];
  market(pair: Pair): MarketDefinition | undefined;
  /** "BTCUSDT" to its market. */
  bySymbol(symbol: string): MarketDefinition | undefined;

  place(request: OrderRequest, at: EpochMs): Result<Placed>;
  /** Parameters and filters only, as cancelReplace evaluates them before it cancels. */
  check(request: OrderRequest): Result<object>;
  /** All checks of `place`, nothing done. */
  test(request: OrderRequest, at: EpochMs): Result<object>;
  cancel(request: CancelRequest, at: EpochMs): Result<Canceled>;
  /** -2011 when none is open. One entry per order or list, in order of placing. */
  cancelAll(userId: UserId, pair: Pair, at: EpochMs): Result<{ readonly canceled: readonly Canceled[] }>;
  amend(request: AmendRequest, at: EpochMs): Result<Amended>;
  placeOco(request: OcoRequest, at: EpochMs): Result<ListPlaced & { readonly trades: readonly UserTrade[] }>;
  placeOto(request: OtoRequest, at: EpochMs): Result<ListPlaced & { readonly trades: readonly UserTrade[] }>;
  cancelList(request: CancelListRequest, at: EpochMs): Result<ListPlaced>;

  /** Open orders, by orderId; closed ones are in the database. */
  openOrders(userId: UserId, pair?: Pair): readonly Order[];
  openOrder(userId: UserId, pair: Pair, orderId?: number, clientOrderId?: string): Order | undefined;
  openLists(userId: UserId): readonly OrderList[];
  openList(userId: UserId, orderListId?: number, listClientOrderId?: string): OrderList | undefined;

  /** Ticks; 0 before the first price. */
  last(pair: Pair): number;
  best(pair: Pair): BookTicker;
  depth(pair: Pair, limit: number): DepthSnapshot;
  depthFeed(pair: Pair): DepthFeed;
  /** The newest up to `limit`, ascending; up to 1000 are kept. */
  recentTrades(pair: Pair, limit: number, fromId?: number): readonly PublicTrade[];
  aggregateTrades(
    pair: Pair,
    query: {
      readonly fromId?: number | undefined;
      readonly startTime?: number | undefined;
      readonly endTime?: number | undefined;
      readonly limit?: number | undefined;
    },
  ): readonly AggregateTrade[];
  /** Minutes before the run, ascending; replaces what is stored of the same minutes. */
  loadHistory(pair: Pair, candles: Iterable<CandleRow>): void;
  klines(pair: Pair, interval: Interval, query: KlineQuery): readonly Kline[];
  /** @param eastMs as in `KlineQuery` */
  currentKline(pair: Pair, interval: Interval, eastMs?: number): Kline | undefined;
  /** Makes `kline-closed` events for it from now on. @param eastMs as in `KlineQuery` */
  watchKline(pair: Pair, interval: Interval, eastMs?: number): void;
  dayStatistics(pair: Pair, at: EpochMs): DayStatistics;
  /** VWAP of the last minutes (filters.averageMinutes), 8 decimals; the last price when nothing traded. */
  averagePrice(pair: Pair): { readonly minutes: number; readonly price: Amount; readonly closeTime: number };
}

/** Builds an exchange, or rebuilds one exactly as its stored changes say. */
export type CreateExchange = (config: ExchangeConfig, restored?: RestoredState) => Exchange;

// -------------------------------------------------------------------------------------------------------- the tapes

/** A source of ticks in time order over all its markets; the same position gives the same ticks. */
export interface TickFeed {
  readonly markets: readonly MarketRequest[];
  /** Time of the first tick. */
  readonly start: EpochMs;
  /** Undefined at the end of the tape. */
  next(): MarketTick | undefined;
  /** Without taking it. */
  peek(): MarketTick | undefined;
  /** Serialisable (JSON text); given to the factory it goes on with the next tick. */
  position(): string;
  /** Minutes before `start` (before the position, when restored): for `loadHistory`. */
  history(pair: Pair): Iterable<CandleRow>;
}
