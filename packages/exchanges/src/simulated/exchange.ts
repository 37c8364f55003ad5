/**
 * The matching core.
 *   M1  Price-time priority: a taker meets the best price first and, at one price, the order that came first. The
 *       house's quotes came with the last tick of the tape.
 *   M2  What an order may cost is locked while it is open; what it does not need is free at once.
 *   M3  What one side pays, the other side and the fee account receive, to the last digit.
 *   M4  Ids of orders, lists, trades and book updates only rise.
 */
import { type Amount, type Asset, type EpochMs, InvariantError, invariant, type Pair, zero } from '@holdfast/domain';
import { Accounts } from './accounts.ts';
import { type CheckedOrder, checkOrder, isRefused, type OpenCounts, refusal } from './checks.ts';
import { commissionOn, usualCommission } from './commission.ts';
import { defineMarket } from './market.ts';
import { MarketState } from './market-state.ts';
import { isBefore, isReached, isWithin, wouldTrigger, wouldTriggerAt } from './matching.ts';
import { levelOf, ocoShape } from './oco.ts';
import { hasPrice, isConditional, isOpen, type Mutable, opposite, remaining, shown, triggersAbove } from './orders.ts';
import { outlookOf } from './outlook.ts';
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
  type ContingencyType,
  type Counters,
  type CreateExchange,
  type DayStatistics,
  type DepthFeed,
  type DepthSnapshot,
  type Exchange,
  type ExchangeConfig,
  type ExecutionType,
  type ExpiryReason,
  feeUser,
  houseUser,
  type Interval,
  type Kline,
  type KlineQuery,
  type ListPlaced,
  type MarketDefinition,
  type MarketEvent,
  type MarketRequest,
  type MarketTick,
  type OcoRequest,
  type Order,
  type OrderList,
  type OrderRequest,
  type OrderSide,
  type OtoRequest,
  type Placed,
  type PreventedMatch,
  type PublicTrade,
  type Refused,
  type RestoredState,
  type Result,
  type UserEvent,
  type UserId,
  type UserRecord,
  type UserTrade,
} from './port.ts';
import { madeUpId } from './random.ts';
import { needOf, ofChecked, payAsset, withStop } from './reserve.ts';

type OpenOrder = Mutable<Order>;
type OpenList = Mutable<OrderList>;

const texts = {
  balance: 'Account has insufficient balance for requested action.',
  closed: 'Market is closed.',
  unknown: 'Unknown order sent.',
  duplicate: 'Duplicate order sent.',
  trigger: 'Order would trigger immediately.',
  take: 'Order would immediately match and take.',
  restrictions: 'Order was not canceled due to cancel restrictions.',
  prices: 'The relationship of the prices for the orders is not correct.',
  thin: 'Order book liquidity is less than symbol minimum quantity.',
} as const;

class SimulatedExchange implements Exchange {
  readonly #config: ExchangeConfig;
  readonly #markets = new Map<Pair, MarketState>();
  readonly #symbols = new Map<string, MarketState>();
  readonly #accounts = new Accounts();
  readonly #users = new Map<UserId, UserRecord>();
  readonly #open = new Map<number, OpenOrder>();
  readonly #byUser = new Map<UserId, Set<OpenOrder>>();
  readonly #byClientId = new Map<string, OpenOrder>();
  readonly #lists = new Map<number, OpenList>();
  readonly #counters: Mutable<Counters>;
  #countersDirty = true;

  readonly #dirtyUsers = new Set<UserRecord>();
  readonly #dirtyOrders = new Set<OpenOrder>();
  readonly #dirtyLists = new Set<OpenList>();
  #records: Change[] = [];
  #userEvents: UserEvent[] = [];
  #marketEvents: MarketEvent[] = [];
  /** OTO working orders that filled: their pending orders are due. */
  #due: OpenList[] = [];
  /** Fills of the operation that is going on. */
  #fills: UserTrade[] = [];
  #prevented: PreventedMatch[] = [];

  constructor(config: ExchangeConfig, restored?: RestoredState) {
    this.#config = config;
    this.#counters = {
      nextUserId: 1,
      nextOrderId: 1,
      nextListId: 0,
      nextRank: 1,
      nextExecutionId: 1,
      idsMade: 0,
      ...restored?.counters,
    };
    this.#accounts.open(houseUser);
    this.#accounts.open(feeUser);
    if (restored !== undefined) this.#restore(restored);
    for (const request of config.markets) {
      if (this.#markets.has(request.pair)) continue;
      const defined = this.#define(request);
      if (!defined.ok) throw new InvariantError(`market ${request.pair}: ${defined.msg}`);
    }
  }

  #restore(state: RestoredState): void {
    for (const user of state.users) {
      this.#users.set(user.userId, user);
      this.#accounts.open(user.userId);
    }
    for (const balance of state.balances) this.#accounts.restore(balance);
    for (const record of state.markets) this.#addMarket(record.definition).restore(record);
    for (const list of state.lists) if (list.listOrderStatus === 'EXECUTING') this.#lists.set(list.orderListId, { ...list });
    for (const order of state.orders.filter(isOpen).sort((a, b) => a.orderId - b.orderId)) {
      const open = { ...order };
      this.#remember(open);
      this.#queue(this.#of(order.pair), open);
    }
    for (const market of this.#markets.values()) market.bookChanged = false;
    this.#countersDirty = false;
  }

  // -------------------------------------------------------------------------------------------------------- the tape

  tick(tick: MarketTick): void {
    const market = this.#of(tick.pair);
    if (market.definition.halted) return;
    this.#elapse(market, tick.at, tick.price);
    market.tickCount++;
    market.tickRank = this.#counters.nextRank;
    const rose = tick.price >= market.last;
    market.anchor = market.definition.house === undefined ? 0 : tick.price;
    if (market.consumed.size > 0) market.consumed.clear();
    market.bookChanged = true;
    market.dirty = true;
    const filled = this.#fillTouched(market, tick);
    if (tick.volume > filled) market.print(tick.price, tick.volume - filled, tick.at, !rose, false, this.#marketEvents);
    else if (filled === 0 || market.last !== tick.price) market.move(tick.price);
    this.#finish(market, tick.at);
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
        this.#trade(market, order.price, lots, { maker: order, taker: undefined, takerSide: opposite(side) }, tick.at, false);
        available -= lots;
        filled += lots;
      }
    }
    return filled;
  }

  touches(pair: Pair, price: number): boolean {
    const market = this.#of(pair);
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
    for (const market of this.#markets.values()) if (market.minutes.rows > 0) this.#elapse(market, at, market.last);
  }

  #elapse(market: MarketState, at: number, price: number): void {
    const { rows } = market.minutes;
    const closed = market.elapse(at, market.last === 0 ? price : market.last, this.#marketEvents);
    if (closed !== undefined) this.#records.push({ kind: 'candle', pair: market.pair, candle: closed });
    if (market.minutes.rows !== rows) market.dirty = true;
  }

  // ---------------------------------------------------------------------------------------------------------- drains

  drain(): Batch {
    const changes: Change[] = [];
    for (const user of this.#dirtyUsers) changes.push({ kind: 'user', user });
    for (const balance of this.#accounts.takeDirty()) changes.push({ kind: 'balance', balance });
    for (const order of this.#dirtyOrders) changes.push({ kind: 'order', order: { ...order } });
    for (const list of this.#dirtyLists) changes.push({ kind: 'list', list: { ...list } });
    const batch = { changes: changes.concat(this.#records), userEvents: this.#userEvents, marketEvents: this.#marketEvents };
    this.#dirtyUsers.clear();
    this.#dirtyOrders.clear();
    this.#dirtyLists.clear();
    this.#records = [];
    this.#userEvents = [];
    this.#marketEvents = [];
    return batch;
  }

  checkpoint(): readonly Change[] {
    const changes: Change[] = [];
    for (const market of this.#markets.values()) {
      if (!market.dirty) continue;
      market.dirty = false;
      changes.push({ kind: 'market', market: market.record() });
    }
    if (this.#countersDirty) changes.push({ kind: 'counters', counters: { ...this.#counters } });
    this.#countersDirty = false;
    return changes;
  }

  // ----------------------------------------------------------------------------------------------- users and markets

  createUser(credit: Readonly<Record<string, Amount>>, at: EpochMs, commission?: Commission): UserId {
    const userId = this.#take('nextUserId');
    const user = { userId, commission: commission ?? this.#config.commission ?? usualCommission };
    this.#users.set(userId, user);
    this.#dirtyUsers.add(user);
    this.#accounts.open(userId);
    for (const [asset, value] of Object.entries(credit)) this.credit(userId, asset as Asset, value, at);
    return userId;
  }

  credit(userId: UserId, asset: Asset, value: Amount, at: EpochMs): void {
    invariant(this.#accounts.free(userId, asset) + value >= 0n, `A1 of ${asset} of user ${userId}`);
    this.#accounts.move(houseUser, userId, asset, value);
    this.#userEvents.push({ kind: 'balance', userId, at, asset, delta: value });
    this.#sayBalances(at);
  }

  user(userId: UserId): UserRecord | undefined {
    return this.#users.get(userId);
  }

  userIds(): readonly UserId[] {
    return [...this.#users.keys()];
  }

  balances(userId: UserId): readonly BalanceRecord[] {
    return this.#accounts.all(userId);
  }

  listMarket(request: MarketRequest, at: EpochMs): Result<{ readonly market: MarketDefinition }> {
    if (this.#markets.has(request.pair)) return refusal(-1130, `Market ${request.pair} is already listed.`);
    const defined = this.#define(request);
    if (defined.ok) this.#of(request.pair).lastTime = at;
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
    this.#markets.set(definition.pair, market);
    this.#symbols.set(definition.symbol, market);
    return market;
  }

  halt(pair: Pair, halted: boolean, _at: EpochMs): void {
    const market = this.#of(pair);
    if (market.definition.halted === halted) return;
    market.definition = { ...market.definition, halted };
    market.dirty = true;
    this.#marketEvents.push({ kind: 'market-status', pair, halted });
  }

  markets(): readonly MarketDefinition[] {
    return [...this.#markets.values()].map((market) => market.definition);
  }

  market(pair: Pair): MarketDefinition | undefined {
    return this.#markets.get(pair)?.definition;
  }

  bySymbol(symbol: string): MarketDefinition | undefined {
    return this.#symbols.get(symbol)?.definition;
  }

  #of(pair: Pair): MarketState {
    const market = this.#markets.get(pair);
    if (market === undefined) throw new InvariantError(`market ${pair} is not listed`);
    return market;
  }

  // --------------------------------------------------------------------------------------------------------- placing

  place(request: OrderRequest, at: EpochMs): Result<Placed> {
    const checked = this.#check(request, 0);
    if (isRefused(checked)) return checked;
    const market = this.#of(request.pair);
    const admitted = this.#admit(market, checked);
    if (isRefused(admitted)) return admitted;
    this.#begin(market, at);
    const order = this.#create(market, checked, admitted, -1, at);
    this.#reserve(market, order, needOf(market, order));
    this.#enter(market, order, at);
    return this.#placed(market, order, at);
  }

  check(request: OrderRequest): Result<object> {
    const checked = this.#check(request, 0);
    return isRefused(checked) ? checked : { ok: true };
  }

  test(request: OrderRequest, _at: EpochMs): Result<object> {
    const checked = this.#check(request, 0);
    if (isRefused(checked)) return checked;
    const admitted = this.#admit(this.#of(request.pair), checked);
    return isRefused(admitted) ? admitted : { ok: true };
  }

  #begin(market: MarketState, at: number): void {
    this.#fills = [];
    this.#prevented = [];
    if (market.last !== 0) this.#elapse(market, at, market.last);
  }

  #placed(market: MarketState, order: OpenOrder, at: EpochMs): Placed & { readonly ok: true } {
    this.#finish(market, at);
    const trades = this.#fills.filter((trade) => trade.orderId === order.orderId);
    const preventedMatches = this.#prevented.filter((match) => match.takerOrderId === order.orderId);
    return { ok: true, order: { ...order }, trades, preventedMatches };
  }

  /** Parameters and filters. `ahead`: orders of the same request that count as open already. */
  #check(request: OrderRequest, ahead: number): CheckedOrder | Refused {
    const market = this.#markets.get(request.pair);
    if (market === undefined) return refusal(-1121, 'Invalid symbol.');
    invariant(this.#users.has(request.userId), `user ${request.userId} exists`);
    return checkOrder(market.definition, request, market.averagePrice(), this.#counts(market, request.userId, ahead));
  }

  #counts(market: MarketState, userId: UserId, ahead: number): OpenCounts {
    const { base } = market.definition;
    let position = this.#accounts.free(userId, base) + this.#accounts.locked(userId, base);
    let orders = ahead;
    let algoOrders = 0;
    for (const order of this.#byUser.get(userId) ?? []) {
      if (order.pair !== market.pair) continue;
      orders++;
      if (isConditional(order.type) && !order.working) algoOrders++;
      if (order.side === 'BUY') position += market.base(remaining(order));
    }
    return { orders, algoOrders, position: position as Amount };
  }

  /** What book and balance say; gives the quantity that an order by quote would trade. */
  #admit(market: MarketState, checked: CheckedOrder): { readonly quantity: number } | Refused {
    const refused = this.#admitToBook(market, checked);
    if (refused !== undefined) return refused;
    if (checked.request.type === 'MARKET') return this.#admitMarketOrder(market, checked);
    const { userId, side } = checked.request;
    if (this.#spendable(market, userId, side) < needOf(market, ofChecked(checked, market.last)))
      return refusal(-2010, texts.balance);
    return { quantity: checked.quantity };
  }

  #admitToBook(market: MarketState, checked: CheckedOrder): Refused | undefined {
    const { request, price } = checked;
    if (market.definition.halted) return refusal(-2010, texts.closed);
    if (request.clientOrderId !== undefined && this.#byClientId.has(clientKey(request.userId, request.clientOrderId)))
      return refusal(-2010, texts.duplicate);
    if (isConditional(request.type) && wouldTrigger(checked, market.last)) return refusal(-2010, texts.trigger);
    if (request.type === 'LIMIT_MAKER' && this.#wouldTake(market, request.side, price)) return refusal(-2010, texts.take);
    return undefined;
  }

  #wouldTake(market: MarketState, side: OrderSide, price: number): boolean {
    const best = market.best();
    return side === 'BUY' ? best.ask !== 0 && price >= best.ask : price <= best.bid;
  }

  #spendable(market: MarketState, userId: UserId, side: OrderSide): Amount {
    return this.#accounts.free(userId, side === 'BUY' ? market.definition.quote : market.definition.base);
  }

  #admitMarketOrder(market: MarketState, checked: CheckedOrder): { readonly quantity: number } | Refused {
    const { request, quoteOrderQty } = checked;
    const { filters } = market.definition;
    const byQuote = quoteOrderQty > 0n;
    const wanted = byQuote ? filters.maxQuantity : checked.quantity;
    const outlook = outlookOf(market, checked, wanted, byQuote ? quoteOrderQty : undefined);
    const met = outlook.lots + outlook.prevented;
    if (byQuote && outlook.lastPrice === 0) return refusal(-2010, texts.thin);
    const left = byQuote ? quoteOrderQty - outlook.quote : zero;
    const beyond = byQuote && outlook.prevented === 0 ? Number(left / market.notional(outlook.lastPrice, 1)) : 0;
    const quantity = byQuote ? Math.min(met + beyond, filters.maxQuantity) : checked.quantity;
    if (byQuote && quantity < filters.minQuantity) return refusal(-1013, 'Filter failure: LOT_SIZE');
    const need = request.side === 'SELL' ? market.base(quantity) : byQuote ? quoteOrderQty : outlook.quote;
    if (this.#spendable(market, request.userId, request.side) < need) return refusal(-2010, texts.balance);
    return { quantity };
  }

  #create(
    market: MarketState,
    checked: CheckedOrder,
    admitted: { readonly quantity: number },
    orderListId: number,
    at: EpochMs,
  ): OpenOrder {
    const { request } = checked;
    const waits = isConditional(request.type);
    const tracks = checked.trailingDelta > 0 && checked.stopPrice === 0 && market.last > 0;
    const order: OpenOrder = {
      orderId: this.#take('nextOrderId'),
      userId: request.userId,
      pair: request.pair,
      clientOrderId: request.clientOrderId ?? this.#makeId(),
      orderListId,
      side: request.side,
      type: request.type,
      timeInForce: checked.timeInForce,
      price: checked.price,
      quantity: admitted.quantity,
      executed: 0,
      executedQuote: zero,
      quoteOrderQty: checked.quoteOrderQty,
      stopPrice: checked.stopPrice,
      trailingDelta: checked.trailingDelta,
      trailingSince: tracks ? at : -1,
      trailingExtreme: tracks ? market.last : 0,
      icebergQuantity: checked.icebergQuantity,
      slice: checked.icebergQuantity,
      stpMode: checked.stpMode,
      prevented: 0,
      status: 'NEW',
      expiryReason: undefined,
      time: at,
      updateTime: at,
      workingTime: waits ? -1 : at,
      working: !waits,
      reserved: zero,
      rank: this.#take('nextRank'),
      amends: 0,
      strategyId: request.strategyId,
      strategyType: request.strategyType,
    };
    this.#remember(order);
    this.#dirtyOrders.add(order);
    return order;
  }

  #remember(order: OpenOrder): void {
    this.#open.set(order.orderId, order);
    this.#byClientId.set(clientKey(order.userId, order.clientOrderId), order);
    const mine = this.#byUser.get(order.userId);
    if (mine === undefined) this.#byUser.set(order.userId, new Set([order]));
    else mine.add(order);
  }

  /** Puts an open order where it rests or waits. */
  #queue(market: MarketState, order: OpenOrder): void {
    if (order.status === 'PENDING_NEW') return;
    market.bookChanged = true;
    if (order.working) market.side(order.side).add(order);
    else if (order.trailingDelta > 0) market.trailing.add(order);
    else market.stops(triggersAbove(order.type, order.side)).add(order);
  }

  #unqueue(market: MarketState, order: OpenOrder): void {
    market.bookChanged = true;
    if (order.working) market.side(order.side).remove(order);
    else if (order.trailingDelta > 0) market.trailing.delete(order);
    else market.stops(triggersAbove(order.type, order.side)).remove(order);
  }

  /** Locks what an order may cost. MARKET orders trade at once and lock nothing. */
  #reserve(market: MarketState, order: OpenOrder, need: Amount): void {
    if (order.type === 'MARKET') return;
    this.#accounts.lock(order.userId, payAsset(market, order.side), need);
    order.reserved = (order.reserved + need) as Amount;
  }

  #release(market: MarketState, order: OpenOrder, value: bigint): void {
    const part = value > order.reserved ? order.reserved : value;
    order.reserved = (order.reserved - part) as Amount;
    this.#accounts.unlock(order.userId, payAsset(market, order.side), part);
  }

  /** Says that the order is there and lets it wait or work. */
  #enter(market: MarketState, order: OpenOrder, at: EpochMs): void {
    this.#say(order, 'NEW', at);
    if (order.working) this.#work(market, order, at);
    else this.#queue(market, order);
  }

  // -------------------------------------------------------------------------------------------------------- matching

  /** Takes what it can; the rest rests or expires as the type says. */
  #work(market: MarketState, order: OpenOrder, at: EpochMs): void {
    if (!hasPrice(order.type)) order.working = false;
    if (order.timeInForce === 'FOK' && !this.#fillsWhole(market, order)) {
      this.#expire(market, order, 'UNFILLED_FOK_ORDER_EXPIRED', at);
      return;
    }
    this.#match(market, order, at);
    if (!isOpen(order)) return;
    if (!hasPrice(order.type)) this.#expire(market, order, 'INSUFFICIENT_LIQUIDITY', at);
    else if (order.timeInForce === 'GTC') this.#queue(market, order);
    else this.#expire(market, order, 'UNFILLED_IOC_QUANTITY_EXPIRED', at);
  }

  #fillsWhole(market: MarketState, order: OpenOrder): boolean {
    const wanted = remaining(order);
    return outlookOf(market, { request: order, stpMode: order.stpMode, price: order.price }, wanted, undefined).lots === wanted;
  }

  #match(market: MarketState, taker: OpenOrder, at: EpochMs): void {
    let sameTaker = false;
    const other = opposite(taker.side);
    while (isOpen(taker) && remaining(taker) > 0) {
      const maker = market.side(other).first();
      const quote = market.bestQuote(other);
      const houseIsFirst = quote !== undefined && (maker === undefined || isBefore(quote.price, maker, other, market.tickRank));
      const price = houseIsFirst ? quote.price : maker?.price;
      if (price === undefined || !isWithin(taker.side, price, taker.price)) return;
      if (!houseIsFirst && maker?.userId === taker.userId && taker.stpMode !== 'NONE') {
        this.#prevent(market, taker, maker, at);
        continue;
      }
      const offered = houseIsFirst ? quote.quantity : shown(maker as OpenOrder);
      const lots = Math.min(remaining(taker), offered, this.#affordable(market, taker, price));
      if (lots === 0) return;
      if (houseIsFirst) market.consume(other, price, lots);
      const meeting = { maker: houseIsFirst ? undefined : maker, taker, takerSide: taker.side };
      this.#trade(market, price, lots, meeting, at, sameTaker);
      sameTaker = true;
    }
  }

  /** Lots that an order without a lock (MARKET, or a stop that became one) can pay. */
  #affordable(market: MarketState, taker: OpenOrder, price: number): number {
    if (hasPrice(taker.type) || taker.side === 'SELL') return Number.MAX_SAFE_INTEGER;
    const free = this.#accounts.free(taker.userId, market.definition.quote) / market.notional(price, 1);
    return free > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(free);
  }

  /** One fill. Maker or taker may be the house (undefined), never both. */
  #trade(
    market: MarketState,
    price: number,
    lots: number,
    sides: { readonly maker: OpenOrder | undefined; readonly taker: OpenOrder | undefined; readonly takerSide: OrderSide },
    at: EpochMs,
    sameTaker: boolean,
  ): void {
    const { maker, taker, takerSide } = sides;
    if (maker !== undefined) this.#prevail(market, maker, at);
    const buyer = takerSide === 'BUY' ? taker : maker;
    const seller = takerSide === 'BUY' ? maker : taker;
    const quote = market.notional(price, lots);
    const base = market.base(lots);
    if (buyer !== undefined) this.#release(market, buyer, hasPrice(buyer.type) ? market.notional(buyer.price, lots) : zero);
    if (seller !== undefined) this.#release(market, seller, base);
    this.#accounts.move(buyer?.userId ?? houseUser, seller?.userId ?? houseUser, market.definition.quote, quote);
    this.#accounts.move(seller?.userId ?? houseUser, buyer?.userId ?? houseUser, market.definition.base, base);
    const id = market.print(price, lots, at, takerSide === 'SELL', sameTaker, this.#marketEvents);
    market.userTradesInCandle = true;
    market.bookChanged = true;
    if (taker !== undefined) this.#fill(market, taker, { id, price, lots, quote, base, maker: false }, at);
    if (maker !== undefined) this.#fill(market, maker, { id, price, lots, quote, base, maker: true }, at);
  }

  #fill(
    market: MarketState,
    order: OpenOrder,
    fill: {
      readonly id: number;
      readonly price: number;
      readonly lots: number;
      readonly quote: Amount;
      readonly base: Amount;
      readonly maker: boolean;
    },
    at: EpochMs,
  ): void {
    const isBuy = order.side === 'BUY';
    const commissionAsset = isBuy ? market.definition.base : market.definition.quote;
    const rates = (this.#users.get(order.userId) as UserRecord).commission;
    const commission = commissionOn(isBuy ? fill.base : fill.quote, rates, order.side, fill.maker);
    this.#accounts.move(order.userId, feeUser, commissionAsset, commission);
    order.executed += fill.lots;
    order.executedQuote = (order.executedQuote + fill.quote) as Amount;
    order.updateTime = at;
    const trade: UserTrade = {
      tradeId: fill.id,
      pair: order.pair,
      userId: order.userId,
      orderId: order.orderId,
      orderListId: order.orderListId,
      side: order.side,
      price: fill.price,
      quantity: fill.lots,
      quote: fill.quote,
      commission,
      commissionAsset,
      maker: fill.maker,
      time: at,
    };
    this.#fills.push(trade);
    this.#records.push({ kind: 'trade', trade });
    this.#afterFill(market, order, fill, trade, at);
  }

  #afterFill(market: MarketState, order: OpenOrder, fill: { lots: number; maker: boolean }, trade: UserTrade, at: EpochMs): void {
    const isDone = remaining(order) === 0;
    if (isDone && fill.maker) this.#unqueue(market, order);
    order.status = isDone ? 'FILLED' : 'PARTIALLY_FILLED';
    if (isDone) order.working = false;
    if (order.icebergQuantity > 0) this.#nextSlice(market, order, fill);
    this.#dirtyOrders.add(order);
    this.#say(order, 'TRADE', at, { trade });
    if (isDone) this.#close(market, order, at);
  }

  /** A used-up slice of an iceberg goes to the end of the queue of its price. */
  #nextSlice(market: MarketState, order: OpenOrder, fill: { readonly lots: number; readonly maker: boolean }): void {
    if (!fill.maker || !isOpen(order)) return;
    order.slice -= fill.lots;
    if (order.slice > 0) return;
    this.#unqueue(market, order);
    order.slice = Math.min(order.icebergQuantity, remaining(order));
    order.rank = this.#take('nextRank');
    this.#queue(market, order);
  }

  /** Self-trade prevention by the taker's mode. */
  #prevent(market: MarketState, taker: OpenOrder, maker: OpenOrder, at: EpochMs): void {
    const mode = taker.stpMode;
    const common = Math.min(remaining(taker), remaining(maker));
    const ofTaker = mode === 'EXPIRE_MAKER' ? 0 : mode === 'DECREMENT' ? common : remaining(taker);
    const ofMaker = mode === 'EXPIRE_TAKER' ? 0 : mode === 'DECREMENT' ? common : remaining(maker);
    const match: PreventedMatch = {
      preventedMatchId: market.nextPreventedMatchId++,
      pair: market.pair,
      userId: taker.userId,
      takerOrderId: taker.orderId,
      makerOrderId: maker.orderId,
      stpMode: mode,
      price: maker.price,
      takerPrevented: ofTaker,
      makerPrevented: ofMaker,
      time: at,
    };
    this.#prevented.push(match);
    this.#records.push({ kind: 'prevented-match', match });
    if (ofMaker > 0) this.#takePrevented(market, maker, ofMaker, match, true, at);
    if (ofTaker > 0) this.#takePrevented(market, taker, ofTaker, match, false, at);
  }

  #takePrevented(
    market: MarketState,
    order: OpenOrder,
    lots: number,
    preventedMatch: PreventedMatch,
    isMaker: boolean,
    at: EpochMs,
  ): void {
    const ends = remaining(order) === lots;
    if (isMaker && !ends) this.#prevail(market, order, at);
    if (isMaker && ends) this.#unqueue(market, order);
    order.prevented += lots;
    order.updateTime = at;
    if (isMaker && !ends && order.icebergQuantity > 0) order.slice = Math.min(order.slice, remaining(order));
    if (ends) {
      order.status = 'EXPIRED_IN_MATCH';
      order.working = false;
      this.#release(market, order, order.reserved);
    } else this.#release(market, order, order.side === 'SELL' ? market.base(lots) : market.notional(order.price, lots));
    market.bookChanged = true;
    this.#dirtyOrders.add(order);
    this.#say(order, 'TRADE_PREVENTION', at, { preventedMatch, lastPrevented: lots });
    if (ends) {
      this.#endSiblings(market, order, at);
      this.#close(market, order, at);
    }
  }

  #expire(market: MarketState, order: OpenOrder, reason: ExpiryReason, at: EpochMs): void {
    order.status = 'EXPIRED';
    order.expiryReason = reason;
    order.working = false;
    order.updateTime = at;
    this.#release(market, order, order.reserved);
    this.#dirtyOrders.add(order);
    this.#say(order, 'EXPIRED', at);
    this.#endSiblings(market, order, at);
    this.#close(market, order, at);
  }

  /** Forgets an order that is no longer open. Its list may be done by that, or its pending orders due. */
  #close(market: MarketState, order: OpenOrder, at: EpochMs): void {
    this.#open.delete(order.orderId);
    this.#byUser.get(order.userId)?.delete(order);
    this.#byClientId.delete(clientKey(order.userId, order.clientOrderId));
    const list = this.#lists.get(order.orderListId);
    if (list === undefined) return;
    if (order.orderId === list.workingOrderId && order.status === 'FILLED') this.#due.push(list);
    else if (this.#legs(list).length === 0) this.#endList(market, list, at);
  }

  // ----------------------------------------------------------------------------------------------------------- stops

  /** After an operation: triggers stops, activates pending orders, says what changed. */
  #finish(market: MarketState, at: EpochMs): void {
    while (market.pendingPrices.length > 0 || this.#due.length > 0) {
      const list = this.#due.shift();
      if (list !== undefined) this.#activate(market, list, at);
      const price = market.pendingPrices.shift();
      if (price !== undefined) for (const order of this.#triggered(market, price, at)) this.#trigger(market, order, at);
    }
    for (const trade of market.prints.takeFresh())
      this.#marketEvents.push({ kind: 'aggregate-trade', pair: market.pair, trade: { ...trade } });
    this.#sayBalances(at);
    if (!market.bookChanged) return;
    market.bookChanged = false;
    market.dirty = true;
    market.updateId++;
    const best = market.newBest();
    if (best !== undefined) this.#marketEvents.push({ kind: 'book-ticker', pair: market.pair, best, at });
  }

  /** Orders that a trade at this price sets off, first come first. */
  #triggered(market: MarketState, price: number, at: EpochMs): OpenOrder[] {
    const found: OpenOrder[] = [];
    for (const order of market.above) {
      if (order.stopPrice > price) break;
      found.push(order);
    }
    for (const order of market.below) {
      if (order.stopPrice < price) break;
      found.push(order);
    }
    for (const order of market.trailing) if (this.#trails(order, price, at)) found.push(order);
    return found.length < 2 ? found : found.sort((a, b) => a.rank - b.rank);
  }

  /** Follows the price; whether it came back far enough. */
  #trails(order: OpenOrder, price: number, at: EpochMs): boolean {
    if (order.trailingSince === -1) {
      const isMet =
        order.stopPrice === 0 || (triggersAbove(order.type, order.side) ? price >= order.stopPrice : price <= order.stopPrice);
      if (!isMet) return false;
      order.trailingSince = at;
      order.trailingExtreme = price;
      this.#dirtyOrders.add(order);
      return false;
    }
    const isSell = order.side === 'SELL';
    const extreme = isSell ? Math.max(order.trailingExtreme, price) : Math.min(order.trailingExtreme, price);
    if (extreme !== order.trailingExtreme) {
      order.trailingExtreme = extreme;
      this.#dirtyOrders.add(order);
    }
    const distance = 10_000 + (isSell ? -order.trailingDelta : order.trailingDelta);
    return isSell ? price * 10_000 <= extreme * distance : price * 10_000 >= extreme * distance;
  }

  #trigger(market: MarketState, order: OpenOrder, at: EpochMs): void {
    if (!isOpen(order) || order.working) return;
    this.#unqueue(market, order);
    this.#prevail(market, order, at);
    order.working = true;
    order.workingTime = at;
    order.updateTime = at;
    order.rank = this.#take('nextRank');
    if (order.side === 'BUY' && !hasPrice(order.type)) this.#release(market, order, order.reserved);
    this.#dirtyOrders.add(order);
    this.#say(order, 'NEW', at);
    this.#work(market, order, at);
  }

  // ----------------------------------------------------------------------------------------------------------- lists

  placeOco(request: OcoRequest, at: EpochMs): Result<ListPlaced & { readonly trades: readonly UserTrade[] }> {
    const market = this.#markets.get(request.pair);
    if (market === undefined) return refusal(-1121, 'Invalid symbol.');
    const legs = this.#checkOco(market, request);
    if (isRefused(legs)) return legs;
    const refused = this.#admitList(market, request.userId, legs, request.listClientOrderId);
    if (refused !== undefined) return refused;
    const need = legs.map((leg) => needOf(market, ofChecked(leg, market.last))).reduce((a, b) => (a > b ? a : b), zero);
    if (this.#spendable(market, request.userId, request.side) < need) return refusal(-2010, texts.balance);
    this.#begin(market, at);
    const list = this.#createList(market, request, 'OCO', at);
    const orders = legs.map((leg) => this.#create(market, leg, { quantity: leg.quantity }, list.orderListId, at));
    this.#bind(list, orders, -1);
    this.#reserve(market, orders[0] as OpenOrder, need);
    for (const order of orders) this.#say(order, 'NEW', at);
    this.#sayList(list, at);
    for (const order of orders) this.#queue(market, order);
    this.#finish(market, at);
    return { ok: true, list: { ...list }, orders: orders.map((order) => ({ ...order })), trades: this.#fills };
  }

  /** Types, sides and prices of the two legs, then each leg by itself. The stop leg comes first. */
  #checkOco(market: MarketState, request: OcoRequest): CheckedOrder[] | Refused {
    const { above, below, side } = request;
    const wrong = ocoShape(side, above, below);
    if (wrong !== undefined) return wrong;
    const checked: CheckedOrder[] = [];
    for (const leg of above.type === 'LIMIT_MAKER' ? [below, above] : [above, below]) {
      const one = this.#check(
        { ...leg, userId: request.userId, pair: request.pair, side, quantity: request.quantity },
        checked.length,
      );
      if (isRefused(one)) return one;
      checked.push(one);
    }
    const [upper, lower] = above.type === 'LIMIT_MAKER' ? [checked[1], checked[0]] : [checked[0], checked[1]];
    const isUpperWrong =
      market.last !== 0 && levelOf(upper as CheckedOrder) !== 0 && levelOf(upper as CheckedOrder) <= market.last;
    const isLowerWrong = market.last !== 0 && levelOf(lower as CheckedOrder) >= market.last;
    return isUpperWrong || isLowerWrong ? refusal(-2010, texts.prices) : checked;
  }

  /** What book and open orders say to the legs, and the counts of lists. */
  #admitList(market: MarketState, userId: UserId, legs: readonly CheckedOrder[], listClientId?: string): Refused | undefined {
    const open = this.openLists(userId).filter((list) => list.pair === market.pair);
    if (open.length >= market.definition.filters.maxOrderLists) return refusal(-1013, 'Filter failure: MAX_NUM_ORDER_LISTS');
    if (listClientId !== undefined && this.openList(userId, undefined, listClientId) !== undefined)
      return refusal(-2010, texts.duplicate);
    const ids = legs.map((leg) => leg.request.clientOrderId).filter((id) => id !== undefined);
    if (new Set(ids).size !== ids.length) return refusal(-2010, texts.duplicate);
    for (const leg of legs) {
      const refused = this.#admitToBook(market, leg);
      if (refused !== undefined) return refused;
    }
    return undefined;
  }

  placeOto(request: OtoRequest, at: EpochMs): Result<ListPlaced & { readonly trades: readonly UserTrade[] }> {
    const market = this.#markets.get(request.pair);
    if (market === undefined) return refusal(-1121, 'Invalid symbol.');
    const { working: workingLeg, userId, pair } = request;
    if (workingLeg.type !== 'LIMIT' && workingLeg.type !== 'LIMIT_MAKER') return refusal(-1013, 'Unsupported order combination.');
    const working = this.#check({ ...workingLeg, userId, pair }, 0);
    if (isRefused(working)) return working;
    const waiting = this.#checkPending(market, request);
    if (isRefused(waiting)) return waiting;
    const refused = this.#admitList(market, userId, [working], request.listClientOrderId);
    if (refused !== undefined) return refused;
    const admitted = this.#admit(market, working);
    if (isRefused(admitted)) return admitted;
    this.#begin(market, at);
    const list = this.#createList(market, request, 'OTO', at);
    const first = this.#create(market, working, admitted, list.orderListId, at);
    const rest = waiting.map((leg) => {
      const order = this.#create(market, leg, { quantity: leg.quantity }, list.orderListId, at);
      Object.assign(order, { status: 'PENDING_NEW', working: false, workingTime: -1, trailingSince: -1, trailingExtreme: 0 });
      return order;
    });
    this.#bind(list, [first, ...rest], first.orderId);
    this.#reserve(market, first, needOf(market, first));
    this.#say(first, 'NEW', at);
    for (const order of rest) this.#say(order, 'NEW', at);
    this.#sayList(list, at);
    this.#work(market, first, at);
    this.#finish(market, at);
    const orders = [first, ...rest].map((order) => ({ ...order }));
    return { ok: true, list: { ...list }, orders, trades: this.#fills };
  }

  #checkPending(market: MarketState, request: OtoRequest): CheckedOrder[] | Refused {
    const { pending, pendingSide, pendingQuantity, userId, pair } = request;
    if (pending.kind === 'oco') {
      const wrong = ocoShape(pendingSide, pending.above, pending.below);
      if (wrong !== undefined) return wrong;
    }
    const checked: CheckedOrder[] = [];
    for (const leg of pending.kind === 'one' ? [pending.leg] : [pending.above, pending.below]) {
      const asked = { ...leg, userId, pair, side: pendingSide, quantity: pendingQuantity };
      if (leg.type === 'MARKET') return refusal(-1013, 'Unsupported order combination.');
      const one = this.#check(asked, checked.length + 1);
      if (isRefused(one)) return one;
      if (market.definition.halted) return refusal(-2010, texts.closed);
      checked.push(one);
    }
    return checked;
  }

  /** The pending orders of an OTO, once its working order is filled. Those that cannot be placed expire. */
  #activate(market: MarketState, list: OpenList, at: EpochMs): void {
    const legs = this.#legs(list);
    const need = legs.map((leg) => needOf(market, withStop(leg, market.last))).reduce((a, b) => (a > b ? a : b), zero);
    const side = legs[0]?.side ?? 'SELL';
    const isAffordable = this.#spendable(market, list.userId, side) >= need;
    const isPossible = legs.every((leg) => !isConditional(leg.type) || !wouldTriggerAt(leg, market.last));
    const takes = legs.some((leg) => leg.type === 'LIMIT_MAKER' && this.#wouldTake(market, leg.side, leg.price));
    if (!isAffordable || !isPossible || takes || legs[0] === undefined) {
      for (const leg of legs) this.#expire(market, leg, 'REJECTED', at);
      return;
    }
    this.#reserve(market, legs[0], need);
    for (const leg of legs) this.#begins(market, leg, at);
    this.#sayList(list, at);
    for (const leg of legs) {
      if (leg.working) this.#work(market, leg, at);
      else this.#queue(market, leg);
    }
  }

  #begins(market: MarketState, leg: OpenOrder, at: EpochMs): void {
    leg.status = 'NEW';
    leg.updateTime = at;
    leg.working = !isConditional(leg.type);
    leg.workingTime = leg.working ? at : -1;
    leg.rank = this.#take('nextRank');
    if (leg.trailingDelta > 0 && leg.stopPrice === 0) Object.assign(leg, { trailingSince: at, trailingExtreme: market.last });
    this.#dirtyOrders.add(leg);
    this.#say(leg, 'NEW', at);
  }

  #createList(
    market: MarketState,
    request: { readonly userId: UserId; readonly listClientOrderId?: string | undefined },
    contingencyType: ContingencyType,
    at: EpochMs,
  ): OpenList {
    const list: OpenList = {
      orderListId: this.#take('nextListId'),
      userId: request.userId,
      pair: market.pair,
      contingencyType,
      listStatusType: 'EXEC_STARTED',
      listOrderStatus: 'EXECUTING',
      listClientOrderId: request.listClientOrderId ?? this.#makeId(),
      time: at,
      orders: [],
      workingOrderId: -1,
    };
    this.#lists.set(list.orderListId, list);
    this.#dirtyLists.add(list);
    return list;
  }

  #bind(list: OpenList, orders: readonly OpenOrder[], workingOrderId: number): void {
    list.orders = orders.map(({ orderId, clientOrderId }) => ({ orderId, clientOrderId }));
    list.workingOrderId = workingOrderId;
  }

  /** The open orders of a list, without an OTO's working order. */
  #legs(list: OpenList): OpenOrder[] {
    const legs: OpenOrder[] = [];
    for (const { orderId } of list.orders) {
      const order = this.#open.get(orderId);
      if (order !== undefined && isOpen(order) && orderId !== list.workingOrderId) legs.push(order);
    }
    return legs;
  }

  /** One leg of an OCO starts to fill or triggers: the other expires, and what was locked for both is this one's. */
  #prevail(market: MarketState, order: OpenOrder, at: EpochMs): void {
    const list = this.#lists.get(order.orderListId);
    if (list === undefined || order.orderId === list.workingOrderId) return;
    for (const other of this.#legs(list)) {
      if (other === order) continue;
      order.reserved = (order.reserved + other.reserved) as Amount;
      other.reserved = zero;
      this.#unqueue(market, other);
      this.#end(market, other, 'EXPIRED', 'OCO_TRIGGER', at);
    }
    const need = hasPrice(order.type) || order.side === 'SELL' ? needOf(market, order) : order.reserved;
    if (order.reserved > need) this.#release(market, order, order.reserved - need);
  }

  /** A leg ended without a fill: the others of its list end with it. */
  #endSiblings(market: MarketState, order: OpenOrder, at: EpochMs): void {
    const list = this.#lists.get(order.orderListId);
    if (list === undefined) return;
    const isPhaseOne = order.orderId === list.workingOrderId;
    for (const other of this.#legs(list)) {
      if (other === order) continue;
      if (other.status !== 'PENDING_NEW') this.#unqueue(market, other);
      this.#end(market, other, 'EXPIRED', isPhaseOne ? 'OTO_PHASE_ONE_EXPIRED' : 'OCO_TRIGGER', at);
    }
  }

  #end(
    market: MarketState,
    order: OpenOrder,
    status: 'EXPIRED' | 'CANCELED',
    reason: ExpiryReason | undefined,
    at: EpochMs,
  ): void {
    this.#release(market, order, order.reserved);
    order.status = status;
    order.expiryReason = reason;
    order.working = false;
    order.updateTime = at;
    this.#dirtyOrders.add(order);
    this.#say(order, status, at);
    this.#close(market, order, at);
  }

  #endList(_market: MarketState, list: OpenList, at: EpochMs): void {
    const working = this.#open.get(list.workingOrderId);
    if (working !== undefined && isOpen(working)) return;
    if (!this.#lists.delete(list.orderListId)) return;
    list.listStatusType = 'ALL_DONE';
    list.listOrderStatus = 'ALL_DONE';
    this.#dirtyLists.add(list);
    this.#sayList(list, at);
  }

  // ------------------------------------------------------------------------------------------- cancelling, amending

  cancel(request: CancelRequest, at: EpochMs): Result<Canceled> {
    const market = this.#markets.get(request.pair);
    if (market === undefined) return refusal(-1121, 'Invalid symbol.');
    if (request.orderId === undefined && request.origClientOrderId === undefined)
      return refusal(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!");
    const order = this.#find(request.userId, request.pair, request.orderId, request.origClientOrderId);
    if (order === undefined) return refusal(-2011, texts.unknown);
    if (market.definition.halted) return refusal(-2011, texts.closed);
    const status = order.status === 'PARTIALLY_FILLED' ? 'ONLY_PARTIALLY_FILLED' : 'ONLY_NEW';
    if (request.cancelRestrictions !== undefined && request.cancelRestrictions !== status)
      return refusal(-2011, texts.restrictions);
    this.#begin(market, at);
    const canceled = this.#cancelOne(market, order, request.newClientOrderId ?? this.#makeId(), at);
    this.#finish(market, at);
    return { ok: true, ...canceled };
  }

  /** Cancels an order, and with it the list that it is in. */
  #cancelOne(market: MarketState, order: OpenOrder, cancelClientOrderId: string, at: EpochMs): Canceled {
    const list = this.#lists.get(order.orderListId);
    if (list === undefined) {
      this.#cancelOrder(market, order, cancelClientOrderId, at);
      return { order: { ...order }, cancelClientOrderId, list: undefined };
    }
    const placed = this.#cancelWholeList(market, list, cancelClientOrderId, at);
    return { order: { ...order }, cancelClientOrderId, list: placed };
  }

  #cancelOrder(market: MarketState, order: OpenOrder, cancelClientOrderId: string, at: EpochMs): void {
    if (order.status !== 'PENDING_NEW') this.#unqueue(market, order);
    this.#release(market, order, order.reserved);
    order.status = 'CANCELED';
    order.working = false;
    order.updateTime = at;
    this.#dirtyOrders.add(order);
    this.#say(order, 'CANCELED', at, { cancelClientOrderId });
    this.#close(market, order, at);
  }

  #cancelWholeList(market: MarketState, list: OpenList, cancelClientOrderId: string, at: EpochMs): ListPlaced {
    const orders: OpenOrder[] = [];
    for (const { orderId } of list.orders) {
      const order = this.#open.get(orderId);
      if (order === undefined) continue;
      orders.push(order);
      this.#cancelOrder(market, order, cancelClientOrderId, at);
    }
    return { list: { ...list }, orders: orders.map((order) => ({ ...order })) };
  }

  cancelAll(userId: UserId, pair: Pair, at: EpochMs): Result<{ readonly canceled: readonly Canceled[] }> {
    const market = this.#markets.get(pair);
    if (market === undefined) return refusal(-1121, 'Invalid symbol.');
    const orders = this.#mine(userId, pair);
    if (orders.length === 0) return refusal(-2011, texts.unknown);
    if (market.definition.halted) return refusal(-2011, texts.closed);
    this.#begin(market, at);
    const canceled: Canceled[] = [];
    for (const order of orders) if (isOpen(order)) canceled.push(this.#cancelOne(market, order, this.#makeId(), at));
    this.#finish(market, at);
    return { ok: true, canceled };
  }

  cancelList(request: CancelListRequest, at: EpochMs): Result<ListPlaced> {
    const market = this.#markets.get(request.pair);
    if (market === undefined) return refusal(-1121, 'Invalid symbol.');
    if (request.orderListId === undefined && request.listClientOrderId === undefined)
      return refusal(-1102, "Param 'orderListId' or 'listClientOrderId' must be sent, but both were empty/null!");
    const found = this.openList(request.userId, request.orderListId, request.listClientOrderId);
    const list = found === undefined ? undefined : this.#lists.get(found.orderListId);
    if (list === undefined || list.pair !== request.pair) return refusal(-2011, texts.unknown);
    if (market.definition.halted) return refusal(-2011, texts.closed);
    this.#begin(market, at);
    const placed = this.#cancelWholeList(market, list, request.newClientOrderId ?? this.#makeId(), at);
    this.#finish(market, at);
    return { ok: true, ...placed };
  }

  amend(request: AmendRequest, at: EpochMs): Result<Amended> {
    const market = this.#markets.get(request.pair);
    if (market === undefined) return refusal(-1121, 'Invalid symbol.');
    if (request.orderId === undefined && request.origClientOrderId === undefined)
      return refusal(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!");
    const order = this.#find(request.userId, request.pair, request.orderId, request.origClientOrderId);
    if (order === undefined) return refusal(-2038, texts.unknown);
    const refused = this.#checkAmend(market, order, request);
    if (refused !== undefined) return refused;
    this.#begin(market, at);
    const lots = Number(request.newQty / market.definition.lot);
    const dropped = order.quantity - lots;
    const oldClientId = order.clientOrderId;
    this.#byClientId.delete(clientKey(order.userId, oldClientId));
    order.clientOrderId = request.newClientOrderId ?? this.#makeId();
    this.#byClientId.set(clientKey(order.userId, order.clientOrderId), order);
    const price = hasPrice(order.type) ? order.price : order.stopPrice;
    order.quantity = lots;
    this.#release(market, order, order.side === 'SELL' ? market.base(dropped) : market.notional(price, dropped));
    if (order.icebergQuantity > 0) order.slice = Math.min(order.slice, remaining(order));
    order.amends++;
    order.updateTime = at;
    market.bookChanged = true;
    this.#dirtyOrders.add(order);
    this.#say(order, 'REPLACED', at, { originalClientOrderId: oldClientId });
    this.#finish(market, at);
    return { ok: true, order: { ...order }, list: undefined };
  }

  #checkAmend(market: MarketState, order: OpenOrder, request: AmendRequest): Refused | undefined {
    const { filters, lot } = market.definition;
    if (market.definition.halted) return refusal(-2038, texts.closed);
    if (order.orderListId !== -1) return refusal(-2038, 'Unsupported order combination');
    if (request.newQty <= 0n) return refusal(-1013, 'Invalid quantity.');
    const lots = request.newQty / lot;
    if (request.newQty % lot !== 0n || lots < BigInt(filters.minQuantity)) return refusal(-1013, 'Filter failure: LOT_SIZE');
    if (lots > BigInt(order.quantity)) return refusal(-2038, 'Order amend (quantity increase) is not supported.');
    if (lots === BigInt(order.quantity) || lots <= BigInt(order.executed + order.prevented))
      return refusal(-2038, 'The requested action would change no state; rejecting');
    if (order.amends >= filters.maxAmends) return refusal(-2038, 'Filter failure: MAX_NUM_ORDER_AMENDS');
    const price = hasPrice(order.type) ? order.price : order.stopPrice;
    if (price > 0 && market.notional(price, Number(lots)) < filters.minNotional)
      return refusal(-1013, 'Filter failure: NOTIONAL');
    const known =
      request.newClientOrderId === undefined
        ? undefined
        : this.#byClientId.get(clientKey(order.userId, request.newClientOrderId));
    return known !== undefined && known !== order ? refusal(-2038, texts.duplicate) : undefined;
  }

  // --------------------------------------------------------------------------------------------------------- queries

  #find(userId: UserId, pair: Pair, orderId?: number, clientOrderId?: string): OpenOrder | undefined {
    const byClient = clientOrderId === undefined ? undefined : this.#byClientId.get(clientKey(userId, clientOrderId));
    const order = orderId === undefined ? byClient : this.#open.get(orderId);
    if (order === undefined || order.userId !== userId || order.pair !== pair) return undefined;
    return clientOrderId === undefined || order.clientOrderId === clientOrderId ? order : undefined;
  }

  #mine(userId: UserId, pair: Pair | undefined): OpenOrder[] {
    const orders = [...(this.#byUser.get(userId) ?? [])];
    return (pair === undefined ? orders : orders.filter((order) => order.pair === pair)).sort((a, b) => a.orderId - b.orderId);
  }

  openOrders(userId: UserId, pair?: Pair): readonly Order[] {
    return this.#mine(userId, pair).map((order) => ({ ...order }));
  }

  openOrder(userId: UserId, pair: Pair, orderId?: number, clientOrderId?: string): Order | undefined {
    const order = this.#find(userId, pair, orderId, clientOrderId);
    return order === undefined ? undefined : { ...order };
  }

  openLists(userId: UserId): readonly OrderList[] {
    return [...this.#lists.values()].filter((list) => list.userId === userId).map((list) => ({ ...list }));
  }

  openList(userId: UserId, orderListId?: number, listClientOrderId?: string): OrderList | undefined {
    return this.openLists(userId).find((list) =>
      orderListId === undefined ? list.listClientOrderId === listClientOrderId : list.orderListId === orderListId,
    );
  }

  last(pair: Pair): number {
    return this.#of(pair).last;
  }

  best(pair: Pair): BookTicker {
    return this.#of(pair).best();
  }

  depth(pair: Pair, limit: number): DepthSnapshot {
    return this.#of(pair).depth(limit);
  }

  depthFeed(pair: Pair): DepthFeed {
    return this.#of(pair).depthFeed();
  }

  recentTrades(pair: Pair, limit: number, fromId?: number): readonly PublicTrade[] {
    return this.#of(pair).prints.recent(limit, fromId);
  }

  aggregateTrades(pair: Pair, query: Parameters<Exchange['aggregateTrades']>[1]): readonly AggregateTrade[] {
    return this.#of(pair).prints.aggregates(query);
  }

  loadHistory(pair: Pair, candles: Iterable<CandleRow>): void {
    this.#of(pair).loadHistory(candles);
  }

  klines(pair: Pair, interval: Interval, query: KlineQuery): readonly Kline[] {
    return this.#of(pair).klines(interval, query);
  }

  currentKline(pair: Pair, interval: Interval): Kline | undefined {
    return this.#of(pair).currentKline(interval);
  }

  watchKline(pair: Pair, interval: Interval): void {
    this.#of(pair).watch(interval);
  }

  dayStatistics(pair: Pair, at: EpochMs): DayStatistics {
    return this.#of(pair).dayStatistics(at);
  }

  averagePrice(pair: Pair): { readonly minutes: number; readonly price: Amount; readonly closeTime: number } {
    const market = this.#of(pair);
    return { minutes: market.definition.filters.averageMinutes, price: market.averagePrice(), closeTime: market.lastTime };
  }

  // ---------------------------------------------------------------------------------------------------------- saying

  #say(
    order: OpenOrder,
    execution: ExecutionType,
    at: EpochMs,
    more: {
      readonly trade?: UserTrade;
      readonly preventedMatch?: PreventedMatch;
      readonly lastPrevented?: number;
      readonly cancelClientOrderId?: string;
      readonly originalClientOrderId?: string;
    } = {},
  ): void {
    this.#userEvents.push({
      kind: 'execution',
      userId: order.userId,
      at,
      execution,
      order: { ...order },
      clientOrderId: more.cancelClientOrderId ?? order.clientOrderId,
      originalClientOrderId: more.cancelClientOrderId === undefined ? (more.originalClientOrderId ?? '') : order.clientOrderId,
      trade: more.trade,
      preventedMatch: more.preventedMatch,
      lastPrevented: more.lastPrevented ?? 0,
      executionId: this.#take('nextExecutionId'),
    });
  }

  #sayList(list: OpenList, at: EpochMs): void {
    this.#userEvents.push({ kind: 'list', userId: list.userId, at, list: { ...list } });
  }

  #sayBalances(at: EpochMs): void {
    for (const { userId, balances } of this.#accounts.takeTouched())
      this.#userEvents.push({ kind: 'account', userId, at, balances });
  }

  #take(counter: keyof Counters): number {
    this.#countersDirty = true;
    return this.#counters[counter]++;
  }

  #makeId(): string {
    return madeUpId(this.#config.seed ?? 1, this.#take('idsMade'));
  }
}

const clientKey = (userId: UserId, clientOrderId: string): string => `${userId} ${clientOrderId}`;

/** Builds an exchange, or rebuilds one exactly as its stored changes say. */
export const createExchange: CreateExchange = (config, restored) => new SimulatedExchange(config, restored);
