/**
 * The orders of a bot that may exist at the exchange, and what the vault's answers make of them. Every kind of bot but the first
 * keeps its orders with this; the bot says what an order is for by fields of its own.
 *
 *   O1  An order is in the list from the intent until nothing of it can happen any more.
 *   O2  A trade that was posted is never posted again; the close can be said before the last fill, so an order stays until its
 *       fills add up.
 *   O3  A refused cancel is asked again, later each time, as long as the order is there.
 *   O4  The legs of an OCO come and are cancelled together; that the exchange ends one because of the other is no failure.
 */
import {
  type Amount,
  type BotEvent,
  type CancelOrder,
  type ClientOrderId,
  type EpochMs,
  type GuardCode,
  type Intent,
  idsOf,
  legsOf,
  type OrderEvent,
  type OrderFill,
  type OrderKind,
  type Pair,
  type PlaceOco,
  type PlaceOrder,
  type RefusalCode,
  type Side,
} from '@holdfast/domain';
import { askAgainAt, type Patience, patience } from '../dca/refusals.ts';

export interface LiveOrder {
  readonly id: ClientOrderId;
  readonly pair: Pair;
  readonly side: Side;
  readonly order: OrderKind;
  readonly quantity: Amount;
  readonly limit: Amount;
  readonly trigger: Amount | null;
  readonly filled: Amount;
  /** Trades of it that are posted. */
  readonly trades: readonly string[];
  /** `sent`: no answer yet. `unknown`: the vault is finding out. `ended`: off the book, but a fill of it has still to be said. */
  readonly status: 'sent' | 'open' | 'unknown' | 'ended';
  readonly cancelling: boolean;
  /** A cancel was refused: ask again then, if it is still there. */
  readonly cancelAgainAt: EpochMs | null;
  readonly cancelTries: number;
  /** For `ended`: base that must have been filled. */
  readonly filledMustBe: Amount | null;
  /** Of a leg of an OCO: the other leg. */
  readonly twin?: ClientOrderId | undefined;
}

/** What makes an order a leg of an OCO. */
export type Leg = Pick<LiveOrder, 'id' | 'twin'>;

/** The other leg of an OCO, while both are in the list. */
export const twinIn = <O extends Leg>(orders: readonly O[], order: Leg): O | undefined =>
  order.twin === undefined ? undefined : orders.find(({ id }) => id === order.twin);

/** A new order as it goes into the list, with the intent that asks for it. */
export function newOrder<Own extends object>(
  terms: Pick<LiveOrder, 'id' | 'pair' | 'side' | 'order' | 'quantity' | 'limit'> & { readonly trigger?: Amount | null },
  own: Own,
): { readonly order: LiveOrder & Own; readonly intent: PlaceOrder } {
  const { id, pair, side, order, quantity, limit, trigger = null } = terms;
  return {
    order: {
      ...own,
      id,
      pair,
      side,
      order,
      quantity,
      limit,
      trigger,
      filled: 0n as Amount,
      trades: [],
      status: 'sent',
      cancelling: false,
      cancelAgainAt: null,
      cancelTries: 0,
      filledMustBe: null,
    },
    intent: {
      kind: 'place-order',
      clientOrderId: id,
      pair,
      side,
      order,
      quantity,
      limit,
      ...(trigger === null ? {} : { trigger }),
    },
  };
}

/** The two legs of an OCO as they go into the list. */
export function newOco<Own extends object>(
  intent: PlaceOco,
  own: { readonly limit: Own; readonly stop: Own },
): readonly (LiveOrder & Own)[] {
  const { limit, stop } = legsOf(intent);
  return [
    { ...newOrder({ ...limit, id: limit.clientOrderId }, own.limit).order, twin: stop.clientOrderId },
    { ...newOrder({ ...stop, id: stop.clientOrderId }, own.stop).order, twin: limit.clientOrderId },
  ];
}

/** What an event says about the bot's own orders. `order` is as it was before, with the fill counted in. */
export type OrderNews<O extends LiveOrder> =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'accepted'; readonly order: O }
  /** Money moved. `isOver`: nothing of the order can happen any more, and it is off the list. */
  | { readonly kind: 'filled'; readonly order: O; readonly fill: OrderFill; readonly isOver: boolean }
  /** Off the list. `asked`: by our cancel; else the exchange ended it. */
  | { readonly kind: 'over'; readonly order: O; readonly asked: boolean }
  /** It never was: off the list; of an OCO both legs are, and this is the stop leg. `how` says whether the same may be asked again. */
  | { readonly kind: 'refused'; readonly order: O; readonly how: Patience; readonly code: string; readonly reason: string };

export interface Told<O extends LiveOrder> {
  readonly orders: readonly O[];
  readonly news: OrderNews<O>;
}

const nothing = { kind: 'nothing' } as const;

/** Takes an `order-event` or `refused` into the list. The same event twice changes nothing the second time. */
export function tell<O extends LiveOrder>(orders: readonly O[], event: BotEvent, retryMs: number): Told<O> {
  if (event.kind === 'order-event') return tellEvent(orders, event.event, retryMs);
  if (event.kind === 'refused') return tellRefusal(orders, event.intent, event.code, event.reason, event.at, retryMs);
  return { orders, news: nothing };
}

function tellEvent<O extends LiveOrder>(orders: readonly O[], event: OrderEvent, retryMs: number): Told<O> {
  const order = orders.find(({ id }) => id === event.clientOrderId);
  if (order === undefined) {
    const twin = event.kind === 'cancel-rejected' ? orders.find((it) => it.twin === event.clientOrderId) : undefined;
    return { orders: twin === undefined ? orders : cancelRefused(orders, twin, event.at, 'soon', retryMs), news: nothing };
  }
  switch (event.kind) {
    case 'order-accepted':
      if (order.status !== 'sent' && order.status !== 'unknown') return { orders, news: nothing };
      return { orders: changed(orders, order, { status: 'open' }), news: { kind: 'accepted', order } };
    case 'order-unknown':
      return { orders: order.status === 'sent' ? changed(orders, order, { status: 'unknown' }) : orders, news: nothing };
    case 'order-rejected': {
      const reason = `the exchange refused the order: ${event.reason}`;
      return {
        orders: without(orders, order),
        news: { kind: 'refused', order: stopLeg(orders, order), how: 'soon', code: event.code, reason },
      };
    }
    case 'order-filled':
      return filled(orders, order, event);
    case 'order-cancelled': {
      if (event.filled <= order.filled)
        return {
          orders: ended(orders, order, event.cause),
          news: { kind: 'over', order, asked: wasMeant(orders, order, event.cause) },
        };
      return { orders: changed(orders, order, { status: 'ended', filledMustBe: event.filled }), news: nothing };
    }
    case 'cancel-rejected':
      return { orders: cancelRefused(orders, order, event.at, 'soon', retryMs), news: nothing };
  }
}

function filled<O extends LiveOrder>(orders: readonly O[], order: O, fill: OrderEvent & OrderFill): Told<O> {
  if (order.trades.includes(fill.tradeId)) return { orders, news: nothing };
  const total = (order.filled + fill.quantity) as Amount;
  const change = {
    filled: total,
    trades: [...order.trades, fill.tradeId],
    status: order.status === 'ended' ? 'ended' : 'open',
  } as const;
  const now: O = { ...order, ...change };
  const isOver = order.filledMustBe === null ? fill.complete && total >= fill.filled : total >= order.filledMustBe;
  // Complete, but an earlier fill has not been said yet: it stays until all is.
  const left =
    fill.complete && !isOver ? { ...now, status: 'ended' as const, filledMustBe: order.filledMustBe ?? fill.filled } : now;
  return {
    orders: isOver ? withoutOne(orders, order) : orders.map((it) => (it.id === order.id ? left : it)),
    news: { kind: 'filled', order: now, fill, isOver },
  };
}

function tellRefusal<O extends LiveOrder>(
  orders: readonly O[],
  intent: Intent,
  code: RefusalCode | GuardCode,
  reason: string,
  at: EpochMs,
  retryMs: number,
): Told<O> {
  const ids: readonly string[] = intent.kind === 'cancel-order' ? [intent.clientOrderId] : idsOf(intent);
  const order =
    orders.find(({ id }) => ids.includes(id)) ??
    (intent.kind === 'cancel-order' ? orders.find(({ twin }) => twin === intent.clientOrderId) : undefined);
  if (order === undefined) return { orders, news: nothing };
  const how = patience(code);
  if (intent.kind === 'cancel-order') return { orders: cancelRefused(orders, order, at, how, retryMs), news: nothing };
  if (order.status !== 'sent') return { orders, news: nothing };
  return { orders: without(orders, order), news: { kind: 'refused', order: stopLeg(orders, order), how, code, reason } };
}

function cancelRefused<O extends LiveOrder>(
  orders: readonly O[],
  order: O,
  at: EpochMs,
  how: Patience,
  retryMs: number,
): readonly O[] {
  if (!order.cancelling) return orders;
  const cancelAgainAt = askAgainAt(how, at, order.cancelTries, retryMs);
  return changedBoth(orders, order, { cancelling: false, cancelAgainAt, cancelTries: order.cancelTries + 1 });
}

/** Asks for an order to be gone, unless that was asked already or has to wait; then there is no intent. */
export function cancelOf<O extends LiveOrder>(
  orders: readonly O[],
  order: O,
  at: EpochMs,
): { readonly orders: readonly O[]; readonly intent: CancelOrder | null } {
  // The other leg of an OCO may have been asked for a moment ago.
  const { cancelling, cancelAgainAt } = orders.find(({ id }) => id === order.id) ?? order;
  const waits = cancelAgainAt !== null && at < cancelAgainAt;
  // What the exchange has not answered yet cannot be named to it.
  if (cancelling || order.status !== 'open' || waits) return { orders, intent: null };
  return {
    orders: changedBoth(orders, order, { cancelling: true, cancelAgainAt: null }),
    intent: { kind: 'cancel-order', clientOrderId: order.id, pair: order.pair },
  };
}

/** Times at which refused cancels are due again. */
export const cancelTimes = (orders: readonly LiveOrder[]): readonly EpochMs[] =>
  orders.flatMap(({ cancelAgainAt }) => (cancelAgainAt === null ? [] : [cancelAgainAt]));

const withoutOne = <O extends LiveOrder>(orders: readonly O[], order: O): readonly O[] =>
  orders.filter(({ id }) => id !== order.id);
/** A cancel that named a leg which the exchange had ended already did nothing for the other. */
const ended = <O extends LiveOrder>(orders: readonly O[], order: O, cause: 'cancel' | 'expired'): readonly O[] =>
  withoutOne(orders, order).map((it) => (it.id === order.twin && cause === 'expired' ? { ...it, cancelling: false } : it));
/** O4 */
const without = <O extends LiveOrder>(orders: readonly O[], order: O): readonly O[] =>
  orders.filter(({ id }) => id !== order.id && id !== order.twin);

const stopLeg = <O extends LiveOrder>(orders: readonly O[], order: O): O =>
  [order, twinIn(orders, order)].find((it) => it?.order === 'stop-limit') ?? order;

/** Ended by our cancel, or as the leg of an OCO whose other leg trades. */
const wasMeant = <O extends LiveOrder>(orders: readonly O[], order: O, cause: 'cancel' | 'expired'): boolean =>
  cause === 'cancel' ? order.cancelling : order.filled === 0n && twinIn(orders, order) !== undefined;

const changedBoth = <O extends LiveOrder>(orders: readonly O[], order: O, change: Partial<LiveOrder>): readonly O[] =>
  orders.map((it) => (it.id === order.id || it.id === order.twin ? { ...it, ...change } : it));

const changed = <O extends LiveOrder>(orders: readonly O[], order: O, change: Partial<LiveOrder>): readonly O[] =>
  orders.map((it) => (it.id === order.id ? { ...it, ...change } : it));
