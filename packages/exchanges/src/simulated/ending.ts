/** How orders and lists end: expired, by the other leg of their list, or with nothing left to do. */
import { type Amount, type EpochMs, zero } from '@holdfast/domain';
import type { Core } from './core.ts';
import type { MarketState } from './market-state.ts';
import type { OpenList, OpenOrder } from './open-orders.ts';
import { hasPrice, isOpen } from './orders.ts';
import type { ExpiryReason, ListPlaced } from './port.ts';
import { needOf } from './reserve.ts';

/** Forgets an order that is no longer open. Its list may be done by that, or its pending orders due. */
export function close(core: Core, order: OpenOrder, at: EpochMs): void {
  core.orders.delete(order);
  const list = core.orders.lists.get(order.orderListId);
  if (list === undefined) return;
  if (order.orderId === list.workingOrderId && order.status === 'FILLED') core.due.push(list);
  else if (core.orders.legs(list).length === 0) endList(core, list, at);
}

export function expire(core: Core, market: MarketState, order: OpenOrder, reason: ExpiryReason, at: EpochMs): void {
  order.status = 'EXPIRED';
  order.expiryReason = reason;
  order.working = false;
  order.updateTime = at;
  core.release(market, order, order.reserved);
  core.news.changed(order);
  core.say(order, 'EXPIRED', at);
  endSiblings(core, market, order, at);
  close(core, order, at);
}

/** One leg of an OCO starts to fill or triggers: the other expires, and what was locked for both is this one's. */
export function prevail(core: Core, market: MarketState, order: OpenOrder, at: EpochMs): void {
  const list = core.orders.lists.get(order.orderListId);
  if (list === undefined || order.orderId === list.workingOrderId) return;
  for (const other of core.orders.legs(list)) {
    if (other === order) continue;
    order.reserved = (order.reserved + other.reserved) as Amount;
    other.reserved = zero;
    core.unqueue(market, other);
    end(core, market, other, 'EXPIRED', 'OCO_TRIGGER', at);
  }
  const need = hasPrice(order.type) || order.side === 'SELL' ? needOf(market, order) : order.reserved;
  if (order.reserved > need) core.release(market, order, order.reserved - need);
}

/** A leg ended without a fill: the others of its list end with it. */
export function endSiblings(core: Core, market: MarketState, order: OpenOrder, at: EpochMs): void {
  const list = core.orders.lists.get(order.orderListId);
  if (list === undefined) return;
  const isPhaseOne = order.orderId === list.workingOrderId;
  for (const other of core.orders.legs(list)) {
    if (other === order) continue;
    if (other.status !== 'PENDING_NEW') core.unqueue(market, other);
    end(core, market, other, 'EXPIRED', isPhaseOne ? 'OTO_PHASE_ONE_EXPIRED' : 'OCO_TRIGGER', at);
  }
}

function end(
  core: Core,
  market: MarketState,
  order: OpenOrder,
  status: 'EXPIRED' | 'CANCELED',
  reason: ExpiryReason | undefined,
  at: EpochMs,
): void {
  core.release(market, order, order.reserved);
  order.status = status;
  order.expiryReason = reason;
  order.working = false;
  order.updateTime = at;
  core.news.changed(order);
  core.say(order, status, at);
  close(core, order, at);
}

function endList(core: Core, list: OpenList, at: EpochMs): void {
  const working = core.orders.byId(list.workingOrderId);
  if (working !== undefined && isOpen(working)) return;
  if (!core.orders.lists.delete(list.orderListId)) return;
  list.listStatusType = 'ALL_DONE';
  list.listOrderStatus = 'ALL_DONE';
  core.news.listChanged(list);
  core.sayList(list, at);
}

/** Cancels one order; not the list that it is in. */
export function cancelOrder(core: Core, market: MarketState, order: OpenOrder, cancelClientOrderId: string, at: EpochMs): void {
  if (order.status !== 'PENDING_NEW') core.unqueue(market, order);
  core.release(market, order, order.reserved);
  order.status = 'CANCELED';
  order.working = false;
  order.updateTime = at;
  core.news.changed(order);
  core.say(order, 'CANCELED', at, { cancelClientOrderId });
  close(core, order, at);
}

export function cancelWholeList(
  core: Core,
  market: MarketState,
  list: OpenList,
  cancelClientOrderId: string,
  at: EpochMs,
): ListPlaced {
  const orders: OpenOrder[] = [];
  for (const { orderId } of list.orders) {
    const order = core.orders.byId(orderId);
    if (order === undefined) continue;
    orders.push(order);
    cancelOrder(core, market, order, cancelClientOrderId, at);
  }
  return { list: { ...list }, orders: orders.map((order) => ({ ...order })) };
}
