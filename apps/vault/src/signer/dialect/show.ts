/**
 * Orders, trades and events as the exchange's JSON writes them (rest-api.md, user-data-stream.md): amounts with 8 decimals,
 * ids as numbers, the client's own order ids. What the vault does not know of an order (iceberg, prevention) is shown
 * as the exchange shows it when there is none.
 */
import { type Amount, amount, formatFixed, type OrderEvent, roundTo, takesAtOnce } from '@holdfast/domain';
import { symbolOf } from '@holdfast/exchanges/trading';
import type { AnswerForm } from './order-request.ts';
import type { OwnOrder, OwnPhase, OwnTrade } from './own-orders.ts';

export type Json = Record<string, unknown>;

const smallest = amount('0.00000001');
const noAmount = '0.00000000';

/** An amount with 8 decimals; what is smaller is cut off. */
export const money = (value: bigint): string => formatFixed(roundTo(value, smallest, 'down'), 8);

const statusNames: Readonly<Record<OwnPhase, string>> = {
  sent: 'NEW',
  open: 'NEW',
  filled: 'FILLED',
  cancelled: 'CANCELED',
  expired: 'EXPIRED',
  rejected: 'REJECTED',
};

export const statusOf = ({ phase, filled }: OwnOrder): string =>
  phase === 'open' && filled > 0n ? 'PARTIALLY_FILLED' : statusNames[phase];

export function typeOf({ intent, asMarket, list }: OwnOrder): string {
  if (asMarket) return 'MARKET';
  if (list !== null && intent.order === 'limit') return 'LIMIT_MAKER'; // the exchange takes no other beside a stop
  switch (intent.order) {
    case 'limit':
    case 'ioc':
    case 'fok':
      return 'LIMIT';
    case 'post-only':
      return 'LIMIT_MAKER';
    case 'stop-limit':
      return 'STOP_LOSS_LIMIT';
  }
}

/** An id as the number it is at the exchange; as text where a number would lose digits. */
export const idOf = (id: string): number | string => (Number.isSafeInteger(Number(id)) ? Number(id) : id);
export const orderIdOf = ({ exchangeOrderId }: OwnOrder): number | string =>
  exchangeOrderId === null ? -1 : idOf(exchangeOrderId);

const timeInForceOf = ({ intent, asMarket }: OwnOrder): string =>
  takesAtOnce(intent.order) && !asMarket ? intent.order.toUpperCase() : 'GTC';
const priceOf = ({ intent, asMarket }: OwnOrder): string => (asMarket ? noAmount : money(intent.limit));
const sideOf = ({ intent }: OwnOrder): string => (intent.side === 'buy' ? 'BUY' : 'SELL');

const listIdOf = ({ list }: OwnOrder): number => list?.id ?? -1;

const head = (order: OwnOrder): Json => ({
  symbol: symbolOf(order.intent.pair),
  orderId: orderIdOf(order),
  orderListId: listIdOf(order),
  clientOrderId: order.intent.clientOrderId,
});

const sums = (order: OwnOrder): Json => ({
  price: priceOf(order),
  origQty: money(order.intent.quantity),
  executedQty: money(order.filled),
  origQuoteOrderQty: noAmount,
  cummulativeQuoteQty: money(order.quote),
  status: statusOf(order),
  timeInForce: timeInForceOf(order),
  type: typeOf(order),
  side: sideOf(order),
});

const trigger = ({ intent }: OwnOrder): Amount | undefined => intent.trigger;

/** As GET order, openOrders and allOrders show it. */
export const orderJson = (order: OwnOrder): Json => ({
  ...head(order),
  ...sums(order),
  stopPrice: money(trigger(order) ?? 0n),
  icebergQty: noAmount,
  time: order.acceptedAt,
  updateTime: order.updatedAt,
  isWorking: order.intent.order !== 'stop-limit' || order.filled > 0n,
  workingTime: order.acceptedAt,
  selfTradePreventionMode: 'NONE',
});

/** As the answer to a new order, in the form that was asked for. */
export function placedJson(order: OwnOrder, trades: readonly OwnTrade[], form: AnswerForm): Json {
  const short = { ...head(order), transactTime: order.updatedAt };
  if (form === 'ACK') return short;
  const stop = trigger(order) === undefined ? {} : { stopPrice: money(trigger(order) ?? 0n) };
  const result = { ...short, ...sums(order), ...stop, workingTime: order.acceptedAt, selfTradePreventionMode: 'NONE' };
  return form === 'RESULT' ? result : { ...result, fills: trades.map(fillJson) };
}

const fillJson = (trade: OwnTrade): Json => ({
  price: money(trade.price),
  qty: money(trade.quantity),
  commission: money(trade.fee),
  commissionAsset: trade.feeAsset,
  tradeId: idOf(trade.tradeId),
});

/** As the answer to a cancel: `clientOrderId` is then the cancel's. */
export const cancelledJson = (order: OwnOrder, cancelId: string): Json => ({
  ...head(order),
  origClientOrderId: order.intent.clientOrderId,
  clientOrderId: cancelId,
  transactTime: order.updatedAt,
  ...sums(order),
  ...(trigger(order) === undefined ? {} : { stopPrice: money(trigger(order) ?? 0n) }),
  selfTradePreventionMode: 'NONE',
});

export const tradeJson = (trade: OwnTrade): Json => ({
  symbol: symbolOf(trade.order.intent.pair),
  id: idOf(trade.tradeId),
  orderId: orderIdOf(trade.order),
  orderListId: listIdOf(trade.order),
  price: money(trade.price),
  qty: money(trade.quantity),
  quoteQty: money((trade.price * trade.quantity) / 10n ** 18n),
  commission: money(trade.fee),
  commissionAsset: trade.feeAsset,
  time: trade.at,
  isBuyer: trade.order.intent.side === 'buy',
  isMaker: trade.maker,
  isBestMatch: true,
});

interface Execution {
  readonly execution: 'NEW' | 'TRADE' | 'CANCELED' | 'EXPIRED' | 'REJECTED';
  readonly status: string;
  readonly trade: OwnTrade | null;
  readonly filled: bigint;
  readonly quote: bigint;
  readonly reason: string;
}

/** The `executionReport` of a settled event, or null when the exchange's stream says none for it. `trade` is the event's own. */
export function executionJson(order: OwnOrder, event: OrderEvent, trade: OwnTrade | null, cancelId: string): Json | null {
  const of = executionOf(order, event, trade);
  return of === null ? null : reportJson(order, of, event.at, cancelId);
}

function executionOf(order: OwnOrder, event: OrderEvent, trade: OwnTrade | null): Execution | null {
  const resting = { trade: null, filled: order.filled, quote: order.quote, reason: 'NONE' };
  switch (event.kind) {
    case 'order-accepted':
      return { ...resting, execution: 'NEW', status: 'NEW', filled: 0n, quote: 0n };
    case 'order-filled': {
      if (trade === null) return null;
      const status = event.complete ? 'FILLED' : 'PARTIALLY_FILLED';
      return { execution: 'TRADE', status, trade, filled: trade.filledSoFar, quote: trade.quoteSoFar, reason: 'NONE' };
    }
    case 'order-cancelled':
      return event.cause === 'cancel'
        ? { ...resting, execution: 'CANCELED', status: 'CANCELED' }
        : { ...resting, execution: 'EXPIRED', status: 'EXPIRED' };
    case 'order-rejected':
      return { ...resting, execution: 'REJECTED', status: 'REJECTED', reason: 'NEW_ORDER_REJECTED' };
    case 'order-unknown':
    case 'cancel-rejected':
      return null;
  }
}

function reportJson(order: OwnOrder, of: Execution, at: number, cancelId: string): Json {
  const { clientOrderId } = order.intent;
  const isCancel = of.execution === 'CANCELED';
  const { trade } = of;
  return {
    e: 'executionReport',
    E: at,
    s: symbolOf(order.intent.pair),
    c: isCancel ? cancelId : clientOrderId,
    S: sideOf(order),
    o: typeOf(order),
    f: timeInForceOf(order),
    q: money(order.intent.quantity),
    p: priceOf(order),
    P: money(trigger(order) ?? 0n),
    F: noAmount,
    g: listIdOf(order),
    C: isCancel ? clientOrderId : '',
    x: of.execution,
    X: of.status,
    r: of.reason,
    i: orderIdOf(order),
    l: trade === null ? noAmount : money(trade.quantity),
    z: money(of.filled),
    L: trade === null ? noAmount : money(trade.price),
    n: trade === null ? '0' : money(trade.fee),
    N: trade === null ? null : trade.feeAsset,
    T: at,
    t: trade === null ? -1 : idOf(trade.tradeId),
    w: of.status === 'NEW' || of.status === 'PARTIALLY_FILLED',
    m: trade?.maker ?? false,
    M: trade !== null,
    O: order.acceptedAt,
    Z: money(of.quote),
    Y: trade === null ? noAmount : money((trade.price * trade.quantity) / 10n ** 18n),
    Q: noAmount,
    W: order.acceptedAt,
    V: 'NONE',
  };
}
