/**
 * What each sub-key ordered and what became of it, built from the journal's records alone: reading the journal again gives
 * the same. The door answers from here and never from the exchange, so a sub-key sees its own orders and nothing else.
 *
 *   O1  An order is here once it was approved; its client order id is the client's, never the one the exchange knows.
 *   O2  An order list is named by the journal's number of its decision: known at once, unique in the vault, the same after a
 *       restart. The exchange's own number of it is not known here.
 *   O3  A sub-key's closed orders and trades are kept up to a number, oldest dropped first; open orders always.
 */
import {
  type Amount,
  type Asset,
  legsOf,
  multiply,
  type OrderEvent,
  type Pair,
  type PlaceOco,
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
  /** The OCO that it is a leg of. */
  list: OwnList | null;
}

/** Two orders of which one at most trades. */
export interface OwnList {
  readonly id: number;
  readonly clientOrderId: string;
  readonly pair: Pair;
  /** Unix ms of the exchange's clock when it was decided. */
  readonly askedAt: number;
  /** Stop leg and limit leg, as the exchange lists them. */
  readonly legs: readonly [stop: OwnOrder, limit: OwnOrder];
  /** What the stream said of it last, since this start. */
  said: 'started' | 'done' | null;
}

export interface OwnOrders {
  /** `seq`: the record's number in the journal. */
  apply(seq: number, record: JournalRecord): void;
  find(subKey: SubKeyId, clientOrderId: string): OwnOrder | undefined;
  findById(subKey: SubKeyId, pair: Pair, exchangeOrderId: string): OwnOrder | undefined;
  /** In the order in which they were decided. */
  orders(subKey: SubKeyId): Iterable<OwnOrder>;
  /** In the order in which they were decided. */
  lists(subKey: SubKeyId): Iterable<OwnList>;
  /** In the order in which they were settled. */
  trades(subKey: SubKeyId): readonly OwnTrade[];
}

interface KeyBook {
  readonly orders: Map<string, OwnOrder>;
  readonly byExchangeId: Map<string, OwnOrder>;
  /** By the client's own id. */
  readonly lists: Map<string, OwnList>;
  trades: OwnTrade[];
}

const closedMax = 2000;
const tradesMax = 5000;

export const isOpen = ({ phase }: OwnOrder): boolean => phase === 'sent' || phase === 'open';
export const isExecuting = ({ legs }: OwnList): boolean => legs.some(isOpen);
const idKey = (pair: Pair, exchangeOrderId: string): string => `${pair} ${exchangeOrderId}`;

export function createOwnOrders(): OwnOrders {
  const books = new Map<SubKeyId, KeyBook>();

  const bookOf = (subKey: SubKeyId): KeyBook => {
    const known = books.get(subKey);
    if (known !== undefined) return known;
    const book: KeyBook = { orders: new Map(), byExchangeId: new Map(), lists: new Map(), trades: [] };
    books.set(subKey, book);
    return book;
  };

  const decided = (seq: number, record: Extract<JournalRecord, { kind: 'decided' }>): void => {
    const { subKey, intent, verdict, time } = record;
    if (intent.kind === 'cancel-order' || verdict.kind !== 'approved') return;
    const book = bookOf(subKey);
    if (intent.kind === 'place-order') remember(book, newOrder(subKey, intent, time));
    else rememberList(book, subKey, intent, { id: seq, askedAt: time });
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
    apply: (seq, record) => {
      if (record.kind === 'decided') decided(seq, record);
      else if (record.kind === 'settled' && record.event.kind === 'order') settled(record.event.subKey, record.event.event);
    },
    find: (subKey, clientOrderId) => books.get(subKey)?.orders.get(clientOrderId),
    findById: (subKey, pair, exchangeOrderId) => books.get(subKey)?.byExchangeId.get(idKey(pair, exchangeOrderId)),
    orders: (subKey) => books.get(subKey)?.orders.values() ?? [],
    lists: (subKey) => books.get(subKey)?.lists.values() ?? [],
    trades: (subKey) => books.get(subKey)?.trades ?? [],
  };
}

const newOrder = (subKey: SubKeyId, intent: PlaceOrder, time: number): OwnOrder => ({
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
  list: null,
});

function remember({ orders }: KeyBook, order: OwnOrder): void {
  const id = order.intent.clientOrderId;
  // A Map keeps the place of a key that is set again; an id that comes again belongs at the end.
  orders.delete(id);
  orders.set(id, order);
}

function rememberList(book: KeyBook, subKey: SubKeyId, oco: PlaceOco, { id, askedAt }: Pick<OwnList, 'id' | 'askedAt'>): void {
  const { limit, stop } = legsOf(oco);
  const legs = [newOrder(subKey, stop, askedAt), newOrder(subKey, limit, askedAt)] as const;
  const { clientOrderId, pair } = oco;
  const list: OwnList = { id, clientOrderId, pair, askedAt, legs, said: null };
  for (const leg of legs) {
    leg.list = list;
    remember(book, leg);
  }
  book.lists.set(clientOrderId, list);
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
    if (order.list !== null) book.lists.delete(order.list.clientOrderId);
    if (order.exchangeOrderId !== null) book.byExchangeId.delete(idKey(order.intent.pair, order.exchangeOrderId));
  }
}
