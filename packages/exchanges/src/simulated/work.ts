/** What an order that works does: it meets the book and the house, and rests or expires as its type says. */
import { type Amount, type EpochMs, zero } from '@holdfast/domain';
import { commissionOn } from './commission.ts';
import type { Core } from './core.ts';
import { close, endSiblings, expire, prevail } from './ending.ts';
import type { MarketState } from './market-state.ts';
import { isBefore, isWithin } from './matching.ts';
import type { OpenOrder } from './open-orders.ts';
import { hasPrice, isOpen, opposite, remaining, shown } from './orders.ts';
import { outlookOf } from './outlook.ts';
import { feeUser, houseUser, type OrderSide, type PreventedMatch, type UserRecord, type UserTrade } from './port.ts';

/** Takes what it can; the rest rests or expires as the type says. */
export function work(core: Core, market: MarketState, order: OpenOrder, at: EpochMs): void {
  if (!hasPrice(order.type)) order.working = false;
  if (order.timeInForce === 'FOK' && !fillsWhole(market, order)) {
    expire(core, market, order, 'UNFILLED_FOK_ORDER_EXPIRED', at);
    return;
  }
  match(core, market, order, at);
  if (!isOpen(order)) return;
  if (!hasPrice(order.type)) expire(core, market, order, 'INSUFFICIENT_LIQUIDITY', at);
  else if (order.timeInForce === 'GTC') core.queue(market, order);
  else expire(core, market, order, 'UNFILLED_IOC_QUANTITY_EXPIRED', at);
}

function fillsWhole(market: MarketState, order: OpenOrder): boolean {
  const wanted = remaining(order);
  return outlookOf(market, { request: order, stpMode: order.stpMode, price: order.price }, wanted, undefined).lots === wanted;
}

function match(core: Core, market: MarketState, taker: OpenOrder, at: EpochMs): void {
  let sameTaker = false;
  const other = opposite(taker.side);
  while (isOpen(taker) && remaining(taker) > 0) {
    const maker = market.side(other).first();
    const quote = market.bestQuote(other);
    const houseIsFirst = quote !== undefined && (maker === undefined || isBefore(quote.price, maker, other, market.tickRank));
    const price = houseIsFirst ? quote.price : maker?.price;
    if (price === undefined || !isWithin(taker.side, price, taker.price)) return;
    if (!houseIsFirst && maker?.userId === taker.userId && taker.stpMode !== 'NONE') {
      prevent(core, market, taker, maker, at);
      continue;
    }
    const offered = houseIsFirst ? quote.quantity : shown(maker as OpenOrder);
    const lots = Math.min(remaining(taker), offered, affordable(core, market, taker, price));
    if (lots === 0) return;
    if (houseIsFirst) market.consume(other, price, lots);
    const meeting = { maker: houseIsFirst ? undefined : maker, taker, takerSide: taker.side };
    trade(core, market, price, lots, meeting, at, sameTaker);
    sameTaker = true;
  }
}

/** Lots that an order without a lock (MARKET, or a stop that became one) can pay. */
function affordable(core: Core, market: MarketState, taker: OpenOrder, price: number): number {
  if (hasPrice(taker.type) || taker.side === 'SELL') return Number.MAX_SAFE_INTEGER;
  const free = core.accounts.free(taker.userId, market.definition.quote) / market.notional(price, 1);
  return free > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(free);
}

/** One fill. Maker or taker may be the house (undefined), never both. */
export function trade(
  core: Core,
  market: MarketState,
  price: number,
  lots: number,
  sides: { readonly maker: OpenOrder | undefined; readonly taker: OpenOrder | undefined; readonly takerSide: OrderSide },
  at: EpochMs,
  sameTaker: boolean,
): void {
  const { maker, taker, takerSide } = sides;
  if (maker !== undefined) prevail(core, market, maker, at);
  const buyer = takerSide === 'BUY' ? taker : maker;
  const seller = takerSide === 'BUY' ? maker : taker;
  const quote = market.notional(price, lots);
  const base = market.base(lots);
  if (buyer !== undefined) core.release(market, buyer, hasPrice(buyer.type) ? market.notional(buyer.price, lots) : zero);
  if (seller !== undefined) core.release(market, seller, base);
  core.accounts.move(buyer?.userId ?? houseUser, seller?.userId ?? houseUser, market.definition.quote, quote);
  core.accounts.move(seller?.userId ?? houseUser, buyer?.userId ?? houseUser, market.definition.base, base);
  const id = market.print(price, lots, at, takerSide === 'SELL', sameTaker, core.news.marketEvents);
  market.userTradesInCandle = true;
  market.bookChanged = true;
  if (taker !== undefined) fill(core, market, taker, { id, price, lots, quote, base, maker: false }, at);
  if (maker !== undefined) fill(core, market, maker, { id, price, lots, quote, base, maker: true }, at);
}

function fill(
  core: Core,
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
  const rates = (core.users.get(order.userId) as UserRecord).commission;
  const commission = commissionOn(isBuy ? fill.base : fill.quote, rates, order.side, fill.maker);
  core.accounts.move(order.userId, feeUser, commissionAsset, commission);
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
  core.fills.push(trade);
  core.news.record({ kind: 'trade', trade });
  afterFill(core, market, order, fill, trade, at);
}

function afterFill(
  core: Core,
  market: MarketState,
  order: OpenOrder,
  fill: { lots: number; maker: boolean },
  trade: UserTrade,
  at: EpochMs,
): void {
  const isDone = remaining(order) === 0;
  if (isDone && fill.maker) core.unqueue(market, order);
  order.status = isDone ? 'FILLED' : 'PARTIALLY_FILLED';
  if (isDone) order.working = false;
  if (order.icebergQuantity > 0) nextSlice(core, market, order, fill);
  core.news.changed(order);
  core.say(order, 'TRADE', at, { trade });
  if (isDone) close(core, order, at);
}

/** A used-up slice of an iceberg goes to the end of the queue of its price. */
function nextSlice(
  core: Core,
  market: MarketState,
  order: OpenOrder,
  fill: { readonly lots: number; readonly maker: boolean },
): void {
  if (!fill.maker || !isOpen(order)) return;
  order.slice -= fill.lots;
  if (order.slice > 0) return;
  core.unqueue(market, order);
  order.slice = Math.min(order.icebergQuantity, remaining(order));
  order.rank = core.take('nextRank');
  core.queue(market, order);
}

/** Self-trade prevention by the taker's mode. */
function prevent(core: Core, market: MarketState, taker: OpenOrder, maker: OpenOrder, at: EpochMs): void {
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
  core.prevented.push(match);
  core.news.record({ kind: 'prevented-match', match });
  if (ofMaker > 0) takePrevented(core, market, maker, ofMaker, match, true, at);
  if (ofTaker > 0) takePrevented(core, market, taker, ofTaker, match, false, at);
}

function takePrevented(
  core: Core,
  market: MarketState,
  order: OpenOrder,
  lots: number,
  preventedMatch: PreventedMatch,
  isMaker: boolean,
  at: EpochMs,
): void {
  const ends = remaining(order) === lots;
  if (isMaker && !ends) prevail(core, market, order, at);
  if (isMaker && ends) core.unqueue(market, order);
  order.prevented += lots;
  order.updateTime = at;
  if (isMaker && !ends && order.icebergQuantity > 0) order.slice = Math.min(order.slice, remaining(order));
  if (ends) {
    order.status = 'EXPIRED_IN_MATCH';
    order.working = false;
    core.release(market, order, order.reserved);
  } else core.release(market, order, order.side === 'SELL' ? market.base(lots) : market.notional(order.price, lots));
  market.bookChanged = true;
  core.news.changed(order);
  core.say(order, 'TRADE_PREVENTION', at, { preventedMatch, lastPrevented: lots });
  if (ends) {
    endSiblings(core, market, order, at);
    close(core, order, at);
  }
}
