/**
 * The protective stop of a deal at the exchange: alone, or together with the targets as OCOs (`orders/pairing.ts`), and whether what
 * rests is enough, so that nobody has to watch.
 *   S1  Of a long deal, targets and stop both rest wherever the exchange has OCOs and its filters let all of it rest.
 *   S2  Of a short deal they never do: what its coins cost at the stop is more than the quote that they brought.
 *   S3  A stop that the exchange has triggered exits by itself, until the price has left its limit behind.
 */
import { lots, type PairRules, priceAmount, type Quote, quantityAmount, type Ticks } from '@holdfast/domain';
import { twinIn } from '../orders/live-orders.ts';
import { type Goal, type Pairing, pairExits, restsPaired } from '../orders/pairing.ts';
import { tooFarText } from '../orders/too-far.ts';
import { yielded } from './arithmetic.ts';
import { givenBack } from './change.ts';
import { exitQuote, reaches, wayOf } from './direction.ts';
import type { Terms } from './orders.ts';
import type { DcaSettings } from './settings.ts';
import type { DcaState, Deal, LiveOrder } from './state.ts';
import { isTradable, stopPrice, type Target, targetsOf } from './targets.ts';

/** Targets that can rest: none where conditions close the deal, and all but the last where that is trailed. */
export function restingTargets({ trailing, closeCondition }: DcaSettings, { steps }: Deal, targets: readonly Target[]) {
  return closeCondition !== null ? [] : targets.filter(({ level }) => trailing === 0n || level < steps.length);
}

/** S1, with the stop that each target rests with; null where they do not rest together. */
export function together(
  terms: DcaSettings,
  state: DcaState,
  deal: Deal,
  last: Ticks | undefined,
): (Pairing & { readonly stop: { readonly trigger: Ticks; readonly limit: Ticks } }) | null {
  const { rules } = state;
  const trigger = rules.maxOrderLists === 0 || wayOf(terms).sign === -1 ? null : stopPrice(terms, deal, rules);
  if (trigger === null || deal.pairingRefused !== undefined || whyNever(terms, state, deal) !== null) return null;
  const stop = { trigger, limit: yielded(wayOf(terms), trigger, terms.stopGap) };
  const goals = restingTargets(terms, deal, targetsOf(terms, state, deal)).map(
    ({ level, price, quantity }): Goal => ({
      step: level,
      limit: price,
      quantity,
      isPaired: restsPaired(state.orders, priceAmount(price, rules), (order) => order.level === level),
    }),
  );
  const of = { rules, goals, stop, whole: givenBack(terms, deal, stop.limit, rules) };
  // Where not all of it may rest, less of it does not either because the market has come near.
  if (pairExits({ ...of, last: undefined }) === null) return null;
  const paired = pairExits({ ...of, last });
  return paired === null ? null : { ...paired, stop };
}

/** A protective stop for so much; for all that is held where no quantity is named. */
export function stopAt(terms: DcaSettings, deal: Deal, rules: PairRules, trigger: Ticks, quantity?: number): Terms {
  const way = wayOf(terms);
  const limit = yielded(way, trigger, terms.stopGap);
  const whole = quantity === undefined ? givenBack(terms, deal, limit, rules) : lots(quantity);
  return { role: 'stop-loss', side: way.exit, order: 'stop-limit', quantity: whole, limit, trigger };
}

/** The stop that rests alone for all that is held; null where it cannot rest or is not to. Ask `together` first. */
export function stopToRest(terms: DcaSettings, state: DcaState, deal: Deal): Terms | null {
  const trigger = stopPrice(terms, deal, state.rules);
  if (trigger === null || whyNotResting(terms, state, deal) !== null) return null;
  return stopAt(terms, deal, state.rules, trigger);
}

/** Why the stop does not rest at the exchange, in words; null when it does or should. */
export function whyNotResting(terms: DcaSettings, state: DcaState, deal: Deal): string | null {
  if (stopPrice(terms, deal, state.rules) === null) return null;
  const never = whyNever(terms, state, deal);
  if (never !== null) return never;
  const targetsRest = terms.closeCondition === null && (terms.trailing === 0n || deal.steps.length > 1);
  if (terms.restsFirst !== 'take-profit' || !targetsRest || together(terms, state, deal, undefined) !== null) return null;
  return deal.pairingRefused === undefined
    ? 'the take profit rests first'
    : `the take profit rests first; both together: ${deal.pairingRefused}`;
}

/** Why no stop of the deal can rest, alone or with a target. */
function whyNever(terms: DcaSettings, state: DcaState, deal: Deal): string | null {
  const trigger = stopPrice(terms, deal, state.rules);
  if (trigger === null) return null;
  if (terms.stopTimeoutMs > 0) return 'no exchange knows its timeout';
  if (deal.stopRefused !== null) return deal.stopRefused;
  if (deal.stopTooFar?.waits === true) return tooFarText(deal.stopTooFar);
  if (state.rules.maxAlgoOrders === 0) return 'the exchange lets no further stop order rest on the pair (MAX_NUM_ALGO_ORDERS)';
  const { quantity, limit } = stopAt(terms, deal, state.rules, trigger);
  return isTradable(state, quantity, limit) ? null : "the position is below the exchange's smallest order there";
}

/** Limit of the stop at its price of now; null without one. */
export function limitOfStop(terms: DcaSettings, deal: Deal, rules: PairRules): Ticks | null {
  const trigger = stopPrice(terms, deal, rules);
  return trigger === null ? null : yielded(wayOf(terms), trigger, terms.stopGap);
}

export const restingStops = (state: DcaState): readonly LiveOrder[] =>
  state.orders.filter(({ role, status, cancelling }) => role === 'stop-loss' && status === 'open' && !cancelling);

/** Limits of the stops that rest, if together they exit with all that is held; null where the price must be watched. */
export function limitsOfStops(terms: DcaSettings, state: DcaState, deal: Deal): readonly LiveOrder['limit'][] | null {
  const stops = restingStops(state);
  const [first] = stops;
  if (first === undefined) return null;
  if (stops.length === 1 && first.twin === undefined) return [first.limit];
  const left = stops.reduce((sum, { quantity, filled }) => sum + quantity - filled, 0n);
  const trigger = stopPrice(terms, deal, state.rules);
  const whole = trigger === null ? 0n : quantityAmount(stopAt(terms, deal, state.rules, trigger).quantity, state.rules);
  return left >= whole ? stops.map(({ limit }) => limit) : null;
}

/** The stop of the OCO that an order is a leg of, or the stop that it is. */
const stopOf = ({ orders }: DcaState, order: LiveOrder): LiveOrder | undefined =>
  [order, twinIn(orders, order)].find((each) => each?.role === 'stop-loss');

/** Its other leg is gone: the exchange has triggered it. */
export const isLoneStop = ({ orders }: DcaState, order: LiveOrder): boolean =>
  order.role === 'stop-loss' && order.twin !== undefined && twinIn(orders, order) === undefined;

/** S3. With an OCO both legs are left alone from the moment in which the price has reached the trigger. */
export function isExitingItself(settings: DcaSettings, state: DcaState, order: LiveOrder, quote: Quote): boolean {
  const stop = stopOf(state, order);
  if (stop === undefined) return false;
  const way = wayOf(settings);
  const isReached =
    stop.twin !== undefined && stop.trigger !== null && reaches(way, stop.trigger, priceAmount(quote.last, state.rules));
  const isTriggered = stop.filled > 0n || isLoneStop(state, stop) || isReached;
  return isTriggered && reaches(way, priceAmount(exitQuote(way, quote), state.rules), stop.limit);
}

export interface ShownStop {
  readonly price: Ticks;
  /** One of those that rest. */
  readonly order: LiveOrder | undefined;
  /** Why the engine watches the price, in words. */
  readonly notResting: string | null;
}

/** The stop as people see it; null without one. */
export function shownStop(terms: DcaSettings, state: DcaState, deal: Deal): ShownStop | null {
  const price = stopPrice(terms, deal, state.rules);
  if (price === null) return null;
  const order = state.orders.find(({ role, status }) => role === 'stop-loss' && status === 'open');
  if (order === undefined) {
    const why = whyNotResting(terms, state, deal) ?? deal.holdups.stop?.reason ?? 'its order is not on the book yet';
    return { price, order, notResting: why };
  }
  const isPart = !order.cancelling && limitsOfStops(terms, state, deal) === null;
  return { price, order, notResting: isPart ? 'one of the targets stands at the market and rests without it' : null };
}
