/** What follows from an operation: stops that its trades set off, pending orders that are due, and what everybody hears. */
import type { EpochMs } from '@holdfast/domain';
import { zero } from '@holdfast/domain';
import { wouldTake } from './admission.ts';
import type { Core } from './core.ts';
import { expire, prevail } from './ending.ts';
import type { MarketState } from './market-state.ts';
import { wouldTriggerAt } from './matching.ts';
import type { OpenList, OpenOrder } from './open-orders.ts';
import { hasPrice, isConditional, isOpen, triggersAbove } from './orders.ts';
import { needOf, withStop } from './reserve.ts';
import { work } from './work.ts';

/** Every operation begins with this: its fills are counted from here, and minutes that went by are closed. */
export function begin(core: Core, market: MarketState, at: number): void {
  core.fills = [];
  core.prevented = [];
  if (market.last !== 0) core.elapse(market, at, market.last);
}

/** After an operation: triggers stops, activates pending orders, says what changed. */
export function finish(core: Core, market: MarketState, at: EpochMs): void {
  while (market.pendingPrices.length > 0 || core.due.length > 0) {
    const list = core.due.shift();
    if (list !== undefined) activate(core, market, list, at);
    const price = market.pendingPrices.shift();
    if (price !== undefined) for (const order of triggered(core, market, price, at)) trigger(core, market, order, at);
  }
  for (const trade of market.prints.takeFresh())
    core.news.publish({ kind: 'aggregate-trade', pair: market.pair, trade: { ...trade } });
  core.news.tellBalances(core.accounts, at);
  if (!market.bookChanged) return;
  market.bookChanged = false;
  market.dirty = true;
  market.updateId++;
  const best = market.newBest();
  if (best !== undefined) core.news.publish({ kind: 'book-ticker', pair: market.pair, best, at });
}

/** Orders that a trade at this price sets off, first come first. */
function triggered(core: Core, market: MarketState, price: number, at: EpochMs): OpenOrder[] {
  const found: OpenOrder[] = [];
  for (const order of market.above) {
    if (order.stopPrice > price) break;
    found.push(order);
  }
  for (const order of market.below) {
    if (order.stopPrice < price) break;
    found.push(order);
  }
  for (const order of market.trailing) if (trails(core, order, price, at)) found.push(order);
  return found.length < 2 ? found : found.sort((a, b) => a.rank - b.rank);
}

/** Follows the price; whether it came back far enough. */
function trails(core: Core, order: OpenOrder, price: number, at: EpochMs): boolean {
  if (order.trailingSince === -1) {
    const isMet =
      order.stopPrice === 0 || (triggersAbove(order.type, order.side) ? price >= order.stopPrice : price <= order.stopPrice);
    if (!isMet) return false;
    order.trailingSince = at;
    order.trailingExtreme = price;
    core.news.changed(order);
    return false;
  }
  const isSell = order.side === 'SELL';
  const extreme = isSell ? Math.max(order.trailingExtreme, price) : Math.min(order.trailingExtreme, price);
  if (extreme !== order.trailingExtreme) {
    order.trailingExtreme = extreme;
    core.news.changed(order);
  }
  const distance = 10_000 + (isSell ? -order.trailingDelta : order.trailingDelta);
  return isSell ? price * 10_000 <= extreme * distance : price * 10_000 >= extreme * distance;
}

function trigger(core: Core, market: MarketState, order: OpenOrder, at: EpochMs): void {
  if (!isOpen(order) || order.working) return;
  core.unqueue(market, order);
  prevail(core, market, order, at);
  order.working = true;
  order.workingTime = at;
  order.updateTime = at;
  order.rank = core.take('nextRank');
  if (order.side === 'BUY' && !hasPrice(order.type)) core.release(market, order, order.reserved);
  core.news.changed(order);
  core.say(order, 'NEW', at);
  work(core, market, order, at);
}

/** The pending orders of an OTO, once its working order is filled. Those that cannot be placed expire. */
function activate(core: Core, market: MarketState, list: OpenList, at: EpochMs): void {
  const legs = core.orders.legs(list);
  const need = legs.map((leg) => needOf(market, withStop(leg, market.last))).reduce((a, b) => (a > b ? a : b), zero);
  const side = legs[0]?.side ?? 'SELL';
  const isAffordable = core.spendable(market, list.userId, side) >= need;
  const isPossible = legs.every((leg) => !isConditional(leg.type) || !wouldTriggerAt(leg, market.last));
  const takes = legs.some((leg) => leg.type === 'LIMIT_MAKER' && wouldTake(market, leg.side, leg.price));
  if (!isAffordable || !isPossible || takes || legs[0] === undefined) {
    for (const leg of legs) expire(core, market, leg, 'REJECTED', at);
    return;
  }
  core.reserve(market, legs[0], need);
  for (const leg of legs) begins(core, market, leg, at);
  core.sayList(list, at);
  for (const leg of legs) {
    if (leg.working) work(core, market, leg, at);
    else core.queue(market, leg);
  }
}

function begins(core: Core, market: MarketState, leg: OpenOrder, at: EpochMs): void {
  leg.status = 'NEW';
  leg.updateTime = at;
  leg.working = !isConditional(leg.type);
  leg.workingTime = leg.working ? at : -1;
  leg.rank = core.take('nextRank');
  if (leg.trailingDelta > 0 && leg.stopPrice === 0) Object.assign(leg, { trailingSince: at, trailingExtreme: market.last });
  core.news.changed(leg);
  core.say(leg, 'NEW', at);
}
