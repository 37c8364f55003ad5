/** The core's records as the exchange's JSON writes them: 8 decimals, its spelling of fields, times in the unit asked for. */
import { type Amount, formatFixed } from '@holdfast/domain';
import type {
  Amendment,
  Canceled,
  Kline,
  Level,
  ListPlaced,
  MarketDefinition,
  Order,
  OrderList,
  PreventedMatch,
  UserEvent,
  UserTrade,
} from '@holdfast/exchanges/simulated';

/** Milliseconds to the unit asked for: itself, or microseconds. */
export type TimeUnit = (ms: number) => number;
export const milliseconds: TimeUnit = (ms) => ms;
export const microseconds: TimeUnit = (ms) => (ms < 0 ? ms : ms * 1000);

export type Json = Record<string, unknown>;
export type MarketOf = (pair: Order['pair']) => MarketDefinition;

export const money = (value: Amount | bigint): string => formatFixed(value, 8);
export const priceText = (market: MarketDefinition, ticks: number): string => formatFixed(BigInt(ticks) * market.tick, 8);
export const quantityText = (market: MarketDefinition, lots: number): string => formatFixed(BigInt(lots) * market.lot, 8);
export const levelText = (market: MarketDefinition, [price, quantity]: Level): [string, string] => [
  priceText(market, price),
  quantityText(market, quantity),
];

const zeroText = '0.00000000';

/** Fields that only some orders have, under the same names wherever an order is shown. */
function rareFields(market: MarketDefinition, order: Order, time: TimeUnit): Json {
  return {
    ...(order.trailingDelta > 0 ? { trailingDelta: order.trailingDelta } : {}),
    ...(order.trailingSince >= 0 ? { trailingTime: time(order.trailingSince) } : {}),
    ...(order.strategyId !== undefined ? { strategyId: order.strategyId } : {}),
    ...(order.strategyType !== undefined ? { strategyType: order.strategyType } : {}),
    ...(order.prevented > 0 ? { preventedQuantity: quantityText(market, order.prevented) } : {}),
    ...(order.expiryReason !== undefined ? { expiryReason: order.expiryReason } : {}),
  };
}

const stopAndIceberg = (market: MarketDefinition, order: Order): Json => ({
  ...(order.stopPrice > 0 ? { stopPrice: priceText(market, order.stopPrice) } : {}),
  ...(order.icebergQuantity > 0 ? { icebergQty: quantityText(market, order.icebergQuantity) } : {}),
});

const sums = (market: MarketDefinition, order: Order): Json => ({
  price: priceText(market, order.price),
  origQty: quantityText(market, order.quantity),
  executedQty: quantityText(market, order.executed),
  origQuoteOrderQty: money(order.quoteOrderQty),
  cummulativeQuoteQty: money(order.executedQuote),
  status: order.status,
  timeInForce: order.timeInForce,
  type: order.type,
  side: order.side,
});

/** As GET order, openOrders and allOrders show it. */
export function orderJson(market: MarketDefinition, order: Order, time: TimeUnit, preventedMatchId?: number): Json {
  return {
    symbol: market.symbol,
    orderId: order.orderId,
    orderListId: order.orderListId,
    clientOrderId: order.clientOrderId,
    ...sums(market, order),
    stopPrice: priceText(market, order.stopPrice),
    icebergQty: quantityText(market, order.icebergQuantity),
    time: time(order.time),
    updateTime: time(order.updateTime),
    isWorking: order.working,
    workingTime: time(order.workingTime),
    ...(preventedMatchId === undefined ? {} : { preventedMatchId }),
    ...rareFields(market, order, time),
    selfTradePreventionMode: order.stpMode,
  };
}

export const ackJson = (market: MarketDefinition, order: Order, time: TimeUnit): Json => ({
  symbol: market.symbol,
  orderId: order.orderId,
  orderListId: order.orderListId,
  clientOrderId: order.clientOrderId,
  transactTime: time(order.updateTime),
});

export const resultJson = (market: MarketDefinition, order: Order, time: TimeUnit): Json => ({
  ...ackJson(market, order, time),
  ...sums(market, order),
  ...stopAndIceberg(market, order),
  ...(order.workingTime >= 0 ? { workingTime: time(order.workingTime) } : {}),
  ...rareFields(market, order, time),
  selfTradePreventionMode: order.stpMode,
});

export const fullJson = (
  market: MarketDefinition,
  order: Order,
  trades: readonly UserTrade[],
  matches: readonly PreventedMatch[],
  time: TimeUnit,
): Json => ({
  ...resultJson(market, order, time),
  ...(matches[0] === undefined ? {} : { preventedMatchId: matches[0].preventedMatchId }),
  fills: trades
    .filter((trade) => trade.orderId === order.orderId)
    .map((trade) => ({
      price: priceText(market, trade.price),
      qty: quantityText(market, trade.quantity),
      commission: money(trade.commission),
      commissionAsset: trade.commissionAsset,
      tradeId: trade.tradeId,
    })),
});

/** As an order inside the answer of a cancel. */
export function cancelJson(market: MarketDefinition, order: Order, cancelId: string, time: TimeUnit): Json {
  return {
    symbol: market.symbol,
    origClientOrderId: order.clientOrderId,
    orderId: order.orderId,
    orderListId: order.orderListId,
    clientOrderId: cancelId,
    transactTime: time(order.updateTime),
    ...sums(market, order),
    ...stopAndIceberg(market, order),
    ...rareFields(market, order, time),
    selfTradePreventionMode: order.stpMode,
  };
}

export const canceledJson = (market: MarketDefinition, canceled: Canceled, time: TimeUnit): Json =>
  canceled.list === undefined
    ? cancelJson(market, canceled.order, canceled.cancelClientOrderId, time)
    : canceledListJson(market, canceled.list, canceled.cancelClientOrderId, time);

/** As the answer to an amend shows the order: some fields have names of their own there. */
export const amendedJson = (market: MarketDefinition, order: Order, time: TimeUnit): Json => ({
  symbol: market.symbol,
  orderId: order.orderId,
  orderListId: order.orderListId,
  origClientOrderId: order.amendments?.at(-1)?.origClientOrderId ?? order.clientOrderId,
  clientOrderId: order.clientOrderId,
  price: priceText(market, order.price),
  qty: quantityText(market, order.quantity),
  executedQty: quantityText(market, order.executed),
  preventedQty: quantityText(market, order.prevented),
  quoteOrderQty: money(order.quoteOrderQty),
  cumulativeQuoteQty: money(order.executedQuote),
  status: order.status,
  timeInForce: order.timeInForce,
  type: order.type,
  side: order.side,
  ...stopAndIceberg(market, order),
  ...(order.workingTime >= 0 ? { workingTime: time(order.workingTime) } : {}),
  ...rareFields(market, order, time),
  selfTradePreventionMode: order.stpMode,
});

export const amendmentJson = (market: MarketDefinition, order: Order, amendment: Amendment, time: TimeUnit): Json => ({
  symbol: market.symbol,
  orderId: order.orderId,
  executionId: amendment.executionId,
  origClientOrderId: amendment.origClientOrderId,
  newClientOrderId: amendment.newClientOrderId,
  origQty: quantityText(market, amendment.origQuantity),
  newQty: quantityText(market, amendment.newQuantity),
  time: time(amendment.time),
});

export const listJson = (market: MarketDefinition, list: OrderList, time: TimeUnit): Json => ({
  orderListId: list.orderListId,
  contingencyType: list.contingencyType,
  listStatusType: list.listStatusType,
  listOrderStatus: list.listOrderStatus,
  listClientOrderId: list.listClientOrderId,
  transactionTime: time(list.time),
  symbol: market.symbol,
  orders: list.orders.map((each) => ({ symbol: market.symbol, ...each })),
});

export const canceledListJson = (market: MarketDefinition, placed: ListPlaced, cancelId: string, time: TimeUnit): Json => ({
  ...listJson(market, placed.list, time),
  orderReports: placed.orders.map((order) => cancelJson(market, order, cancelId, time)),
});

export const tradeJson = (market: MarketDefinition, trade: UserTrade, time: TimeUnit): Json => ({
  symbol: market.symbol,
  id: trade.tradeId,
  orderId: trade.orderId,
  orderListId: trade.orderListId,
  price: priceText(market, trade.price),
  qty: quantityText(market, trade.quantity),
  quoteQty: money(trade.quote),
  commission: money(trade.commission),
  commissionAsset: trade.commissionAsset,
  time: time(trade.time),
  isBuyer: trade.side === 'BUY',
  isMaker: trade.maker,
  isBestMatch: true,
});

export const preventedJson = (market: MarketDefinition, match: PreventedMatch, time: TimeUnit): Json => ({
  symbol: market.symbol,
  preventedMatchId: match.preventedMatchId,
  takerOrderId: match.takerOrderId,
  makerSymbol: market.symbol,
  makerOrderId: match.makerOrderId,
  tradeGroupId: 1,
  selfTradePreventionMode: match.stpMode,
  price: priceText(market, match.price),
  takerPreventedQuantity: quantityText(market, match.takerPrevented),
  makerPreventedQuantity: quantityText(market, match.makerPrevented),
  transactTime: time(match.time),
});

export const klineRow = (market: MarketDefinition, kline: Kline, time: TimeUnit): unknown[] => [
  time(kline.openTime),
  priceText(market, kline.open),
  priceText(market, kline.high),
  priceText(market, kline.low),
  priceText(market, kline.close),
  money(kline.volume),
  // The last microsecond before the next candle, as the exchange writes it in that unit.
  time === milliseconds ? kline.closeTime : time(kline.closeTime) + 999,
  money(kline.quoteVolume),
  kline.trades,
  money(kline.takerVolume),
  money(kline.takerQuoteVolume),
  '0',
];

/** A user data event, as streams and the WebSocket API carry it. */
export function userEventJson(event: UserEvent, marketOf: MarketOf, time: TimeUnit): Json {
  switch (event.kind) {
    case 'execution':
      return executionJson(event, marketOf(event.order.pair), time);
    case 'account':
      return {
        e: 'outboundAccountPosition',
        E: time(event.at),
        u: time(event.at),
        B: event.balances.map((each) => ({ a: each.asset, f: money(each.free), l: money(each.locked) })),
      };
    case 'balance':
      return { e: 'balanceUpdate', E: time(event.at), a: event.asset, d: money(event.delta), T: time(event.at) };
    case 'list':
      return listStatusJson(event.list, event.at, marketOf(event.list.pair), time);
  }
}

const listStatusJson = (list: OrderList, at: number, market: MarketDefinition, time: TimeUnit): Json => ({
  e: 'listStatus',
  E: time(at),
  s: market.symbol,
  g: list.orderListId,
  c: list.contingencyType,
  l: list.listStatusType,
  L: list.listOrderStatus,
  r: 'NONE',
  C: list.listClientOrderId,
  T: time(list.time),
  O: list.orders.map((each) => ({ s: market.symbol, i: each.orderId, c: each.clientOrderId })),
});

const isOnBook = (order: Order): boolean => order.status === 'NEW' || order.status === 'PARTIALLY_FILLED';

type Execution = Extract<UserEvent, { readonly kind: 'execution' }>;

function executionJson(event: Execution, market: MarketDefinition, time: TimeUnit): Json {
  const { order, trade } = event;
  return {
    e: 'executionReport',
    E: time(event.at),
    s: market.symbol,
    c: event.clientOrderId,
    S: order.side,
    o: order.type,
    f: order.timeInForce,
    q: quantityText(market, order.quantity),
    p: priceText(market, order.price),
    P: priceText(market, order.stopPrice),
    ...(order.trailingDelta > 0 ? { d: order.trailingDelta } : {}),
    F: quantityText(market, order.icebergQuantity),
    g: order.orderListId,
    C: event.originalClientOrderId,
    x: event.execution,
    X: order.status,
    r: 'NONE',
    i: order.orderId,
    l: trade === undefined ? zeroText : quantityText(market, trade.quantity),
    z: quantityText(market, order.executed),
    L: trade === undefined ? zeroText : priceText(market, trade.price),
    n: trade === undefined ? '0' : money(trade.commission),
    N: trade === undefined ? null : trade.commissionAsset,
    T: time(event.at),
    t: trade === undefined ? -1 : trade.tradeId,
    ...preventionFields(event, market),
    I: event.executionId,
    // A market order is shown as on the book only while it is new (user-data-stream.md).
    w: order.working && (order.type === 'MARKET' ? event.execution === 'NEW' : isOnBook(order)),
    m: trade?.maker ?? false,
    M: trade !== undefined,
    O: time(order.time),
    Z: money(order.executedQuote),
    Y: trade === undefined ? zeroText : money(trade.quote),
    Q: money(order.quoteOrderQty),
    ...(order.trailingSince >= 0 ? { D: time(order.trailingSince) } : {}),
    ...(order.strategyId !== undefined ? { j: order.strategyId } : {}),
    ...(order.strategyType !== undefined ? { J: order.strategyType } : {}),
    ...(order.workingTime >= 0 ? { W: time(order.workingTime) } : {}),
    V: order.stpMode,
    ...(order.expiryReason === undefined ? {} : { eR: order.expiryReason }),
  };
}

function preventionFields(event: Execution, market: MarketDefinition): Json {
  const match = event.preventedMatch;
  if (match === undefined) return {};
  const counter = match.makerOrderId === event.order.orderId ? match.takerOrderId : match.makerOrderId;
  return {
    v: match.preventedMatchId,
    A: quantityText(market, event.order.prevented),
    B: quantityText(market, event.lastPrevented),
    u: 1,
    U: counter,
    Cs: market.symbol,
    pl: quantityText(market, event.lastPrevented),
    pL: priceText(market, match.price),
    pY: zeroText,
  };
}
