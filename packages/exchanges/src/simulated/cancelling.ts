/** Cancelling orders and lists, and making orders smaller. */
import type { EpochMs, Pair } from '@holdfast/domain';
import { checkAmend, texts } from './admission.ts';
import { refusal } from './checks.ts';
import { begin, finish } from './consequences.ts';
import type { Core } from './core.ts';
import { cancelOrder, cancelWholeList } from './ending.ts';
import type { MarketState } from './market-state.ts';
import type { OpenOrder } from './open-orders.ts';
import { hasPrice, isOpen, remaining } from './orders.ts';
import type { Amended, AmendRequest, Canceled, CancelListRequest, CancelRequest, ListPlaced, Result, UserId } from './port.ts';

export function cancel(core: Core, request: CancelRequest, at: EpochMs): Result<Canceled> {
  const market = core.markets.get(request.pair);
  if (market === undefined) return refusal(-1121, 'Invalid symbol.');
  if (request.orderId === undefined && request.origClientOrderId === undefined)
    return refusal(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!");
  const order = core.orders.find(request.userId, request.pair, request.orderId, request.origClientOrderId);
  if (order === undefined) return refusal(-2011, texts.unknown);
  if (market.definition.halted) return refusal(-2011, texts.closed);
  const status = order.status === 'PARTIALLY_FILLED' ? 'ONLY_PARTIALLY_FILLED' : 'ONLY_NEW';
  if (request.cancelRestrictions !== undefined && request.cancelRestrictions !== status)
    return refusal(-2011, texts.restrictions);
  begin(core, market, at);
  const canceled = cancelOne(core, market, order, request.newClientOrderId ?? core.makeId(), at);
  finish(core, market, at);
  return { ok: true, ...canceled };
}

/** Cancels an order, and with it the list that it is in. */
function cancelOne(core: Core, market: MarketState, order: OpenOrder, cancelClientOrderId: string, at: EpochMs): Canceled {
  const list = core.orders.lists.get(order.orderListId);
  if (list === undefined) {
    cancelOrder(core, market, order, cancelClientOrderId, at);
    return { order: { ...order }, cancelClientOrderId, list: undefined };
  }
  const placed = cancelWholeList(core, market, list, cancelClientOrderId, at);
  return { order: { ...order }, cancelClientOrderId, list: placed };
}

export function cancelAll(
  core: Core,
  userId: UserId,
  pair: Pair,
  at: EpochMs,
): Result<{ readonly canceled: readonly Canceled[] }> {
  const market = core.markets.get(pair);
  if (market === undefined) return refusal(-1121, 'Invalid symbol.');
  const orders = core.orders.mine(userId, pair);
  if (orders.length === 0) return refusal(-2011, texts.unknown);
  if (market.definition.halted) return refusal(-2011, texts.closed);
  begin(core, market, at);
  const canceled: Canceled[] = [];
  for (const order of orders) if (isOpen(order)) canceled.push(cancelOne(core, market, order, core.makeId(), at));
  finish(core, market, at);
  return { ok: true, canceled };
}

export function cancelList(core: Core, request: CancelListRequest, at: EpochMs): Result<ListPlaced> {
  const market = core.markets.get(request.pair);
  if (market === undefined) return refusal(-1121, 'Invalid symbol.');
  if (request.orderListId === undefined && request.listClientOrderId === undefined)
    return refusal(-1102, "Param 'orderListId' or 'listClientOrderId' must be sent, but both were empty/null!");
  const found = core.orders.findList(request.userId, request.orderListId, request.listClientOrderId);
  const list = found === undefined ? undefined : core.orders.lists.get(found.orderListId);
  if (list === undefined || list.pair !== request.pair) return refusal(-2011, texts.unknown);
  if (market.definition.halted) return refusal(-2011, texts.closed);
  begin(core, market, at);
  const placed = cancelWholeList(core, market, list, request.newClientOrderId ?? core.makeId(), at);
  finish(core, market, at);
  return { ok: true, ...placed };
}

export function amend(core: Core, request: AmendRequest, at: EpochMs): Result<Amended> {
  const market = core.markets.get(request.pair);
  if (market === undefined) return refusal(-1121, 'Invalid symbol.');
  if (request.orderId === undefined && request.origClientOrderId === undefined)
    return refusal(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!");
  const order = core.orders.find(request.userId, request.pair, request.orderId, request.origClientOrderId);
  if (order === undefined) return refusal(-2038, texts.unknown);
  const refused = checkAmend(core, market, order, request);
  if (refused !== undefined) return refused;
  begin(core, market, at);
  const lots = Number(request.newQty / market.definition.lot);
  const origQuantity = order.quantity;
  const dropped = origQuantity - lots;
  const origClientOrderId = order.clientOrderId;
  const executionId = core.take('nextExecutionId');
  core.orders.rename(order, request.newClientOrderId ?? core.makeId());
  const price = hasPrice(order.type) ? order.price : order.stopPrice;
  order.quantity = lots;
  core.release(market, order, order.side === 'SELL' ? market.base(dropped) : market.notional(price, dropped));
  if (order.icebergQuantity > 0) order.slice = Math.min(order.slice, remaining(order));
  order.amends++;
  const newClientOrderId = order.clientOrderId;
  const amendment = { executionId, origClientOrderId, newClientOrderId, origQuantity, newQuantity: lots, time: at };
  order.amendments = [...(order.amendments ?? []), amendment];
  order.updateTime = at;
  market.bookChanged = true;
  core.news.changed(order);
  core.say(order, 'REPLACED', at, { originalClientOrderId: origClientOrderId, executionId });
  finish(core, market, at);
  return { ok: true, order: { ...order }, list: undefined };
}
