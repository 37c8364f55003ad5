/** What the parts of the matching core share: who has what, which orders are open where, and what changed. */
import { type Amount, type EpochMs, InvariantError, type Pair, zero } from '@holdfast/domain';
import { Accounts } from './accounts.ts';
import type { CheckedOrder } from './checks.ts';
import type { MarketState } from './market-state.ts';
import { News } from './news.ts';
import { type OpenList, type OpenOrder, OpenOrders } from './open-orders.ts';
import { isConditional, type Mutable, triggersAbove } from './orders.ts';
import type {
  ContingencyType,
  Counters,
  ExecutionType,
  OrderSide,
  PreventedMatch,
  UserId,
  UserRecord,
  UserTrade,
} from './port.ts';
import { madeUpId } from './random.ts';
import { payAsset } from './reserve.ts';

export class Core {
  readonly markets = new Map<Pair, MarketState>();
  readonly accounts = new Accounts();
  readonly users = new Map<UserId, UserRecord>();
  readonly orders = new OpenOrders();
  readonly news = new News();
  /** OTO lists of which the working order filled: their pending orders are due. */
  readonly due: OpenList[] = [];
  /** Fills and prevented matches of the operation that is going on. */
  fills: UserTrade[] = [];
  prevented: PreventedMatch[] = [];
  areCountersDirty = true;
  readonly #seed: number;
  readonly #counters: Mutable<Counters>;

  constructor(seed: number, counters: Counters) {
    this.#seed = seed;
    this.#counters = { ...counters };
  }

  get counters(): Counters {
    return this.#counters;
  }

  take(counter: keyof Counters): number {
    this.areCountersDirty = true;
    return this.#counters[counter]++;
  }

  makeId(): string {
    return madeUpId(this.#seed, this.take('idsMade'));
  }

  /** @throws InvariantError when it is not listed: requests are checked before */
  of(pair: Pair): MarketState {
    const market = this.markets.get(pair);
    if (market === undefined) throw new InvariantError(`market ${pair} is not listed`);
    return market;
  }

  elapse(market: MarketState, at: number, price: number): void {
    const { rows } = market.minutes;
    const closed = market.elapse(at, market.last === 0 ? price : market.last, this.news.marketEvents);
    if (closed !== undefined) this.news.record({ kind: 'candle', pair: market.pair, candle: closed });
    if (market.minutes.rows !== rows) market.dirty = true;
  }

  // --------------------------------------------------------------------------------------------------- orders, lists

  create(
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
      orderId: this.take('nextOrderId'),
      userId: request.userId,
      pair: request.pair,
      clientOrderId: request.clientOrderId ?? this.makeId(),
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
      rank: this.take('nextRank'),
      amends: 0,
      strategyId: request.strategyId,
      strategyType: request.strategyType,
    };
    this.orders.add(order);
    this.news.changed(order);
    return order;
  }

  createList(
    market: MarketState,
    request: { readonly userId: UserId; readonly listClientOrderId?: string | undefined },
    contingencyType: ContingencyType,
    at: EpochMs,
  ): OpenList {
    const list: OpenList = {
      orderListId: this.take('nextListId'),
      userId: request.userId,
      pair: market.pair,
      contingencyType,
      listStatusType: 'EXEC_STARTED',
      listOrderStatus: 'EXECUTING',
      listClientOrderId: request.listClientOrderId ?? this.makeId(),
      time: at,
      orders: [],
      workingOrderId: -1,
    };
    this.orders.lists.set(list.orderListId, list);
    this.news.listChanged(list);
    return list;
  }

  /** Puts an open order where it rests or waits. */
  queue(market: MarketState, order: OpenOrder): void {
    if (order.status === 'PENDING_NEW') return;
    market.bookChanged = true;
    if (order.working) market.side(order.side).add(order);
    else if (order.trailingDelta > 0) market.trailing.add(order);
    else market.stops(triggersAbove(order.type, order.side)).add(order);
  }

  unqueue(market: MarketState, order: OpenOrder): void {
    market.bookChanged = true;
    if (order.working) market.side(order.side).remove(order);
    else if (order.trailingDelta > 0) market.trailing.delete(order);
    else market.stops(triggersAbove(order.type, order.side)).remove(order);
  }

  // ---------------------------------------------------------------------------------------------------------- money

  spendable(market: MarketState, userId: UserId, side: OrderSide): Amount {
    return this.accounts.free(userId, side === 'BUY' ? market.definition.quote : market.definition.base);
  }

  /** Locks what an order may cost. MARKET orders trade at once and lock nothing. */
  reserve(market: MarketState, order: OpenOrder, need: Amount): void {
    if (order.type === 'MARKET') return;
    this.accounts.lock(order.userId, payAsset(market, order.side), need);
    order.reserved = (order.reserved + need) as Amount;
  }

  release(market: MarketState, order: OpenOrder, value: bigint): void {
    const part = value > order.reserved ? order.reserved : value;
    order.reserved = (order.reserved - part) as Amount;
    this.accounts.unlock(order.userId, payAsset(market, order.side), part);
  }

  // ---------------------------------------------------------------------------------------------------------- saying

  say(
    order: OpenOrder,
    execution: ExecutionType,
    at: EpochMs,
    more: {
      readonly trade?: UserTrade;
      readonly preventedMatch?: PreventedMatch;
      readonly lastPrevented?: number;
      readonly cancelClientOrderId?: string;
      readonly originalClientOrderId?: string;
      /** Taken before, for who writes it down as well. */
      readonly executionId?: number;
    } = {},
  ): void {
    this.news.tell({
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
      executionId: more.executionId ?? this.take('nextExecutionId'),
    });
  }

  sayList(list: OpenList, at: EpochMs): void {
    this.news.tell({ kind: 'list', userId: list.userId, at, list: { ...list } });
  }
}
