/** Whether a request may become orders: parameters and filters first, then book and balance. */
import { type Amount, invariant, zero } from '@holdfast/domain';
import { type CheckedOrder, checkOrder, isRefused, type OpenCounts, refusal } from './checks.ts';
import type { Core } from './core.ts';
import type { MarketState } from './market-state.ts';
import { wouldTrigger } from './matching.ts';
import { levelOf, ocoShape } from './oco.ts';
import type { OpenOrder } from './open-orders.ts';
import { hasPrice, isConditional, remaining } from './orders.ts';
import { outlookOf } from './outlook.ts';
import type { AmendRequest, OcoRequest, OrderRequest, OrderSide, OtoRequest, Refused, UserId } from './port.ts';
import { needOf, ofChecked } from './reserve.ts';

export const texts = {
  balance: 'Account has insufficient balance for requested action.',
  closed: 'Market is closed.',
  unknown: 'Unknown order sent.',
  duplicate: 'Duplicate order sent.',
  trigger: 'Order would trigger immediately.',
  take: 'Order would immediately match and take.',
  restrictions: 'Order was not canceled due to cancel restrictions.',
  prices: 'The relationship of the prices for the orders is not correct.',
  thin: 'Order book liquidity is less than symbol minimum quantity.',
} as const;

/** Parameters and filters. `ahead`: orders of the same request that count as open already. */
export function check(core: Core, request: OrderRequest, ahead: number): CheckedOrder | Refused {
  const market = core.markets.get(request.pair);
  if (market === undefined) return refusal(-1121, 'Invalid symbol.');
  invariant(core.users.has(request.userId), `user ${request.userId} exists`);
  return checkOrder(market.definition, request, market.averagePrice(), counts(core, market, request.userId, ahead));
}

function counts(core: Core, market: MarketState, userId: UserId, ahead: number): OpenCounts {
  const { base } = market.definition;
  let position = core.accounts.free(userId, base) + core.accounts.locked(userId, base);
  let orders = ahead;
  let algoOrders = 0;
  for (const order of core.orders.of(userId)) {
    if (order.pair !== market.pair) continue;
    orders++;
    if (isConditional(order.type) && !order.working) algoOrders++;
    if (order.side === 'BUY') position += market.base(remaining(order));
  }
  return { orders, algoOrders, position: position as Amount };
}

/** What book and balance say; gives the quantity that an order by quote would trade. */
export function admit(core: Core, market: MarketState, checked: CheckedOrder): { readonly quantity: number } | Refused {
  const refused = admitToBook(core, market, checked);
  if (refused !== undefined) return refused;
  if (checked.request.type === 'MARKET') return admitMarketOrder(core, market, checked);
  const { userId, side } = checked.request;
  if (core.spendable(market, userId, side) < needOf(market, ofChecked(checked, market.last)))
    return refusal(-2010, texts.balance);
  return { quantity: checked.quantity };
}

export function admitToBook(core: Core, market: MarketState, checked: CheckedOrder): Refused | undefined {
  const { request, price } = checked;
  if (market.definition.halted) return refusal(-2010, texts.closed);
  if (request.clientOrderId !== undefined && core.orders.byClientId(request.userId, request.clientOrderId) !== undefined)
    return refusal(-2010, texts.duplicate);
  if (isConditional(request.type) && wouldTrigger(checked, market.last)) return refusal(-2010, texts.trigger);
  if (request.type === 'LIMIT_MAKER' && wouldTake(market, request.side, price)) return refusal(-2010, texts.take);
  return undefined;
}

export function wouldTake(market: MarketState, side: OrderSide, price: number): boolean {
  const best = market.best();
  return side === 'BUY' ? best.ask !== 0 && price >= best.ask : price <= best.bid;
}

function admitMarketOrder(core: Core, market: MarketState, checked: CheckedOrder): { readonly quantity: number } | Refused {
  const { request, quoteOrderQty } = checked;
  const { filters } = market.definition;
  const byQuote = quoteOrderQty > 0n;
  const wanted = byQuote ? filters.maxQuantity : checked.quantity;
  const outlook = outlookOf(market, checked, wanted, byQuote ? quoteOrderQty : undefined);
  const met = outlook.lots + outlook.prevented;
  if (byQuote && outlook.lastPrice === 0) return refusal(-2010, texts.thin);
  const left = byQuote ? quoteOrderQty - outlook.quote : zero;
  const beyond = byQuote && outlook.prevented === 0 ? Number(left / market.notional(outlook.lastPrice, 1)) : 0;
  const quantity = byQuote ? Math.min(met + beyond, filters.maxQuantity) : checked.quantity;
  if (byQuote && quantity < filters.minQuantity) return refusal(-1013, 'Filter failure: LOT_SIZE');
  const need = request.side === 'SELL' ? market.base(quantity) : byQuote ? quoteOrderQty : outlook.quote;
  if (core.spendable(market, request.userId, request.side) < need) return refusal(-2010, texts.balance);
  return { quantity };
}

/** Types, sides and prices of the two legs, then each leg by itself. The stop leg comes first. */
export function checkOco(core: Core, market: MarketState, request: OcoRequest): CheckedOrder[] | Refused {
  const { above, below, side } = request;
  const wrong = ocoShape(side, above, below);
  if (wrong !== undefined) return wrong;
  const checked: CheckedOrder[] = [];
  for (const leg of above.type === 'LIMIT_MAKER' ? [below, above] : [above, below]) {
    const one = check(
      core,
      { ...leg, userId: request.userId, pair: request.pair, side, quantity: request.quantity },
      checked.length,
    );
    if (isRefused(one)) return one;
    checked.push(one);
  }
  const [upper, lower] = above.type === 'LIMIT_MAKER' ? [checked[1], checked[0]] : [checked[0], checked[1]];
  const isUpperWrong = market.last !== 0 && levelOf(upper as CheckedOrder) !== 0 && levelOf(upper as CheckedOrder) <= market.last;
  const isLowerWrong = market.last !== 0 && levelOf(lower as CheckedOrder) >= market.last;
  return isUpperWrong || isLowerWrong ? refusal(-2010, texts.prices) : checked;
}

/** What book and open orders say to the legs, and the counts of lists. */
export function admitList(
  core: Core,
  market: MarketState,
  userId: UserId,
  legs: readonly CheckedOrder[],
  listClientId?: string,
): Refused | undefined {
  const open = core.orders.listsOf(userId).filter((list) => list.pair === market.pair);
  if (open.length >= market.definition.filters.maxOrderLists) return refusal(-1013, 'Filter failure: MAX_NUM_ORDER_LISTS');
  if (listClientId !== undefined && core.orders.findList(userId, undefined, listClientId) !== undefined)
    return refusal(-2010, texts.duplicate);
  const ids = legs.map((leg) => leg.request.clientOrderId).filter((id) => id !== undefined);
  if (new Set(ids).size !== ids.length) return refusal(-2010, texts.duplicate);
  for (const leg of legs) {
    const refused = admitToBook(core, market, leg);
    if (refused !== undefined) return refused;
  }
  return undefined;
}

export function checkPending(core: Core, market: MarketState, request: OtoRequest): CheckedOrder[] | Refused {
  const { pending, pendingSide, pendingQuantity, userId, pair } = request;
  if (pending.kind === 'oco') {
    const wrong = ocoShape(pendingSide, pending.above, pending.below);
    if (wrong !== undefined) return wrong;
  }
  const checked: CheckedOrder[] = [];
  for (const leg of pending.kind === 'one' ? [pending.leg] : [pending.above, pending.below]) {
    const asked = { ...leg, userId, pair, side: pendingSide, quantity: pendingQuantity };
    if (leg.type === 'MARKET') return refusal(-1013, 'Unsupported order combination.');
    const one = check(core, asked, checked.length + 1);
    if (isRefused(one)) return one;
    if (market.definition.halted) return refusal(-2010, texts.closed);
    checked.push(one);
  }
  return checked;
}

export function checkAmend(core: Core, market: MarketState, order: OpenOrder, request: AmendRequest): Refused | undefined {
  const { filters, lot } = market.definition;
  if (market.definition.halted) return refusal(-2038, texts.closed);
  if (order.orderListId !== -1) return refusal(-2038, 'Unsupported order combination');
  if (request.newQty <= 0n) return refusal(-1013, 'Invalid quantity.');
  const lots = request.newQty / lot;
  if (request.newQty % lot !== 0n || lots < BigInt(filters.minQuantity)) return refusal(-1013, 'Filter failure: LOT_SIZE');
  if (lots > BigInt(order.quantity)) return refusal(-2038, 'Order amend (quantity increase) is not supported.');
  if (lots === BigInt(order.quantity) || lots <= BigInt(order.executed + order.prevented))
    return refusal(-2038, 'The requested action would change no state; rejecting');
  if (order.amends >= filters.maxAmends) return refusal(-2038, 'Filter failure: MAX_NUM_ORDER_AMENDS');
  const price = hasPrice(order.type) ? order.price : order.stopPrice;
  if (price > 0 && market.notional(price, Number(lots)) < filters.minNotional) return refusal(-1013, 'Filter failure: NOTIONAL');
  const known =
    request.newClientOrderId === undefined ? undefined : core.orders.byClientId(order.userId, request.newClientOrderId);
  return known !== undefined && known !== order ? refusal(-2038, texts.duplicate) : undefined;
}
