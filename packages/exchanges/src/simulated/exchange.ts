/**
 * The matching core.
 *   M1  Price-time priority: a taker meets the best price first and, at one price, the order that came first. The
 *       house's quotes came with the last tick of the tape.
 *   M2  What an order may cost is locked while it is open; what it does not need is free at once.
 *   M3  What one side pays, the other side and the fee account receive, to the last digit.
 *   M4  Ids of orders, lists, trades and book updates only rise.
 */
import { type Amount, type Asset, type EpochMs, InvariantError, invariant, type Pair } from '@holdfast/domain';
import { admit, check } from './admission.ts';
import { amend, cancel, cancelAll, cancelList } from './cancelling.ts';
import { isRefused, refusal } from './checks.ts';
import { usualCommission } from './commission.ts';
import { begin, finish } from './consequences.ts';
import { Core } from './core.ts';
import { placeOco, placeOto } from './lists.ts';
import { defineMarket } from './market.ts';
import { MarketState } from './market-state.ts';
import { isReached } from './matching.ts';
import type { OpenOrder } from './open-orders.ts';
import { isOpen, opposite, shown } from './orders.ts';
import {
  type AggregateTrade,
  type Amended,
  type AmendRequest,
  type BalanceRecord,
  type Batch,
  type BookTicker,
  type Canceled,
  type CancelListRequest,
  type CancelRequest,
  type CandleRow,
  type Change,
  type Commission,
  type CreateExchange,
  type DayStatistics,
  type DepthFeed,
  type DepthSnapshot,
  type Exchange,
  type ExchangeConfig,
  feeUser,
  houseUser,
  type Interval,
  type Kline,
  type KlineQuery,
  type ListPlaced,
  type MarketDefinition,
  type MarketRequest,
  type MarketTick,
  type OcoRequest,
  type Order,
  type OrderList,
  type OrderRequest,
  type OtoRequest,
  type Placed,
  type PublicTrade,
  type RestoredState,
  type Result,
  type UserId,
  type UserRecord,
  type UserTrade,
} from './port.ts';
import { needOf } from './reserve.ts';
import { trade, work } from './work.ts';

const firstCounters = { nextUserId: 1, nextOrderId: 1, nextListId: 0, nextRank: 1, nextExecutionId: 1, idsMade: 0 };

class SimulatedExchange implements Exchange {
  readonly #commission: Commission;
  readonly #symbols = new Map<string, MarketState>();
  readonly #core: Core;

  constructor({ seed, commission, markets }: ExchangeConfig, restored?: RestoredState) {
    this.#commission = commission ?? usualCommission;
    this.#core = new Core(seed ?? 1, { ...firstCounters, ...restored?.counters });
    this.#core.accounts.open(houseUser);
    this.#core.accounts.open(feeUser);
    if (restored !== undefined) this.#restore(restored);
    for (const request of markets) {
      if (this.#core.markets.has(request.pair)) continue;
      const defined = this.#define(request);
      if (!defined.ok) throw new InvariantError(`market ${request.pair}: ${defined.msg}`);
    }
  }

  #restore(state: RestoredState): void {
    for (const user of state.users) {
      this.#core.users.set(user.userId, user);
      this.#core.accounts.open(user.userId);
    }
    for (const balance of state.balances) this.#core.accounts.restore(balance);
    for (const record of state.markets) this.#addMarket(record.definition).restore(record);
    for (const list of state.lists)
      if (list.listOrderStatus === 'EXECUTING') this.#core.orders.lists.set(list.orderListId, { ...list });
    for (const order of state.orders.filter(isOpen).sort((a, b) => a.orderId - b.orderId)) {
      const open = { ...order };
      this.#core.orders.add(open);
      this.#core.queue(this.#core.of(order.pair), open);
    }
    for (const market of this.#core.markets.values()) market.bookChanged = false;
    this.#core.areCountersDirty = false;
  }

  // -------------------------------------------------------------------------------------------------------- the tape

  tick(tick: MarketTick): void {
    const market = this.#core.of(tick.pair);
    if (market.definition.halted) return;
    this.#core.elapse(market, tick.at, tick.price);
    market.tickCount++;
    market.tickRank = this.#core.counters.nextRank;
    const rose = tick.price >= market.last;
    market.anchor = market.definition.house === undefined ? 0 : tick.price;
    if (market.consumed.size > 0) market.consumed.clear();
    market.bookChanged = true;
    market.dirty = true;
    const filled = this.#fillTouched(market, tick);
    if (tick.volume > filled) market.print(tick.price, tick.volume - filled, tick.at, !rose, false, this.#core.news.marketEvents);
    else if (filled === 0 || market.last !== tick.price) market.move(tick.price);
    finish(this.#core, market, tick.at);
  }

  /** The house trades with resting orders that the tape reached, at their own price; gives the lots traded. */
  #fillTouched(market: MarketState, tick: MarketTick): number {
    const { house } = market.definition;
    if (house === undefined) return 0;
    let available = Math.floor((tick.volume * house.volumeShareBps) / 10_000);
    let filled = 0;
    for (const side of ['BUY', 'SELL'] as const) {
      for (;;) {
        const order = market.side(side).first();
        if (order === undefined || available <= 0 || !isReached(order, side, tick.price, house.fill)) break;
        const lots = Math.min(available, shown(order));
        trade(
          this.#core,
          market,
          order.price,
          lots,
          { maker: order, taker: undefined, takerSide: opposite(side) },
          tick.at,
          false,
        );
        available -= lots;
        filled += lots;
      }
    }
    return filled;
  }

  touches(pair: Pair, price: number): boolean {
    const market = this.#core.of(pair);
    if (market.definition.halted) return false;
    if (market.trailing.size > 0) return true;
    const fill = market.definition.house?.fill ?? 'touch';
    const bid = market.bids.first();
    const ask = market.asks.first();
    if (bid !== undefined && isReached(bid, 'BUY', price, fill)) return true;
    if (ask !== undefined && isReached(ask, 'SELL', price, fill)) return true;
    return (market.above.firstKey() ?? Number.POSITIVE_INFINITY) <= price || (market.below.firstKey() ?? 0) >= price;
  }

  advance(at: EpochMs): void {
    for (const market of this.#core.markets.values()) if (market.minutes.rows > 0) this.#core.elapse(market, at, market.last);
  }

  // ---------------------------------------------------------------------------------------------------------- drains

  drain(): Batch {
    return this.#core.news.take(this.#core.accounts);
  }

  checkpoint(): readonly Change[] {
    const changes: Change[] = [];
    for (const market of this.#core.markets.values()) {
      if (!market.dirty) continue;
      market.dirty = false;
      changes.push({ kind: 'market', market: market.record() });
    }
    if (this.#core.areCountersDirty) changes.push({ kind: 'counters', counters: { ...this.#core.counters } });
    this.#core.areCountersDirty = false;
    return changes;
  }

  // ----------------------------------------------------------------------------------------------- users and markets

  createUser(credit: Readonly<Record<string, Amount>>, at: EpochMs, commission?: Commission): UserId {
    const userId = this.#core.take('nextUserId');
    const user = { userId, commission: commission ?? this.#commission };
    this.#core.users.set(userId, user);
    this.#core.news.userChanged(user);
    this.#core.accounts.open(userId);
    for (const [asset, value] of Object.entries(credit)) this.credit(userId, asset as Asset, value, at);
    return userId;
  }

  credit(userId: UserId, asset: Asset, value: Amount, at: EpochMs): void {
    invariant(this.#core.accounts.free(userId, asset) + value >= 0n, `A1 of ${asset} of user ${userId}`);
    this.#core.accounts.move(houseUser, userId, asset, value);
    this.#core.news.tell({ kind: 'balance', userId, at, asset, delta: value });
    this.#core.news.tellBalances(this.#core.accounts, at);
  }

  user(userId: UserId): UserRecord | undefined {
    return this.#core.users.get(userId);
  }

  userIds(): readonly UserId[] {
    return [...this.#core.users.keys()];
  }

  balances(userId: UserId): readonly BalanceRecord[] {
    return this.#core.accounts.all(userId);
  }

  listMarket(request: MarketRequest, at: EpochMs): Result<{ readonly market: MarketDefinition }> {
    if (this.#core.markets.has(request.pair)) return refusal(-1130, `Market ${request.pair} is already listed.`);
    const defined = this.#define(request);
    if (defined.ok) this.#core.of(request.pair).lastTime = at;
    return defined;
  }

  #define(request: MarketRequest): Result<{ readonly market: MarketDefinition }> {
    const defined = defineMarket(request);
    if (!defined.ok) return defined;
    if (this.#symbols.has(defined.market.symbol)) return refusal(-1130, `Symbol ${defined.market.symbol} is already listed.`);
    const market = this.#addMarket(defined.market);
    if (request.price !== undefined) market.last = Number(request.price / request.tick);
    if (market.definition.house !== undefined) market.anchor = market.last;
    return defined;
  }

  #addMarket(definition: MarketDefinition): MarketState {
    const market = new MarketState(definition);
    this.#core.markets.set(definition.pair, market);
    this.#symbols.set(definition.symbol, market);
    return market;
  }

  halt(pair: Pair, halted: boolean, _at: EpochMs): void {
    const market = this.#core.of(pair);
    if (market.definition.halted === halted) return;
    market.definition = { ...market.definition, halted };
    market.dirty = true;
    this.#core.news.publish({ kind: 'market-status', pair, halted });
  }

  markets(): readonly MarketDefinition[] {
    return [...this.#core.markets.values()].map((market) => market.definition);
  }

  market(pair: Pair): MarketDefinition | undefined {
    return this.#core.markets.get(pair)?.definition;
  }

  bySymbol(symbol: string): MarketDefinition | undefined {
    return this.#symbols.get(symbol)?.definition;
  }

  // --------------------------------------------------------------------------------------------------------- placing

  place(request: OrderRequest, at: EpochMs): Result<Placed> {
    const checked = check(this.#core, request, 0);
    if (isRefused(checked)) return checked;
    const market = this.#core.of(request.pair);
    const admitted = admit(this.#core, market, checked);
    if (isRefused(admitted)) return admitted;
    begin(this.#core, market, at);
    const order = this.#core.create(market, checked, admitted, -1, at);
    this.#core.reserve(market, order, needOf(market, order));
    this.#enter(market, order, at);
    return this.#placed(market, order, at);
  }

  check(request: OrderRequest): Result<object> {
    const checked = check(this.#core, request, 0);
    return isRefused(checked) ? checked : { ok: true };
  }

  test(request: OrderRequest, _at: EpochMs): Result<object> {
    const checked = check(this.#core, request, 0);
    if (isRefused(checked)) return checked;
    const admitted = admit(this.#core, this.#core.of(request.pair), checked);
    return isRefused(admitted) ? admitted : { ok: true };
  }

  #placed(market: MarketState, order: OpenOrder, at: EpochMs): Placed & { readonly ok: true } {
    finish(this.#core, market, at);
    const trades = this.#core.fills.filter((trade) => trade.orderId === order.orderId);
    const preventedMatches = this.#core.prevented.filter((match) => match.takerOrderId === order.orderId);
    return { ok: true, order: { ...order }, trades, preventedMatches };
  }

  /** Says that the order is there and lets it wait or work. */
  #enter(market: MarketState, order: OpenOrder, at: EpochMs): void {
    this.#core.say(order, 'NEW', at);
    if (order.working) work(this.#core, market, order, at);
    else this.#core.queue(market, order);
  }

  // -------------------------------------------------------------------------------------------------------- matching

  // ----------------------------------------------------------------------------------------------------------- stops

  // ----------------------------------------------------------------------------------------------------------- lists

  placeOco(request: OcoRequest, at: EpochMs): Result<ListPlaced & { readonly trades: readonly UserTrade[] }> {
    return placeOco(this.#core, request, at);
  }

  placeOto(request: OtoRequest, at: EpochMs): Result<ListPlaced & { readonly trades: readonly UserTrade[] }> {
    return placeOto(this.#core, request, at);
  }

  // ------------------------------------------------------------------------------------------- cancelling, amending

  cancel(request: CancelRequest, at: EpochMs): Result<Canceled> {
    return cancel(this.#core, request, at);
  }

  cancelAll(userId: UserId, pair: Pair, at: EpochMs): Result<{ readonly canceled: readonly Canceled[] }> {
    return cancelAll(this.#core, userId, pair, at);
  }

  cancelList(request: CancelListRequest, at: EpochMs): Result<ListPlaced> {
    return cancelList(this.#core, request, at);
  }

  amend(request: AmendRequest, at: EpochMs): Result<Amended> {
    return amend(this.#core, request, at);
  }

  // --------------------------------------------------------------------------------------------------------- queries

  openOrders(userId: UserId, pair?: Pair): readonly Order[] {
    return this.#core.orders.mine(userId, pair).map((order) => ({ ...order }));
  }

  openOrder(userId: UserId, pair: Pair, orderId?: number, clientOrderId?: string): Order | undefined {
    const order = this.#core.orders.find(userId, pair, orderId, clientOrderId);
    return order === undefined ? undefined : { ...order };
  }

  openLists(userId: UserId): readonly OrderList[] {
    return this.#core.orders.listsOf(userId).map((list) => ({ ...list }));
  }

  openList(userId: UserId, orderListId?: number, listClientOrderId?: string): OrderList | undefined {
    const list = this.#core.orders.findList(userId, orderListId, listClientOrderId);
    return list === undefined ? undefined : { ...list };
  }

  last(pair: Pair): number {
    return this.#core.of(pair).last;
  }

  best(pair: Pair): BookTicker {
    return this.#core.of(pair).best();
  }

  depth(pair: Pair, limit: number): DepthSnapshot {
    return this.#core.of(pair).depth(limit);
  }

  depthFeed(pair: Pair): DepthFeed {
    return this.#core.of(pair).depthFeed();
  }

  recentTrades(pair: Pair, limit: number, fromId?: number): readonly PublicTrade[] {
    return this.#core.of(pair).prints.recent(limit, fromId);
  }

  aggregateTrades(pair: Pair, query: Parameters<Exchange['aggregateTrades']>[1]): readonly AggregateTrade[] {
    return this.#core.of(pair).prints.aggregates(query);
  }

  loadHistory(pair: Pair, candles: Iterable<CandleRow>): void {
    this.#core.of(pair).loadHistory(candles);
  }

  klines(pair: Pair, interval: Interval, query: KlineQuery): readonly Kline[] {
    return this.#core.of(pair).klines(interval, query);
  }

  currentKline(pair: Pair, interval: Interval, eastMs = 0): Kline | undefined {
    return this.#core.of(pair).currentKline(interval, eastMs);
  }

  watchKline(pair: Pair, interval: Interval, eastMs = 0): void {
    this.#core.of(pair).watch(interval, eastMs);
  }

  dayStatistics(pair: Pair, at: EpochMs): DayStatistics {
    return this.#core.of(pair).dayStatistics(at);
  }

  averagePrice(pair: Pair): { readonly minutes: number; readonly price: Amount; readonly closeTime: number } {
    const market = this.#core.of(pair);
    return { minutes: market.definition.filters.averageMinutes, price: market.averagePrice(), closeTime: market.lastTime };
  }

  // ---------------------------------------------------------------------------------------------------------- saying
}

/** Builds an exchange, or rebuilds one exactly as its stored changes say. */
export const createExchange: CreateExchange = (config, restored) => new SimulatedExchange(config, restored);
