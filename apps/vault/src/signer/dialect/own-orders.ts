/**
 * What each sub-key ordered and what became of it, built from the journal's records alone: reading the journal again gives
 * the same. The door answers from here and never from the exchange, so a sub-key sees its own orders and nothing else.
 *
 *   O1  An order is here once it was approved; its client order id is the client's, never the one the exchange knows.
 *   O2  A sub-key's closed orders and trades are kept up to a number, oldest dropped first; open orders always.
 */
import {
  type Amount,
  type Asset,
  multiply,
  type OrderEvent,
  ordersOf,
  type Pair,
  type PlaceOrder,
  type SubKeyId,
} from '@holdfast/domain';
import type { JournalRecord } from '../records.ts';

export interface OwnTrade {
  readonly tradeId: string;
  readonly order: OwnOrder;
  readonly price: Amount;
  readonly quantity: Amount;
  readonly fee: Amount;
  readonly feeAsset: Asset;
  readonly maker: boolean;
  /** Unix ms of the exchange. */
  readonly at: number;
  /** Of the order, up to and with this trade. */
  readonly filledSoFar: bigint;
  readonly quoteSoFar: bigint;
}

/** `sent` until the exchange has said anything of it. */
export type OwnPhase = 'sent' | 'open' | 'filled' | 'cancelled' | 'expired' | 'rejected';

export interface OwnOrder {
  readonly subKey: SubKeyId;
  readonly intent: PlaceOrder;
  /** Unix ms of the exchange's clock when it was decided. */
  readonly askedAt: number;
  phase: OwnPhase;
  exchangeOrderId: string | null;
  acceptedAt: number;
  updatedAt: number;
  filled: bigint;
  /** Sum of price × quantity of its trades. */
  quote: bigint;
  rejection: { readonly code: string; readonly reason: string } | null;
  /** The client asked for a market order. Known since this start only: the order itself is an `ioc`. */
  asMarket: boolean;
  /** Id that the client gave its cancel, for the stream to say. */
  cancelId: string | null;
  /** How often the exchange refused to cancel it. */
  cancelsRefused: number;
}

export interface OwnOrders {
  apply(record: JournalRecord): void;
  find(subKey: SubKeyId, clientOrderId: string): OwnOrder | undefined;
  findById(subKey: SubKeyId, pair: Pair, exchangeOrderId: string): OwnOrder | undefined;
  /** In the order in which they were decided. */
  orders(subKey: SubKeyId): Iterable<OwnOrder>;
  /** In the order in which they were settled. */
  trades(subKey: SubKeyId): readonly OwnTrade[];
}

interface KeyBook {
  readonly orders: Map<string, OwnOrder>;
  readonly byExchangeId: Map<string, OwnOrder>;
  trades: OwnTrade[];
}

const closedMax = 2000;
const tradesMax = 5000;

export const isOpen = ({ phase }: OwnOrder): boolean => phase === 'sent' || phase === 'open';
const idKey = (pair: Pair, exchangeOrderId: string): string => `${pair} ${exchangeOrderId}`;

export function createOwnOrders(): OwnOrders {
  const books = new Map<SubKeyId, KeyBook>();

  const bookOf = (subKey: SubKeyId): KeyBook => {
    const known = books.get(subKey);
    if (known !== undefined) return known;
    const book: KeyBook = { orders: new Map(), byExchangeId: new Map(), trades: [] };
    books.set(subKey, book);
    return book;
  };

  const decided = (record: Extract<JournalRecord, { kind: 'decided' }>): void => {
    const { subKey, intent, verdict, time } = record;
    if (intent.kind === 'cancel-order' || verdict.kind !== 'approved') return;
    for (const order of ordersOf(intent)) remember(bookOf(subKey), subKey, order, time);
  };

  const remember = (book: KeyBook, subKey: SubKeyId, intent: PlaceOrder, time: number): void => {
    const order: OwnOrder = {
      subKey,
      intent,
      askedAt: time,
      phase: 'sent',
      exchangeOrderId: null,
      acceptedAt: time,
      updatedAt: time,
      filled: 0n,
      quote: 0n,
      rejection: null,
      asMarket: false,
      cancelId: null,
      cancelsRefused: 0,
    };
    // A Map keeps the place of a key that is set again; an id that comes again belongs at the end.
    book.orders.delete(intent.clientOrderId);
    book.orders.set(intent.clientOrderId, order);
    if (book.orders.size > 2 * closedMax) dropOldest(book);
  };

  const settled = (subKey: SubKeyId, event: OrderEvent): void => {
    const book = bookOf(subKey);
    const order = book.orders.get(event.clientOrderId);
    if (order === undefined) return;
    order.updatedAt = event.at;
    switch (event.kind) {
      case 'order-accepted':
        if (order.phase === 'sent') order.phase = 'open';
        order.exchangeOrderId = event.exchangeOrderId;
        order.acceptedAt = event.at;
        book.byExchangeId.set(idKey(event.pair, event.exchangeOrderId), order);
        return;
      case 'order-filled':
        filled(book, order, event);
        return;
      case 'order-cancelled':
        order.phase = event.cause === 'cancel' ? 'cancelled' : 'expired';
        return;
      case 'order-rejected':
        order.phase = 'rejected';
        order.rejection = { code: event.code, reason: event.reason };
        return;
      case 'cancel-rejected':
        order.cancelsRefused += 1;
        return;
      case 'order-unknown':
        return;
    }
  };

  return {
    apply: (record) => {
      if (record.kind === 'decided') decided(record);
      else if (record.kind === 'settled' && record.event.kind === 'order') settled(record.event.subKey, record.event.event);
    },
    find: (subKey, clientOrderId) => books.get(subKey)?.orders.get(clientOrderId),
    findById: (subKey, pair, exchangeOrderId) => books.get(subKey)?.byExchangeId.get(idKey(pair, exchangeOrderId)),
    orders: (subKey) => books.get(subKey)?.orders.values() ?? [],
    trades: (subKey) => books.get(subKey)?.trades ?? [],
  };
}

function filled(book: KeyBook, order: OwnOrder, event: Extract<OrderEvent, { kind: 'order-filled' }>): void {
  const { tradeId, price, quantity, fee, feeAsset, maker, at } = event;
  order.filled += quantity;
  order.quote += multiply(quantity, price, 'down');
  const sums = { filledSoFar: order.filled, quoteSoFar: order.quote };
  book.trades.push({ tradeId, order, price, quantity, fee, feeAsset, maker, at, ...sums });
  if (book.trades.length > 2 * tradesMax) book.trades = book.trades.slice(-tradesMax);
  if (order.filled >= order.intent.quantity) order.phase = 'filled';
}

function dropOldest(book: KeyBook): void {
  for (const [id, order] of book.orders) {
    if (book.orders.size <= closedMax) return;
    if (isOpen(order)) continue;
    book.orders.delete(id);
    if (order.exchangeOrderId !== null) book.byExchangeId.delete(idKey(order.intent.pair, order.exchangeOrderId));
  }
}
