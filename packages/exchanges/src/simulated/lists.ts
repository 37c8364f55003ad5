/** Placing two or three orders that belong together: OCO, OTO, OTOCO. */
import { type EpochMs, zero } from '@holdfast/domain';
import { admit, admitList, check, checkOco, checkPending, texts } from './admission.ts';
import { isRefused, refusal } from './checks.ts';
import { begin, finish } from './consequences.ts';
import type { Core } from './core.ts';
import type { OpenList, OpenOrder } from './open-orders.ts';
import type { ListPlaced, OcoRequest, OtoRequest, Result, UserTrade } from './port.ts';
import { needOf, ofChecked } from './reserve.ts';
import { work } from './work.ts';

type ListResult = Result<ListPlaced & { readonly trades: readonly UserTrade[] }>;

export function placeOco(core: Core, request: OcoRequest, at: EpochMs): ListResult {
  const market = core.markets.get(request.pair);
  if (market === undefined) return refusal(-1121, 'Invalid symbol.');
  const legs = checkOco(core, market, request);
  if (isRefused(legs)) return legs;
  const refused = admitList(core, market, request.userId, legs, request.listClientOrderId);
  if (refused !== undefined) return refused;
  const need = legs.map((leg) => needOf(market, ofChecked(leg, market.last))).reduce((a, b) => (a > b ? a : b), zero);
  if (core.spendable(market, request.userId, request.side) < need) return refusal(-2010, texts.balance);
  begin(core, market, at);
  const list = core.createList(market, request, 'OCO', at);
  const orders = legs.map((leg) => core.create(market, leg, { quantity: leg.quantity }, list.orderListId, at));
  bind(list, orders, -1);
  core.reserve(market, orders[0] as OpenOrder, need);
  for (const order of orders) core.say(order, 'NEW', at);
  core.sayList(list, at);
  for (const order of orders) core.queue(market, order);
  finish(core, market, at);
  return { ok: true, list: { ...list }, orders: orders.map((order) => ({ ...order })), trades: core.fills };
}

export function placeOto(core: Core, request: OtoRequest, at: EpochMs): ListResult {
  const market = core.markets.get(request.pair);
  if (market === undefined) return refusal(-1121, 'Invalid symbol.');
  const { working: workingLeg, userId, pair } = request;
  if (workingLeg.type !== 'LIMIT' && workingLeg.type !== 'LIMIT_MAKER') return refusal(-1013, 'Unsupported order combination.');
  const working = check(core, { ...workingLeg, userId, pair }, 0);
  if (isRefused(working)) return working;
  const waiting = checkPending(core, market, request);
  if (isRefused(waiting)) return waiting;
  const refused = admitList(core, market, userId, [working], request.listClientOrderId);
  if (refused !== undefined) return refused;
  const admitted = admit(core, market, working);
  if (isRefused(admitted)) return admitted;
  begin(core, market, at);
  const list = core.createList(market, request, 'OTO', at);
  const first = core.create(market, working, admitted, list.orderListId, at);
  const rest = waiting.map((leg) => {
    const order = core.create(market, leg, { quantity: leg.quantity }, list.orderListId, at);
    Object.assign(order, { status: 'PENDING_NEW', working: false, workingTime: -1, trailingSince: -1, trailingExtreme: 0 });
    return order;
  });
  bind(list, [first, ...rest], first.orderId);
  core.reserve(market, first, needOf(market, first));
  core.say(first, 'NEW', at);
  for (const order of rest) core.say(order, 'NEW', at);
  core.sayList(list, at);
  work(core, market, first, at);
  finish(core, market, at);
  const orders = [first, ...rest].map((order) => ({ ...order }));
  return { ok: true, list: { ...list }, orders, trades: core.fills };
}

function bind(list: OpenList, orders: readonly OpenOrder[], workingOrderId: number): void {
  list.orders = orders.map(({ orderId, clientOrderId }) => ({ orderId, clientOrderId }));
  list.workingOrderId = workingOrderId;
}
