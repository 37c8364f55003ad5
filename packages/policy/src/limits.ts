/** The checks of price, size and budgets that `judge` makes, and what an approved order holds. */
import { divide, formatAmount, multiply, type PlaceOrder } from '@holdfast/domain';
import {
  assumedFee,
  burnUsed,
  exitBandBps,
  exitShare,
  feeBps,
  freeBase,
  groupUsed,
  heldBaseUsed,
  keyTurnoverUsed,
  openQuoteUsed,
  ordersLastDay,
  ordersLastMinute,
  pairUsed,
  positionOf,
  stopsUsed,
  turnoverUsed,
  weekBurnUsed,
} from './book.ts';
import { type Case, type Refusal, refuse } from './case.ts';
import { type Hold, noHold } from './holds.ts';
import { unheardQuote } from './recount.ts';

const text = formatAmount;
const share = (cap: bigint, bps: bigint): bigint => (cap * bps) / 10_000n;

export function priceFault(it: Case): Refusal | null {
  const { order, rules, isExit } = it;
  const adverse = isExit && order.trigger !== undefined ? triggerFault(it, order.trigger) : bandFault(it);
  if (adverse !== null) return adverse;
  for (const price of order.trigger === undefined ? [order.limit] : [order.limit, order.trigger])
    if (price < rules.floor || price > rules.ceiling)
      return refuse(
        'E_CORRIDOR',
        `${order.pair} at ${text(price)} is outside the corridor ${text(rules.floor)} to ${text(rules.ceiling)}`,
      );
  return null;
}

/** Highest price to buy and lowest to sell at, as the band allows around a reference price. */
export const bandEdges = (bandBps: number, reference: bigint): { readonly highest: bigint; readonly lowest: bigint } => ({
  highest: divide(reference * (10_000n + BigInt(bandBps)), 10_000n, 'down'),
  lowest: divide(reference * (10_000n - BigInt(bandBps)), 10_000n, 'up'),
});

function bandFault({ order, rules, reference }: Case): Refusal | null {
  const { highest, lowest } = bandEdges(rules.bandBps, reference);
  if (order.side === 'buy' && order.limit > highest)
    return refuse(
      'E_BAND',
      `buying ${order.pair} at ${text(order.limit)} is above ${text(highest)}, ${rules.bandBps} bp over the reference`,
    );
  if (order.side === 'sell' && order.limit < lowest)
    return refuse(
      'E_BAND',
      `selling ${order.pair} at ${text(order.limit)} is below ${text(lowest)}, ${rules.bandBps} bp under the reference`,
    );
  return null;
}

/** J2: a protective stop lies under the market and gives away at most its gap. */
function triggerFault({ order, rules, reference }: Case, trigger: bigint): Refusal | null {
  if (trigger >= reference)
    return refuse('E_BAND', `a stop of ${order.pair} at ${text(trigger)} is not below the reference ${text(reference)}`);
  const lowest = divide(trigger * (10_000n - BigInt(rules.stopGapBps)), 10_000n, 'up');
  if (order.limit < lowest)
    return refuse(
      'E_BAND',
      `a stop of ${order.pair} sells at ${text(order.limit)}, below ${text(lowest)}, ${rules.stopGapBps} bp under its trigger`,
    );
  return null;
}

export function sizeFault({ order, rules, grant, reference, isExit, maxBase, scaleBps, pairScaleBps }: Case): Refusal | null {
  const scaled = (cap: bigint): bigint => (isExit ? cap : share(share(cap, scaleBps), pairScaleBps));
  const most = scaled(maxBase);
  if (order.quantity > most)
    return refuse('E_SIZE', `${text(order.quantity)} of ${order.pair} in one order, limit ${text(most)}`);
  if (isExit) return null;
  const quote = multiply(order.quantity, valuation(order, reference), 'up');
  const cap = scaled(rules.maxOrderQuote);
  const limit = cap < grant.maxOrderQuote ? cap : grant.maxOrderQuote;
  return quote > limit ? refuse('E_SIZE', `an order of ${text(quote)} on ${order.pair}, limit ${text(limit)}`) : null;
}

/** What may be sold beyond the position, and how much of a pair may be held. */
export function positionFault({ book, rules, grant, order, isExit, pairScaleBps, now }: Case): Refusal | null {
  if (isExit) return null;
  if (order.side === 'buy') {
    const cost = pairUsed(book, order.pair, now).cost + multiply(order.quantity, order.limit, 'up');
    const most = share(rules.maxPositionQuote, pairScaleBps);
    return cost > most
      ? refuse('E_POS', `the position in ${order.pair} would have cost ${text(cost)}, limit ${text(most)}`)
      : null;
  }
  const held = order.quantity - freeBase(positionOf(book, grant.subKey, order.pair));
  const used = heldBaseUsed(book, order.pair, now) + held;
  if (rules.maxSellHeldBase24h > 0n && !grant.rights.includes('sell-held'))
    return refuse('E_RIGHT', `${text(held)} of ${order.pair} beyond the position need the right sell-held`);
  return used > rules.maxSellHeldBase24h
    ? refuse(
        'E_POS',
        `${text(held)} of ${order.pair} beyond the position, ${text(used)} in 24 h, limit ${text(rules.maxSellHeldBase24h)}`,
      )
    : null;
}

/** Sells count at the limit or the reference, whichever is higher: "1 BTC at 1 USDT" is not one USDT. */
const valuation = (order: PlaceOrder, reference: bigint): bigint =>
  order.side === 'sell' && reference > order.limit ? reference : order.limit;

export function holdOfBuy({ order, reference }: Case): Hold {
  const turnover = multiply(order.quantity, order.limit, 'up');
  const adverse = order.limit > reference ? order.limit - reference : 0n;
  return {
    ...noHold,
    turnover,
    burn: multiply(order.quantity, adverse, 'up') + assumedFee(turnover),
    exitTurnover: turnover,
    exitBurn: divide(turnover * (exitBandBps + feeBps), 10_000n, 'up'),
  };
}

export function holdOfSell({ book, grant, order, reference }: Case): Hold {
  const position = positionOf(book, grant.subKey, order.pair);
  const free = freeBase(position);
  const exit = order.quantity < free ? order.quantity : free;
  const held = order.quantity - exit;
  const own = exit > 0n ? exitShare(position, exit) : { turnover: 0n, burn: 0n };
  if (order.trigger !== undefined) {
    const gap = order.trigger > order.limit ? order.trigger - order.limit : 0n;
    const stop = multiply(exit, gap, 'up') + assumedFee(multiply(exit, order.trigger, 'up'));
    return { ...noHold, exit, exitTurnover: own.turnover, exitBurn: own.burn, stop };
  }
  const adverse = reference > order.limit ? reference - order.limit : 0n;
  const exitNeeds = exit > 0n ? multiply(exit, adverse, 'up') + assumedFee(own.turnover) : 0n;
  const turnover = multiply(held, valuation(order, reference), 'up');
  return {
    ...noHold,
    turnover,
    burn: multiply(held, adverse, 'up') + assumedFee(turnover),
    exit,
    exitTurnover: own.turnover,
    exitBurn: own.burn,
    extraBurn: exitNeeds > own.burn ? exitNeeds - own.burn : 0n,
  };
}

export function budgetFault(it: Case, hold: Hold): Refusal | null {
  const { order, isExit } = it;
  const buys = order.side === 'buy';
  const turnover = hold.turnover + (buys ? hold.exitTurnover : 0n);
  const burn = hold.burn + hold.extraBurn + (buys ? hold.exitBurn : 0n);
  return (isExit ? null : turnoverFault(it, turnover)) ?? (burn > 0n ? burnFault(it, burn) : null);
}

function turnoverFault({ book, mandate, group, grant, order, scaleBps, pairScaleBps, now }: Case, more: bigint): Refusal | null {
  const cap = share(mandate.turnover24h, scaleBps);
  const account = turnoverUsed(book, now) + more;
  if (account > cap) return refuse('E_TURNOVER', `turnover of the account would be ${text(account)} in 24 h, limit ${text(cap)}`);
  const own = keyTurnoverUsed(book, grant.subKey, now) + more;
  if (own > grant.turnover24h)
    return refuse('E_TURNOVER', `turnover of the sub-key would be ${text(own)} in 24 h, limit ${text(grant.turnover24h)}`);
  if (pairScaleBps < 10_000n) {
    const pairCap = share(cap, pairScaleBps);
    const pair = pairUsed(book, order.pair, now).turnover + more;
    if (pair > pairCap)
      return refuse(
        'E_TURNOVER',
        `turnover of the new pair ${order.pair} would be ${text(pair)} in 24 h, limit ${text(pairCap)}`,
      );
  }
  if (group === undefined) return null;
  const groupCap = share(group.turnover24h, scaleBps);
  const used = groupUsed(book, mandate, group.name, now).turnover + more;
  return used > groupCap
    ? refuse('E_TURNOVER', `turnover of group ${group.name} would be ${text(used)} in 24 h, limit ${text(groupCap)}`)
    : null;
}

function burnFault(
  { book, mandate, group, order, isExit, scaleBps, pairScaleBps, unheldBurn, now }: Case,
  own: bigint,
): Refusal | null {
  const scaled = (cap: bigint): bigint => (isExit ? cap : share(cap, scaleBps));
  const cap = scaled(mandate.burn24h);
  const more = own + unheldBurn;
  const day = burnUsed(book, now) + more;
  if (day > cap) return refuse('E_BURN', `burn of the account could be ${text(day)} in 24 h, limit ${text(cap)}`);
  const weekCap = scaled(mandate.burn7d);
  const week = weekBurnUsed(book, now) + more;
  if (week > weekCap) return refuse('E_BURN', `burn of the account could be ${text(week)} in 7 days, limit ${text(weekCap)}`);
  if (!isExit && pairScaleBps < 10_000n) {
    const pairCap = share(cap, pairScaleBps);
    const pair = pairUsed(book, order.pair, now).burn + own;
    if (pair > pairCap)
      return refuse('E_BURN', `burn of the new pair ${order.pair} could be ${text(pair)} in 24 h, limit ${text(pairCap)}`);
  }
  if (group === undefined) return null;
  const groupCap = scaled(group.burn24h);
  const used = groupUsed(book, mandate, group.name, now).burn + own;
  return used > groupCap
    ? refuse('E_BURN', `burn of group ${group.name} could be ${text(used)} in 24 h, limit ${text(groupCap)}`)
    : null;
}

export function stopFault({ book, mandate, now }: Case, hold: Hold): Refusal | null {
  if (hold.stop === 0n) return null;
  const used = stopsUsed(book, now) + hold.stop;
  return used > mandate.stopBudget24h
    ? refuse('E_BURN', `stops could give away ${text(used)} in 24 h, stop budget ${text(mandate.stopBudget24h)}`)
    : null;
}

/** Open orders and their sum, then the pace. Only the pace of a minute binds exits. */
export function paceFault(
  { book, mandate, order, isExit, scaleBps, pairScaleBps, orders, now }: Case,
  hold: Hold,
): Refusal | null {
  if (!isExit) {
    if (book.open.size + orders > mandate.openOrders)
      return refuse('E_OPEN', `${book.open.size} orders are open, limit ${mandate.openOrders}`);
    const cap = share(mandate.maxOpenQuote, scaleBps);
    const unheard = unheardQuote(book, now);
    const open = openQuoteUsed(book) + unheard + hold.turnover;
    const filled = unheard === 0n ? '' : `, ${text(unheard)} of them just filled`;
    if (open > cap) return refuse('E_OPEN', `open entries would be ${text(open)}${filled}, limit ${text(cap)}`);
    const pairCap = share(cap, pairScaleBps);
    const pair = pairUsed(book, order.pair, now).openQuote + hold.turnover;
    if (pairScaleBps < 10_000n && pair > pairCap)
      return refuse('E_OPEN', `open entries in the new pair ${order.pair} would be ${text(pair)}, limit ${text(pairCap)}`);
    const day = ordersLastDay(book, now);
    if (day + orders > mandate.orders24h) return refuse('E_RATE', `${day} orders in 24 h, limit ${mandate.orders24h}`);
  }
  const pace = ordersLastMinute(book, now);
  if (pace + orders > mandate.ordersPerMinute)
    return refuse('E_RATE', `${pace} orders in the last minute, limit ${mandate.ordersPerMinute}`);
  return null;
}
