/**
 * A deal that holds what it took: its exits, its ladder, and what ends it. Coins are locked once, so where targets and stop do not rest
 * as OCOs (protection.ts), one of both rests and the engine watches the other:
 *   H1  A stop that can rest does, where `restsFirst` says so; the targets are then watched, and taken when the price is there.
 *   H2  A stop with a timeout never rests, nor one that the vault or the exchange's smallest order keeps off the book: the
 *       targets rest, and the price is watched for the stop.
 *   H3  A trailed target is watched always; until it is reached, the stop rests.
 *   H4  An exit is replaced only after the exchange has answered the cancel of the one before.
 */
import { type Amount, lots, priceAmount, type Quote, quantityAmount, type Ticks } from '@holdfast/domain';
import { twinIn } from '../orders/live-orders.ts';
import type { Goal } from '../orders/pairing.ts';
import { followed } from '../orders/too-far.ts';
import { exitCost, exitLots, yielded } from './arithmetic.ts';
import { sellNow, termsOf, withDeal } from './change.ts';
import { better, exitQuote, reaches, type Way, wayOf } from './direction.ts';
import { planAdded, planLadder } from './ladder.ts';
import { cancel, isHeldUp, place, placeOco, type Terms, type Turn } from './orders.ts';
import { isLoneStop, limitOfStop, limitsOfStops, restingTargets, stopAt, stopToRest, together } from './protection.ts';
import { planPyramid } from './pyramid.ts';
import type { DcaSettings } from './settings.ts';
import type { DcaState, Deal, ExitStep, LiveOrder, Part } from './state.ts';
import { breakeven, isOwnPrice, isTradable, liftAt, priceFor, stopPrice, type Target, targetsOf, trailPrice } from './targets.ts';

export function planHolding(turn: Turn): void {
  const { halted } = turn.state;
  if (turn.quote !== undefined && !halted) follow(turn, turn.quote);
  const over = halted ? null : endOf(turn);
  if (over !== null) {
    turn.state = over;
    return;
  }
  forgetTakenStep(turn);
  const deal = turn.state.deal as Deal;
  const exits = turn.state.orders.filter(isExit);
  const wanted = exitsOf(turn);
  // Nothing of this size can ever be sold alone: it is carried, so that no price has to come for the deal to end. What is left as
  // profit needs no stop.
  if (wanted === null && exits.every((order) => order.role === 'stop-loss' && isIdleStop(turn.state, order))) {
    turn.state = withDeal(turn.state, { phase: 'closing', ending: deal.sold > 0n ? 'take-profit' : 'too-small' });
    return;
  }
  if (wanted !== null && !turn.state.halted) planExits(turn, exits, wanted);
  planAdded(turn);
  planLadder(turn);
  planPyramid(turn);
}

const isIdleStop = (state: DcaState, order: LiveOrder): boolean => order.filled === 0n && !isLoneStop(state, order);

const isExit = ({ role }: LiveOrder): boolean => role === 'take-profit' || role === 'stop-loss';

/** Takes note of what the price did: a best price that is trailed, a stop that is reached, a profit that is gone. */
function follow(turn: Turn, quote: Quote): void {
  const { last } = quote;
  const { settings, state, at } = turn;
  const deal = state.deal as Deal;
  const terms = termsOf(settings, deal);
  const change: { -readonly [key in keyof Deal]?: Deal[key] } = {};
  if (terms.stopTrailing && terms.stopLoss > 0n) {
    const lift = liftAt(terms, deal, state.rules, last);
    if (lift !== deal.lift) change.lift = lift;
  }
  const trail = trailOf(terms, state, deal, exitQuote(wayOf(terms), quote));
  if (trail !== deal.trail) change.trail = trail;
  if (terms.stopTimeoutMs > 0) {
    const stop = stopPrice(terms, { ...deal, ...change }, state.rules);
    const since = stop === null || !reaches(wayOf(terms), stop, last) ? null : (deal.stopSince ?? at);
    if (since !== deal.stopSince) change.stopSince = since;
  }
  const limit = deal.stopTooFar === undefined ? null : limitOfStop(terms, { ...deal, ...change }, state.rules);
  if (limit !== null) {
    const way = wayOf(terms);
    const tooFar = followed(deal.stopTooFar, way, limit, exitQuote(way, quote), at);
    if (tooFar !== deal.stopTooFar) change.stopTooFar = tooFar;
  }
  if (Object.keys(change).length > 0) turn.state = withDeal(state, change);
}

/**
 * The best price that is trailed: from the last target on, until the price has left the profit. In an empty book the best price may
 * be that of the deal's own averaging order: nothing can be sold to that.
 */
function trailOf(terms: DcaSettings, state: DcaState, deal: Deal, price: Ticks): Ticks | null {
  const way = wayOf(terms);
  const last = deal.steps.at(-1);
  if (terms.trailing === 0n || last === undefined || deal.held.quantity <= 0n) return null;
  if (isOwnPrice(state, way, price)) return deal.trail;
  if (deal.trail === null) return reaches(way, price, last.price) ? price : null;
  if (hasTurned(way, terms, deal.trail, price) && !reaches(way, price, breakeven(terms, deal, state.rules))) return null;
  return better(way, deal.trail, price);
}

/** Whether a price has come back from the best one by what the trailing allows. */
const hasTurned = (way: Way, terms: DcaSettings, best: Ticks, price: Ticks): boolean =>
  reaches(way, trailPrice(terms, best), price);

/** The deal as it begins to close, or null when it goes on. The stop comes first. */
function endOf(turn: Turn): DcaState | null {
  const { settings, state, at, quote } = turn;
  const deal = state.deal as Deal;
  const terms = termsOf(settings, deal);
  if (quote !== undefined && isStopped(turn, terms, deal, quote)) return sellNow(state, 'stop-loss');
  if (terms.dealTimeoutMs > 0 && at >= deal.openedAt + terms.dealTimeoutMs) return sellNow(state, 'timed-out');
  if (quote === undefined || deal.held.quantity <= 0n) return null;
  const way = wayOf(terms);
  const price = exitQuote(way, quote);
  if (terms.closeCondition !== null && turn.condition === terms.closeCondition) {
    const floor = terms.minProfitOf === 'none' ? null : priceFor(terms, terms.minProfitOf, terms.minProfit, deal, state.rules);
    if (floor === null || reaches(way, price, floor)) return sellNow(state, 'condition', floor);
  }
  if (deal.trail !== null && hasTurned(way, terms, deal.trail, price))
    return sellNow(state, 'take-profit', breakeven(terms, deal, state.rules));
  return null;
}

/** Whether the engine has to cut now: the exchange does it by itself while a stop rests and the price has not left it behind. */
function isStopped({ state, at }: Turn, terms: DcaSettings, deal: Deal, { last }: Quote): boolean {
  const stop = stopPrice(terms, deal, state.rules);
  const way = wayOf(terms);
  if (stop === null || !reaches(way, stop, last)) return false;
  if (terms.stopTimeoutMs > 0) return deal.stopSince !== null && at >= deal.stopSince + terms.stopTimeoutMs;
  const limits = limitsOfStops(terms, state, deal);
  return limits === null || !limits.every((limit) => reaches(way, priceAmount(last, state.rules), limit));
}

/** Orders that should rest or be sent now, by the rules above; null when nothing that is held can be given back. */
function exitsOf({ settings, state, quote }: Turn): readonly Terms[] | null {
  const deal = state.deal as Deal;
  const terms = termsOf(settings, deal);
  const way = wayOf(terms);
  const sale = (target: Target): Terms => saleAt(way, target);
  const targets = targetsOf(terms, state, deal);
  if (targets.length === 0) return null;
  const asked = askedNow(terms, state, deal, targets, quote);
  if (asked !== null) return [...asked.rests.map(sale), { ...sale(asked.now), order: 'ioc' }];
  const paired = together(terms, state, deal, quote?.last);
  if (paired !== null) {
    const goal = ({ step: level, limit: price, quantity }: Goal): Terms => sale({ level, price, quantity });
    const rest = paired.rest > 0 ? [stopAt(terms, deal, state.rules, paired.stop.trigger, paired.rest)] : [];
    return [...paired.together.map((each) => ({ ...goal(each), stop: paired.stop })), ...paired.alone.map(goal), ...rest];
  }
  const stop = stopToRest(terms, state, deal);
  if (stop !== null) {
    const reached = quote === undefined ? undefined : targets.find(({ price }) => reaches(way, exitQuote(way, quote), price));
    const isTrailed = terms.trailing > 0n && reached?.level === deal.steps.length;
    if (reached === undefined || isTrailed || terms.closeCondition !== null) return [stop];
    return [{ ...sale(reached), order: 'ioc' }];
  }
  return restingTargets(terms, deal, targets).map(sale);
}

/**
 * The step that a person wants taken, as an order at the market for its share; the other targets go on resting where no stop does.
 * Null where no step is asked for, or too little is left for an order.
 */
function askedNow(
  terms: DcaSettings,
  state: DcaState,
  deal: Deal,
  targets: readonly Target[],
  quote: Quote | undefined,
): { readonly now: Target; readonly rests: readonly Target[] } | null {
  const target = targets.find(({ level }) => level === deal.closingStep);
  if (target === undefined || quote === undefined) return null;
  const { rules } = state;
  const way = wayOf(terms);
  const others = targets.filter((each) => each !== target);
  const limit = yielded(way, exitQuote(way, quote), terms.slippage);
  const locked = others.reduce(
    (sum, each) => sum + exitCost(way, quantityAmount(each.quantity, rules), priceAmount(each.price, rules), terms),
    0n,
  );
  const left = exitLots(way, (deal.held.quantity - locked) as Amount, limit, rules, terms);
  const quantity = lots(Math.min(target.quantity, left));
  if (!isTradable(state, quantity, limit)) return null;
  const rests = stopToRest(terms, state, deal) === null ? restingTargets(terms, deal, others) : [];
  return { now: { ...target, price: limit, quantity }, rests };
}

/** A step that a person wanted taken is done with when it is sold, or has too little left for an order at the price of now. */
function forgetTakenStep(turn: Turn): void {
  const { settings, state, quote } = turn;
  const deal = state.deal as Deal;
  if (deal.closingStep === undefined || state.halted) return;
  if (quote === undefined) {
    turn.needsQuote = true;
    return;
  }
  const terms = termsOf(settings, deal);
  const asked = askedNow(terms, state, deal, targetsOf(terms, state, deal), quote);
  if (asked === null) turn.state = withDeal(state, { closingStep: undefined, steps: taken(deal.steps, deal.closingStep) });
}

/** What is left of a step that was taken in part goes to those after it. */
const taken = (steps: readonly ExitStep[], level: number): readonly ExitStep[] =>
  steps.map((step, i) => (i + 1 === level && i + 1 < steps.length && step.sold > 0n ? { ...step, hit: true } : step));

const saleAt = ({ exit: side }: Way, { level, price, quantity }: Target): Terms => ({
  role: 'take-profit',
  side,
  order: 'limit',
  level,
  quantity,
  limit: price,
});

function planExits(turn: Turn, exits: readonly LiveOrder[], wanted: readonly Terms[]): void {
  // What the exchange sells of itself has its coins; nothing rests again before it is known what it sold.
  if (exits.some((order) => isLoneStop(turn.state, order))) return;
  const stale = exits.filter((order) => !wanted.some((terms) => isSame(turn.state, order, terms)));
  if (stale.length > 0) {
    for (const order of stale) cancel(turn, order);
    return;
  }
  for (const terms of wanted) {
    if (exits.some((order) => isSame(turn.state, order, terms))) continue;
    const parts: readonly Part[] = terms.stop !== undefined ? ['stop', 'exit'] : [terms.role === 'stop-loss' ? 'stop' : 'exit'];
    if (parts.some((part) => isHeldUp(turn, part))) continue;
    if (terms.stop === undefined) place(turn, terms);
    else placeOco(turn, terms, terms.stop);
  }
}

/** Whether an order at the exchange is what is wanted, or a leg of it. */
function isSame(state: DcaState, order: LiveOrder, terms: Terms): boolean {
  const twin = twinIn(state.orders, order);
  const { stop, ...target } = terms;
  if (stop === undefined) return twin === undefined && isOrder(state, order, terms);
  if (twin === undefined) return false;
  const [limit, cut] = order.role === 'stop-loss' ? [twin, order] : [order, twin];
  return isOrder(state, limit, target) && isOrder(state, cut, { ...target, role: 'stop-loss', ...stop });
}

/** `level` 0 is of orders that older versions placed. */
const isOrder = (
  { rules }: DcaState,
  order: LiveOrder,
  { role, level = 0, limit, trigger, quantity, order: kind }: Terms,
): boolean =>
  order.role === role &&
  (order.level === level || (role === 'take-profit' && order.level === 0)) &&
  order.isTaking === (kind === 'ioc') &&
  order.limit === priceAmount(limit, rules) &&
  order.trigger === (trigger === undefined ? null : priceAmount(trigger, rules)) &&
  order.quantity - order.filled === quantityAmount(quantity, rules);
