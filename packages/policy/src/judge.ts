/**
 * May this intent become an order? Every check has a code of custody's; the first that fails refuses; what no check
 * allows is refused. The order: key, mandate, pair, side and type, reference price, band, corridor, size, position,
 * turnover, burn, open orders, rate.
 *
 *   J1  Exits are never trapped: an order that sells nothing but the sub-key's own position is not refused for expiry,
 *       turnover, quote size or open orders. Side, type, band, corridor, base size and rate still bind, and burn beyond
 *       what the position holds must fit the budget.
 */
import {
  type Amount,
  type Approved,
  divide,
  formatAmount,
  type Grant,
  type Mandate,
  type MandatePair,
  multiply,
  type Pair,
  type PlaceOrder,
  type RefusalCode,
} from '@holdfast/domain';
import {
  type AccountBook,
  assumedFee,
  burnUsed,
  exitShare,
  feeBps,
  freeBase,
  type Hold,
  heldBaseUsed,
  keyTurnoverUsed,
  ordersLastMinute,
  positionOf,
  turnoverUsed,
} from './book.ts';

/** Fewest independent exchanges that must agree on a reference price. */
export const referenceSourcesMin = 2;
/** Oldest reference price that decides anything, in ms. */
export const referenceAgeMsMax = 5000;

export interface ReferencePrice {
  readonly price: Amount;
  readonly sources: number;
  readonly ageMs: number;
}

export type Judgement =
  | { readonly kind: 'approved'; readonly order: Approved<PlaceOrder>; readonly hold: Hold }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly reason: string };

type Refusal = Extract<Judgement, { kind: 'refused' }>;
type GrantTerms = Pick<Grant, 'subKey' | 'pairs' | 'maxOrderQuote' | 'turnover24h' | 'alive'>;

interface Case {
  readonly book: AccountBook;
  readonly mandate: Mandate;
  readonly rules: MandatePair;
  readonly grant: GrantTerms;
  readonly order: PlaceOrder;
  readonly reference: Amount;
  readonly now: number;
}

/** Judges one order. Pure: `holdOrder` with the answer's hold makes it count. `now` is the exchange's time, never falling. */
export function judge(
  book: AccountBook,
  mandate: Mandate | null,
  grant: GrantTerms,
  order: PlaceOrder,
  reference: ReferencePrice | undefined,
  now: number,
): Judgement {
  if (!grant.alive) return refuse('E_REVOKED', `sub-key ${grant.subKey} is revoked`);
  if (mandate === null) return refuse('E_MANDATE_EXP', `account ${book.account} has no mandate`);
  const isExit = order.side === 'sell' && order.quantity <= freeBase(positionOf(book, grant.subKey, order.pair));
  if (now > mandate.exp && !isExit)
    return refuse('E_MANDATE_EXP', `the mandate of account ${book.account} ended at ${mandate.exp}, it is ${now}`);
  const rules = mandate.pairs.find((it) => it.pair === order.pair);
  if (rules === undefined || !grant.pairs.includes(order.pair))
    return refuse('E_SYMBOL', `${order.pair} is not in the ${rules === undefined ? 'mandate' : 'grant'}`);
  if (!rules.sides.includes(order.side)) return refuse('E_TYPE', `the mandate does not allow to ${order.side} ${order.pair}`);
  if (!rules.orders.includes(order.order))
    return refuse('E_TYPE', `the mandate does not allow ${order.order} orders on ${order.pair}`);
  const stale = referenceFault(order.pair, reference);
  if (stale !== null || reference === undefined) return refuse('E_ORACLE', stale ?? `no reference price of ${order.pair}`);
  const it: Case = { book, mandate, rules, grant, order, reference: reference.price, now };
  const fault = priceFault(it) ?? sizeFault(it, isExit);
  if (fault !== null) return fault;
  const hold = order.side === 'buy' ? holdOfBuy(it) : holdOfSell(it);
  const refusal = budgetFault(it, hold, isExit) ?? paceFault(it, isExit);
  if (refusal !== null) return refusal;
  return { kind: 'approved', order: order as Approved<PlaceOrder>, hold };
}

function referenceFault(pair: Pair, reference: ReferencePrice | undefined): string | null {
  if (reference === undefined) return `no reference price of ${pair}`;
  if (reference.sources < referenceSourcesMin)
    return `the reference price of ${pair} has ${reference.sources} sources, at least ${referenceSourcesMin} are needed`;
  if (reference.ageMs > referenceAgeMsMax)
    return `the reference price of ${pair} is ${reference.ageMs} ms old, limit ${referenceAgeMsMax} ms`;
  return null;
}

function priceFault({ order, rules, reference }: Case): Refusal | null {
  const band = BigInt(rules.bandBps);
  const highest = divide(reference * (10_000n + band), 10_000n, 'down');
  const lowest = divide(reference * (10_000n - band), 10_000n, 'up');
  if (order.side === 'buy' && order.limit > highest)
    return refuse(
      'E_BAND',
      `buying ${order.pair} at ${text(order.limit)} is above ${text(highest)}, ${band} bp over the reference`,
    );
  if (order.side === 'sell' && order.limit < lowest)
    return refuse(
      'E_BAND',
      `selling ${order.pair} at ${text(order.limit)} is below ${text(lowest)}, ${band} bp under the reference`,
    );
  if (order.limit < rules.floor || order.limit > rules.ceiling)
    return refuse(
      'E_CORRIDOR',
      `${order.pair} at ${text(order.limit)} is outside the corridor ${text(rules.floor)} to ${text(rules.ceiling)}`,
    );
  return null;
}

function sizeFault({ order, rules, grant, reference }: Case, isExit: boolean): Refusal | null {
  if (order.quantity > rules.maxOrderBase)
    return refuse('E_SIZE', `${text(order.quantity)} of ${order.pair} in one order, limit ${text(rules.maxOrderBase)}`);
  if (isExit) return null;
  const quote = multiply(order.quantity, valuation(order, reference), 'up');
  const most = rules.maxOrderQuote < grant.maxOrderQuote ? rules.maxOrderQuote : grant.maxOrderQuote;
  return quote > most ? refuse('E_SIZE', `an order of ${text(quote)} on ${order.pair}, limit ${text(most)}`) : null;
}

/** Sells count at the limit or the reference, whichever is higher: "1 BTC at 1 USDT" is not one USDT. */
const valuation = (order: PlaceOrder, reference: bigint): bigint =>
  order.side === 'sell' && reference > order.limit ? reference : order.limit;

function holdOfBuy({ order, rules, reference }: Case): Hold {
  const turnover = multiply(order.quantity, order.limit, 'up');
  const adverse = order.limit > reference ? order.limit - reference : 0n;
  return {
    turnover,
    burn: multiply(order.quantity, adverse, 'up') + assumedFee(turnover),
    exit: 0n,
    exitTurnover: turnover,
    exitBurn: divide(turnover * (BigInt(rules.bandBps) + feeBps), 10_000n, 'up'),
    extraBurn: 0n,
  };
}

function holdOfSell({ book, grant, order, reference }: Case): Hold {
  const position = positionOf(book, grant.subKey, order.pair);
  const free = freeBase(position);
  const exit = order.quantity < free ? order.quantity : free;
  const held = order.quantity - exit;
  const share = exit > 0n ? exitShare(position, exit) : { turnover: 0n, burn: 0n };
  const adverse = reference > order.limit ? reference - order.limit : 0n;
  const exitNeeds = exit > 0n ? multiply(exit, adverse, 'up') + assumedFee(share.turnover) : 0n;
  const turnover = multiply(held, valuation(order, reference), 'up');
  return {
    turnover,
    burn: multiply(held, adverse, 'up') + assumedFee(turnover),
    exit,
    exitTurnover: share.turnover,
    exitBurn: share.burn,
    extraBurn: exitNeeds > share.burn ? exitNeeds - share.burn : 0n,
  };
}

function budgetFault({ book, mandate, rules, grant, order, now }: Case, hold: Hold, isExit: boolean): Refusal | null {
  const held = order.side === 'sell' ? order.quantity - hold.exit : 0n;
  const heldUsed = held > 0n ? heldBaseUsed(book, order.pair, now) + held : 0n;
  if (heldUsed > rules.maxSellHeldBase24h)
    return refuse(
      'E_POS',
      `${text(held)} of ${order.pair} beyond the position, ${text(heldUsed)} in 24 h, limit ${text(rules.maxSellHeldBase24h)}`,
    );
  const turnover = hold.turnover + (order.side === 'buy' ? hold.exitTurnover : 0n);
  const burn = hold.burn + hold.extraBurn + (order.side === 'buy' ? hold.exitBurn : 0n);
  const account = turnoverUsed(book, now) + turnover;
  if (!isExit && account > mandate.turnover24h)
    return refuse('E_TURNOVER', `turnover of the account would be ${text(account)} in 24 h, limit ${text(mandate.turnover24h)}`);
  const own = keyTurnoverUsed(book, grant.subKey, now) + turnover;
  if (!isExit && own > grant.turnover24h)
    return refuse('E_TURNOVER', `turnover of the sub-key would be ${text(own)} in 24 h, limit ${text(grant.turnover24h)}`);
  const burned = burnUsed(book, now) + burn;
  if (burn > 0n && burned > mandate.burn24h)
    return refuse('E_BURN', `burn of the account could be ${text(burned)} in 24 h, limit ${text(mandate.burn24h)}`);
  return null;
}

function paceFault({ book, mandate, now }: Case, isExit: boolean): Refusal | null {
  if (!isExit && book.open.size >= mandate.openOrders)
    return refuse('E_OPEN', `${book.open.size} orders are open, limit ${mandate.openOrders}`);
  const pace = ordersLastMinute(book, now);
  if (pace >= mandate.ordersPerMinute)
    return refuse('E_RATE', `${pace} orders in the last minute, limit ${mandate.ordersPerMinute}`);
  return null;
}

const text = formatAmount;

const refuse = (code: RefusalCode, reason: string): Refusal => ({ kind: 'refused', code, reason });
