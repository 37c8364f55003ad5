/**
 * One market while it lives: its queues, the house's quotes, prints and candles, and the views of them.
 * The visible book is the users' orders merged with the house's quotes; it changes only together with `updateId`.
 */
import { type Amount, type Pair, unit, zero } from '@holdfast/domain';
import { CandleStore, openTimeOf, shiftOpenTime } from './candles.ts';
import { bestHouseQuote, houseQuotes, type Quote } from './house.ts';
import { type Mutable, shown } from './orders.ts';
import type {
  BookTicker,
  CandleRow,
  DayStatistics,
  DepthDiff,
  DepthFeed,
  DepthSnapshot,
  Interval,
  Kline,
  KlineQuery,
  Level,
  MarketDefinition,
  MarketEvent,
  MarketRecord,
  Order,
  OrderSide,
} from './port.ts';
import { Prints, publicTrade } from './prints.ts';
import { OrderQueue } from './queue.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const cent = 10n ** 10n;
/** Seconds kept for 1s candles. */
const secondsKept = 4096;

export class MarketState {
  definition: MarketDefinition;
  /** Quote of one lot at one tick. */
  readonly quoteUnit: bigint;
  readonly bids = new OrderQueue('highest', (order) => order.price);
  readonly asks = new OrderQueue('lowest', (order) => order.price);
  /** Stops that fire when the price rises to them, and when it falls to them. */
  readonly above = new OrderQueue('lowest', (order) => order.stopPrice);
  readonly below = new OrderQueue('highest', (order) => order.stopPrice);
  readonly trailing = new Set<Mutable<Order>>();
  readonly consumed = new Map<number, number>();
  readonly minutes = new CandleStore(minute);
  readonly seconds = new CandleStore(1000, secondsKept);
  readonly prints = new Prints();
  /** Prices printed since stops were last looked at. */
  pendingPrices: number[] = [];
  last = 0;
  lastTime = 0;
  lastQuantity = 0;
  anchor = 0;
  tickRank = 0;
  tickCount = 0;
  nextTradeId = 1;
  nextAggregateId = 1;
  nextPreventedMatchId = 1;
  updateId = 1;
  bookChanged = false;
  dirty = true;
  userTradesInCandle = false;
  /** Candles that are watched, by interval and clock. */
  readonly #watched = new Map<string, { readonly interval: Interval; readonly eastMs: number; openTime: number }>();
  #nextClose = Number.POSITIVE_INFINITY;
  /** Told of each snapshot that somebody takes. */
  readonly #onSnapshot: (() => void)[] = [];
  #published: BookTicker | undefined;

  constructor(definition: MarketDefinition) {
    this.definition = definition;
    this.quoteUnit = (definition.tick * definition.lot) / unit;
  }

  get pair(): Pair {
    return this.definition.pair;
  }

  /** Quote of `lots` at `price`, exact. */
  notional(price: number, lots: number): Amount {
    return (BigInt(price) * BigInt(lots) * this.quoteUnit) as Amount;
  }

  base(lots: number): Amount {
    return (BigInt(lots) * this.definition.lot) as Amount;
  }

  side(side: OrderSide): OrderQueue {
    return side === 'BUY' ? this.bids : this.asks;
  }

  /** Queue in which a conditional order waits; trailing ones wait elsewhere. */
  stops(isAbove: boolean): OrderQueue {
    return isAbove ? this.above : this.below;
  }

  record(): MarketRecord {
    return {
      definition: this.definition,
      last: this.last,
      lastTime: this.lastTime,
      lastQuantity: this.lastQuantity,
      anchor: this.anchor,
      tickRank: this.tickRank,
      nextTradeId: this.nextTradeId,
      nextAggregateId: this.nextAggregateId,
      nextPreventedMatchId: this.nextPreventedMatchId,
      updateId: this.updateId,
      tickCount: this.tickCount,
      consumed: [...this.consumed].sort((a, b) => a[0] - b[0]),
      candle: this.minutes.newest(),
      candleFresh: this.minutes.fresh,
      userTradesInCandle: this.userTradesInCandle,
    };
  }

  restore(record: MarketRecord): void {
    this.last = record.last;
    this.lastTime = record.lastTime;
    this.lastQuantity = record.lastQuantity;
    this.anchor = record.anchor;
    this.tickRank = record.tickRank;
    this.nextTradeId = record.nextTradeId;
    this.nextAggregateId = record.nextAggregateId;
    this.nextPreventedMatchId = record.nextPreventedMatchId;
    this.updateId = record.updateId;
    this.tickCount = record.tickCount;
    for (const [price, quantity] of record.consumed) this.consumed.set(price, quantity);
    if (record.candle !== undefined) this.minutes.push(record.candle);
    this.minutes.fresh = record.candleFresh;
    this.userTradesInCandle = record.userTradesInCandle;
    this.dirty = false;
  }

  // ------------------------------------------------------------------------------------------------ prints, candles

  /** Closes candles whose time is over at `at`. @param price of a first candle, when there was none */
  elapse(at: number, price: number, events: MarketEvent[]): CandleRow | undefined {
    if (at >= this.#nextClose) this.#closeWatched(at, events);
    const before = this.userTradesInCandle ? this.minutes.newest() : undefined;
    this.seconds.openAt(at, price);
    if (!this.minutes.openAt(at, price)) return undefined;
    this.userTradesInCandle = false;
    return before;
  }

  #closeWatched(at: number, events: MarketEvent[]): void {
    this.#nextClose = Number.POSITIVE_INFINITY;
    for (const watched of this.#watched.values()) {
      const { interval, eastMs, openTime } = watched;
      const end = shiftOpenTime(interval, openTime, 1, eastMs);
      if (at < end) {
        this.#nextClose = Math.min(this.#nextClose, end);
        continue;
      }
      const kline = this.#store(interval).sum(openTime, end, this.definition);
      if (kline !== undefined) events.push({ kind: 'kline-closed', pair: this.pair, interval, eastMs, kline });
      watched.openTime = openTimeOf(interval, at, eastMs);
      this.#nextClose = Math.min(this.#nextClose, shiftOpenTime(interval, watched.openTime, 1, eastMs));
    }
  }

  watch(interval: Interval, eastMs: number): void {
    const name = `${interval} ${eastMs}`;
    if (this.#watched.has(name)) return;
    const newest = this.minutes.newest();
    const openTime = openTimeOf(interval, Math.max(this.lastTime, newest?.openTime ?? 0), eastMs);
    this.#watched.set(name, { interval, eastMs, openTime });
    this.#nextClose = Math.min(this.#nextClose, shiftOpenTime(interval, openTime, 1, eastMs));
  }

  /** Moves the price without a trade. */
  move(price: number): void {
    this.minutes.add(price, 0, false, -1);
    this.seconds.add(price, 0, false, -1);
    this.last = price;
    this.#note(price);
  }

  /** Remembers a price for the stops, if there are any. */
  #note(price: number): void {
    if (this.above.length + this.below.length + this.trailing.size > 0) this.pendingPrices.push(price);
  }

  /** One public trade; gives its id. */
  print(price: number, quantity: number, at: number, buyerIsMaker: boolean, sameTaker: boolean, events: MarketEvent[]): number {
    const id = this.nextTradeId++;
    const trade = publicTrade(id, price, quantity, at, buyerIsMaker);
    if (this.prints.add(trade, this.nextAggregateId, sameTaker)) this.nextAggregateId++;
    this.minutes.add(price, quantity, !buyerIsMaker, id);
    this.seconds.add(price, quantity, !buyerIsMaker, id);
    this.last = price;
    this.lastTime = at;
    this.lastQuantity = quantity;
    this.#note(price);
    events.push({ kind: 'trade', pair: this.pair, trade });
    return id;
  }

  #store(interval: Interval): CandleStore {
    return interval === '1s' ? this.seconds : this.minutes;
  }

  klines(interval: Interval, query: KlineQuery): Kline[] {
    return this.#store(interval).klines(interval, query, this.definition);
  }

  currentKline(interval: Interval, eastMs: number): Kline | undefined {
    const store = this.#store(interval);
    if (store.rows === 0) return undefined;
    const from = openTimeOf(interval, store.newestOpenTime(), eastMs);
    return store.sum(from, shiftOpenTime(interval, from, 1, eastMs), this.definition);
  }

  /** Loads minutes; of a market that is new also its price and, as trades, the newest candles' paths. */
  loadHistory(candles: Iterable<CandleRow>): void {
    const live = this.last === 0 || this.minutes.rows === 0 ? undefined : this.minutes.newest();
    const { fresh } = this.minutes;
    this.minutes.merge(candles);
    if (live !== undefined) this.minutes.merge([live]);
    this.minutes.fresh = fresh && live?.openTime === this.minutes.newestOpenTime();
    const newest = this.minutes.newest();
    if (newest === undefined) return;
    const isNew = this.last === 0;
    if (isNew) {
      this.last = newest.close;
      this.lastTime = newest.openTime + minute - 1;
      if (this.definition.house !== undefined) this.anchor = newest.close;
      this.dirty = true;
    }
    if (this.prints.length === 0) this.#printHistory(isNew);
  }

  #printHistory(isNew: boolean): void {
    const trades: { readonly price: number; readonly quantity: number; readonly time: number }[] = [];
    for (let row = Math.max(0, this.minutes.rows - 250); row < this.minutes.rows; row++) {
      const candle = this.minutes.row(row);
      const quantity = Math.floor(candle.volume / 4);
      if (quantity > 0)
        for (const [step, price] of pathOf(candle).entries())
          trades.push({ price, quantity, time: candle.openTime + Math.min(step * 15_000, minute - 1) });
    }
    if (isNew) {
      this.nextTradeId += trades.length;
      this.nextAggregateId += trades.length;
    }
    const first = Math.max(1, this.nextTradeId - trades.length);
    const firstAggregate = Math.max(1, this.nextAggregateId - trades.length);
    const skipped = trades.length - Math.min(this.nextTradeId - first, this.nextAggregateId - firstAggregate);
    let previous = trades[0]?.price ?? 0;
    for (const [index, trade] of trades.slice(skipped).entries()) {
      const id = this.nextTradeId - (trades.length - skipped) + index;
      const aggregate = this.nextAggregateId - (trades.length - skipped) + index;
      this.prints.add(publicTrade(id, trade.price, trade.quantity, trade.time, trade.price < previous), aggregate, false);
      previous = trade.price;
    }
    this.prints.takeFresh();
    if (isNew) this.lastQuantity = trades[trades.length - 1]?.quantity ?? 0;
  }

  averagePrice(): Amount {
    const newest = this.minutes.newestOpenTime();
    if (this.last === 0) return zero;
    const from = newest - (this.definition.filters.averageMinutes - 1) * minute;
    const sum = this.minutes.sum(from, newest + minute, this.definition);
    if (sum === undefined || sum.volume === 0n) return (BigInt(this.last) * this.definition.tick) as Amount;
    return average(sum.quoteVolume, sum.volume);
  }

  dayStatistics(at: number): DayStatistics {
    const from = Math.floor((at - day) / minute) * minute + minute;
    const sum = this.minutes.sum(from, Math.floor(at / minute) * minute + minute, this.definition);
    const before = this.minutes.indexFrom(from) - 1;
    const previousClose = before >= 0 ? this.minutes.row(before).close : (sum?.open ?? this.last);
    return {
      open: sum?.open ?? this.last,
      high: sum?.high ?? this.last,
      low: sum?.low ?? this.last,
      last: this.last,
      previousClose,
      lastQuantity: this.lastQuantity,
      volume: sum?.volume ?? zero,
      quoteVolume: sum?.quoteVolume ?? zero,
      weightedAverage: sum === undefined || sum.volume === 0n ? zero : average(sum.quoteVolume, sum.volume),
      openTime: at - day,
      closeTime: at,
      firstId: sum?.firstTradeId ?? -1,
      lastId: sum?.lastTradeId ?? -1,
      count: sum?.trades ?? 0,
    };
  }

  // ---------------------------------------------------------------------------------------------------------- book

  /** The house's quotes of one side, best first. */
  quotes(side: OrderSide): Quote[] {
    const { house } = this.definition;
    return house === undefined ? [] : houseQuotes(side, house, this, this.side(side === 'BUY' ? 'SELL' : 'BUY').firstKey() ?? 0);
  }

  bestQuote(side: OrderSide): Quote | undefined {
    const { house } = this.definition;
    if (house === undefined) return undefined;
    return bestHouseQuote(side, house, this, this.side(side === 'BUY' ? 'SELL' : 'BUY').firstKey() ?? 0);
  }

  consume(side: OrderSide, price: number, quantity: number): void {
    const key = side === 'BUY' ? -price : price;
    this.consumed.set(key, (this.consumed.get(key) ?? 0) + quantity);
  }

  /** Levels of the visible book, best first. */
  levels(side: OrderSide, limit: number): Level[] {
    const direction = side === 'BUY' ? -1 : 1;
    const sums = new Map<number, number>();
    for (const order of this.side(side)) {
      if (!sums.has(order.price) && sums.size >= limit) break;
      sums.set(order.price, (sums.get(order.price) ?? 0) + shown(order));
    }
    for (const quote of this.quotes(side)) sums.set(quote.price, (sums.get(quote.price) ?? 0) + quote.quantity);
    return [...sums].sort((a, b) => (a[0] - b[0]) * direction).slice(0, limit);
  }

  best(): BookTicker {
    const bid = this.#bestLevel('BUY');
    const ask = this.#bestLevel('SELL');
    return { updateId: this.updateId, bid: bid[0], bidQuantity: bid[1], ask: ask[0], askQuantity: ask[1] };
  }

  /** [0, 0] when the side is empty. */
  #bestLevel(side: OrderSide): Level {
    const quote = this.bestQuote(side);
    const price = this.side(side).firstKey();
    if (price === undefined) return quote === undefined ? [0, 0] : [quote.price, quote.quantity];
    const isQuoteBetter = quote !== undefined && (side === 'BUY' ? quote.price > price : quote.price < price);
    if (isQuoteBetter) return [quote.price, quote.quantity];
    let quantity = quote?.price === price ? quote.quantity : 0;
    for (const order of this.side(side)) {
      if (order.price !== price) break;
      quantity += shown(order);
    }
    return [price, quantity];
  }

  /** The best prices when they differ from what was said last. */
  newBest(): BookTicker | undefined {
    const best = this.best();
    const old = this.#published;
    const isSame =
      old !== undefined &&
      old.bid === best.bid &&
      old.ask === best.ask &&
      old.bidQuantity === best.bidQuantity &&
      old.askQuantity === best.askQuantity;
    if (isSame) return undefined;
    this.#published = best;
    return best;
  }

  depth(limit: number): DepthSnapshot {
    for (const shown of this.#onSnapshot) shown();
    return { lastUpdateId: this.updateId, bids: this.levels('BUY', limit), asks: this.levels('SELL', limit) };
  }

  depthFeed(): DepthFeed {
    const all = Number.POSITIVE_INFINITY;
    let bids = new Map(this.levels('BUY', all));
    let asks = new Map(this.levels('SELL', all));
    let said = this.updateId;
    // What a snapshot showed between two differences must be said again, also where it is back to what it was before.
    const shown = { bids: new Set<number>(), asks: new Set<number>() };
    this.#onSnapshot.push(() => {
      if (said === this.updateId) return;
      for (const [price] of changed(bids, new Map(this.levels('BUY', all)))) shown.bids.add(price);
      for (const [price] of changed(asks, new Map(this.levels('SELL', all)))) shown.asks.add(price);
    });
    return {
      next: (): DepthDiff | undefined => {
        if (said === this.updateId) return undefined;
        const nextBids = new Map(this.levels('BUY', all));
        const nextAsks = new Map(this.levels('SELL', all));
        const diff = {
          first: said + 1,
          last: this.updateId,
          bids: changed(bids, nextBids, shown.bids),
          asks: changed(asks, nextAsks, shown.asks),
        };
        if (diff.bids.length + diff.asks.length === 0) return undefined;
        bids = nextBids;
        asks = nextAsks;
        said = this.updateId;
        shown.bids.clear();
        shown.asks.clear();
        return diff;
      },
    };
  }
}

/** Levels of `to` that differ from `from` or were `shown` otherwise; those that are gone with quantity 0. */
function changed(
  from: ReadonlyMap<number, number>,
  to: ReadonlyMap<number, number>,
  shown: ReadonlySet<number> = new Set(),
): Level[] {
  const levels: Level[] = [];
  for (const [price, quantity] of to) if (from.get(price) !== quantity || shown.has(price)) levels.push([price, quantity]);
  for (const price of new Set([...from.keys(), ...shown])) if (!to.has(price)) levels.push([price, 0]);
  return levels;
}

/** Quote per base, rounded down to 8 decimals. */
const average = (quoteVolume: Amount, volume: Amount): Amount =>
  ((((quoteVolume * unit) / volume / cent) as bigint) * cent) as Amount;

/** Order in which a candle's prices are taken to have come (performance.md, accuracy rule 1). */
export const pathOf = (candle: Pick<CandleRow, 'open' | 'high' | 'low' | 'close'>): readonly [number, number, number, number] =>
  candle.close >= candle.open
    ? [candle.open, candle.low, candle.high, candle.close]
    : [candle.open, candle.high, candle.low, candle.close];
