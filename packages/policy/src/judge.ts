/**
 * May this intent become an order? Every check has a code of custody's; the first that fails refuses; what no check
 * allows is refused. The order: key, mandate, pair, side and type, rights, reference price, band or trigger, corridor,
 * size, position, turnover, burn, stop budget, open orders, rate.
 *
 *   J1  Exits are never trapped: an order that sells nothing but the sub-key's own position is not refused for expiry,
 *       probation, reduced caps, turnover, daily count, quote size or open orders, nor because a newer mandate dropped the
 *       pair (its last rules then count). Side, type, band, corridor, base size and rate still bind, and burn beyond what
 *       the position holds must fit the budget. An exit at the reference price always fits.
 *   J2  A conditional exit is judged against its trigger instead of the reference price: below the market, its limit at
 *       most `stopGapBps` under the trigger; its gap and fee draw on the stop budget.
 *   J3  A conditional buy is an entry like any other: its limit is held against the reference price of today, its burn
 *       against the budget. A breakout can so be bought only as near as the band; nothing is approved at a price that is
 *       only true later.
 */
import {
  type Approved,
  allowedKindOf,
  formatAmount,
  type Mandate,
  type MandatePair,
  type PlaceOrder,
  quoteOf,
} from '@holdfast/domain';
import { type AccountBook, freeBase, positionOf } from './book.ts';
import {
  type Case,
  type Circumstances,
  type GrantTerms,
  type Judgement,
  type ReferencePrice,
  type Refusal,
  refuse,
} from './case.ts';
import { budgetFault, holdOfBuy, holdOfSell, paceFault, positionFault, priceFault, sizeFault, stopFault } from './limits.ts';

/** Oldest reference price that decides anything, in ms. */
export const referenceAgeMsMax = 5000;
/** How far the trading exchange's own price may lie from the reference before its pair takes no new risk (custody 3.7), in basis points. */
export const venueApartBpsMax = 100n;
export const wholeBps = 10_000;

/** Whether an order sells nothing but the sub-key's own position. */
export const isExit = (
  book: AccountBook,
  subKey: GrantTerms['subKey'],
  order: Pick<PlaceOrder, 'pair' | 'side' | 'quantity'>,
): boolean => order.side === 'sell' && order.quantity <= freeBase(positionOf(book, subKey, order.pair));

/** Judges one order. Pure: `holdOrder` with the answer's hold makes it count. `now` is the exchange's time, never falling. */
export function judge(
  book: AccountBook,
  mandate: Mandate | null,
  grant: GrantTerms,
  order: PlaceOrder,
  reference: ReferencePrice | undefined,
  now: number,
  circumstances: Circumstances = {},
): Judgement {
  if (!grant.alive) return refuse('E_REVOKED', 'the sub-key is revoked');
  if (mandate === null) return refuse('E_MANDATE_EXP', `account ${book.account} has no mandate`);
  const exits = isExit(book, grant.subKey, order);
  const known = mandate.pairs.find((it) => it.pair === order.pair);
  const retired = known === undefined && exits ? book.retired.get(order.pair) : undefined;
  const rules = known ?? retired?.rules;
  const before =
    standingFault(book, mandate, order, now, exits, circumstances) ?? rulesFault(mandate, rules, grant, order, exits);
  if (before !== null || rules === undefined) return before ?? refuse('E_SYMBOL', `${order.pair} is not in the mandate`);
  const price = priceFor(order, rules, reference, exits, circumstances);
  if (price.kind === 'refused') return price;
  const it: Case = {
    book,
    mandate,
    rules,
    group: retired === undefined ? mandate.groups.find((it) => it.name === rules.group) : retired.group,
    grant,
    order,
    reference: price.price,
    isExit: exits,
    maxBase: price.degraded ? rules.maxOrderBase / 2n : rules.maxOrderBase,
    scaleBps: BigInt(circumstances.scaleBps ?? wholeBps),
    pairScaleBps: BigInt(circumstances.pairScaleBps ?? wholeBps),
    unheldBurn: circumstances.unheldBurn ?? 0n,
    orders: circumstances.orders ?? 1,
    now,
  };
  const fault = priceFault(it) ?? sizeFault(it) ?? positionFault(it);
  if (fault !== null) return fault;
  const hold = order.side === 'buy' ? holdOfBuy(it) : holdOfSell(it);
  const refusal = budgetFault(it, hold) ?? stopFault(it, hold) ?? paceFault(it, hold);
  if (refusal !== null) return refusal;
  return { kind: 'approved', order: order as Approved<PlaceOrder>, hold };
}

/** Whether the account and its mandate take this kind of order now at all. */
function standingFault(
  book: AccountBook,
  mandate: Mandate,
  order: PlaceOrder,
  now: number,
  exits: boolean,
  { reduceOnly = '' }: Circumstances,
): Refusal | null {
  if (order.quantity <= 0n || order.limit <= 0n)
    return refuse('E_PARAM', `quantity ${formatAmount(order.quantity)} and limit ${formatAmount(order.limit)} must be above 0`);
  if ((order.order === 'stop-limit') !== (order.trigger !== undefined))
    return refuse('E_PARAM', 'a stop-limit order has a trigger and no other order has one');
  if (exits) return null;
  if (reduceOnly !== '') return refuse('E_FROZEN', `account ${book.account} only takes exits: ${reduceOnly}`);
  if (now < mandate.nbf)
    return refuse('E_MANDATE_PENDING', `the mandate of account ${book.account} begins at ${mandate.nbf}, it is ${now}`);
  if (now > mandate.exp)
    return refuse('E_MANDATE_EXP', `the mandate of account ${book.account} ended at ${mandate.exp}, it is ${now}`);
  return null;
}

function rulesFault(
  mandate: Mandate,
  rules: MandatePair | undefined,
  grant: GrantTerms,
  order: PlaceOrder,
  exits: boolean,
): Refusal | null {
  const { pair } = order;
  if (rules === undefined || !(exits || grant.pairs.includes(pair)))
    return refuse('E_SYMBOL', `${pair} is not in the ${rules === undefined ? 'mandate' : 'grant'}`);
  if (!exits && quoteOf(pair) !== mandate.quote)
    return refuse('E_SYMBOL', `${pair} is not counted in ${mandate.quote}, the mandate's quote asset`);
  if (!exits && rules.group !== '' && !mandate.groups.some((it) => it.name === rules.group))
    return refuse('E_MANDATE_FORM', `the mandate puts ${pair} in group ${rules.group}, which it does not have`);
  if (!rules.sides.includes(order.side)) return refuse('E_TYPE', `the mandate does not allow to ${order.side} ${pair}`);
  if (!exits && order.side === 'sell' && order.trigger !== undefined)
    return refuse('E_POS', `a stop of ${formatAmount(order.quantity)} ${pair} is more than the position of the sub-key`);
  if (!rules.orders.includes(allowedKindOf(order.order)))
    return refuse('E_TYPE', `the mandate does not allow ${order.order} orders on ${pair}`);
  return null;
}

type Price = { readonly kind: 'price'; readonly price: bigint; readonly degraded: boolean };

/** The price that the order is judged by. With no reference price an `ioc` exit is judged by the trading exchange's own, at half the base size. */
function priceFor(
  order: PlaceOrder,
  rules: MandatePair,
  reference: ReferencePrice | undefined,
  exits: boolean,
  { venuePrice }: Circumstances,
): Price | Refusal {
  const stale = referenceFault(rules, reference);
  if (stale !== null || reference === undefined) {
    if (exits && order.order === 'ioc' && venuePrice !== undefined) return { kind: 'price', price: venuePrice, degraded: true };
    return refuse('E_ORACLE', stale ?? `no reference price of ${order.pair}`);
  }
  if (!exits && venuePrice !== undefined) {
    const apart = venuePrice > reference.price ? venuePrice - reference.price : reference.price - venuePrice;
    if (apart * 10_000n > reference.price * venueApartBpsMax)
      return refuse(
        'E_ORACLE',
        `the exchange's own price ${formatAmount(venuePrice)} of ${order.pair} is more than ${venueApartBpsMax} bp from the reference ${formatAmount(reference.price)}`,
      );
  }
  return { kind: 'price', price: reference.price, degraded: false };
}

/** Why a reference price decides nothing on a pair; null if it does. */
export function referenceFault(
  rules: Pick<MandatePair, 'pair' | 'minSources'>,
  reference: ReferencePrice | undefined,
): string | null {
  const { pair } = rules;
  if (reference === undefined) return `no reference price of ${pair}`;
  if (reference.sources < rules.minSources)
    return `the reference price of ${pair} has ${reference.sources} sources, the mandate asks for ${rules.minSources}`;
  if (reference.ageMs > referenceAgeMsMax)
    return `the reference price of ${pair} is ${reference.ageMs} ms old, limit ${referenceAgeMsMax} ms`;
  return null;
}
