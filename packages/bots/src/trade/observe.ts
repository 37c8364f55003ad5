/**
 * What the prices of now mean for a trade: its trigger, the best price that something trails, the stop. Written into the state, so
 * that nothing depends on which wake came first.
 */
import { type EpochMs, type Lots, lots, type Quote, type Ticks } from '@holdfast/domain';
import { better, exitQuote, reaches, roundingTo, stepped, type Way, wayOf } from '../orders/direction.ts';
import { isAskedAgain } from '../orders/given-up.ts';
import { twinIn } from '../orders/live-orders.ts';
import { followed, nearEnough } from '../orders/too-far.ts';
import {
  ahead,
  behind,
  lotsOut,
  lotsPaid,
  onTick,
  purse,
  stepReach,
  stopLimit,
  stopPrice,
  targetPrice,
  trails,
} from './arithmetic.ts';
import { withEntry, withStep, withStop } from './change.ts';
import type { TradeSettings } from './settings.ts';
import type { ExitStep, TradeOrder, TradeState } from './state.ts';

export function observed(settings: TradeSettings, state: TradeState, quote: Quote, at: EpochMs): TradeState {
  let next = entryObserved(settings, state, quote, at);
  if (next.held.quantity === 0n || next.exit !== null) return next;
  next = stepsObserved(settings, next, quote);
  return stopObserved(settings, next, quote, at);
}

/** Trigger of a conditional entry, or where a trailing one begins to follow. */
export const entryTrigger = (settings: TradeSettings, state: TradeState): Ticks | null =>
  settings.entryPrice === null ? null : onTick(settings.entryPrice, state.rules, roundingTo(wayOf(settings), 'loss'));

const isReached = (price: Ticks, when: 'at-or-above' | 'at-or-below', level: Ticks): boolean =>
  when === 'at-or-above' ? price >= level : price <= level;

function entryObserved(settings: TradeSettings, state: TradeState, quote: Quote, at: EpochMs): TradeState {
  const { entry } = state;
  if (entry.phase !== 'waiting') return state;
  const trigger = entryTrigger(settings, state);
  if (settings.entry === 'conditional') {
    const isDue = trigger !== null && isReached(quote[settings.entryOf], settings.entryWhen, trigger);
    return triggered(settings, state, isDue, at);
  }
  const way = wayOf(settings);
  const price = quote[settings.entryOf];
  if (entry.low === null && trigger !== null && !reaches(way, trigger, price)) return state;
  const low = entry.low === null || reaches(way, entry.low, price) ? price : entry.low;
  const phase = reaches(way, price, entryTurn(settings, state, low)) ? 'working' : 'waiting';
  return low === entry.low && phase === entry.phase ? state : withEntry(state, { low, phase });
}

/** A trigger that is reached counts at once, or when it has been for as long as it must. */
function triggered({ entryHoldMs }: TradeSettings, state: TradeState, isDue: boolean, at: EpochMs): TradeState {
  if (entryHoldMs === 0) return isDue ? withEntry(state, { phase: 'working' }) : state;
  const before = state.entry.since ?? null;
  const since = isDue ? (before ?? at) : null;
  if (since !== null && at >= since + entryHoldMs) return withEntry(state, { phase: 'working', since });
  return since === before ? state : withEntry(state, { since });
}

/** The price that a step which is watched looks at. */
export const stepPriceOf = (way: Way, step: ExitStep): 'last' | 'bid' | 'ask' => step.of ?? (trails(step) ? 'last' : way.exitsAt);

/** Where a trailing entry trades: that much back from its extreme, at least a tick. */
export function entryTurn(settings: TradeSettings, { rules }: TradeState, extreme: Ticks): Ticks {
  const way = wayOf(settings);
  const reach = { share: settings.entryTrailing, by: settings.entryTrailingBy };
  return better(way, ahead(way, extreme, reach, rules), stepped(way, extreme, 1));
}

/** Where a trailing step trades: that much back from its best price, at least a tick. */
export function exitTurn(way: Way, peak: Ticks, step: ExitStep, { rules }: TradeState): Ticks {
  const [far, near] = [behind(way, peak, stepReach(step), rules), stepped(way, peak, -1)];
  return reaches(way, far, near) ? near : far;
}

function stepsObserved(settings: TradeSettings, state: TradeState, quote: Quote): TradeState {
  const way = wayOf(settings);
  let next = state;
  for (const [index, step] of state.steps.entries()) {
    const price = targetPrice(step, state.basis, settings, state.rules);
    if (step.over || step.left === 0n || step.due || price === null) continue;
    const now = quote[stepPriceOf(way, step)];
    if (trails(step)) {
      if (step.peak === null && !reaches(way, now, price)) continue;
      const peak = better(way, step.peak ?? now, now);
      const due = reaches(way, exitTurn(way, peak, step, state), now);
      if (peak !== step.peak || due) next = withStep(next, index, { peak, due });
    } else if (step.order === 'market' && reaches(way, now, price)) next = withStep(next, index, { due: true });
  }
  return next;
}

function stopObserved(settings: TradeSettings, state: TradeState, quote: Quote, at: EpochMs): TradeState {
  const { stopLoss } = settings;
  if (stopLoss === null) return state;
  const way = wayOf(settings);
  const peak = better(way, state.stop.peak ?? quote.last, quote.last);
  let next = stopLoss.trailing && peak !== state.stop.peak ? withStop(state, { peak }) : state;
  const limit = limitOfStop(settings, next);
  const tooFar = limit === null ? undefined : followed(next.stop.tooFar, way, limit, exitQuote(way, quote), at);
  if (tooFar !== undefined && tooFar !== next.stop.tooFar) next = withStop(next, { tooFar });
  const level = watchedStop(settings, next);
  const hit = level !== null && reaches(way, level, quote[stopLoss.of]);
  if (next.stop.cannotRest !== null && isAskedAgain(next.stop.givenUp, at)) next = withStop(next, { cannotRest: null });
  if (stopLoss.timeoutMs > 0) {
    const since = hit ? (next.stop.since ?? at) : null;
    if (since !== next.stop.since) next = withStop(next, { since });
    if (since === null || at < since + stopLoss.timeoutMs) return next;
  } else if (!hit) return next;
  return { ...next, exit: { ending: 'stop-loss', how: stopLoss.order } };
}

/** Where the stop is asked for again that the band of the vault kept away; null where it did not. */
export function stopNearEnough(settings: TradeSettings, state: TradeState, at: EpochMs): Ticks | null {
  const limit = limitOfStop(settings, state);
  return limit === null ? null : nearEnough(state.stop.tooFar, wayOf(settings), limit, at);
}

function limitOfStop(settings: TradeSettings, state: TradeState): Ticks | null {
  const level = stopPrice(settings, state);
  return settings.stopLoss === null || level === null ? null : stopLimit(wayOf(settings), level, settings.stopLoss, state.rules);
}

/** The stop that rests at the exchange, or may. */
export const restingStop = (state: TradeState): TradeOrder | undefined =>
  state.orders.find(({ role, order }) => role === 'stop-loss' && order === 'stop-limit');

/** The stop leg of the OCO that an order belongs to, if it is still there. */
export function ocoStop({ orders }: TradeState, order: TradeOrder): TradeOrder | undefined {
  if (order.twin === undefined) return undefined;
  return order.role === 'stop-loss' ? order : twinIn(orders, order);
}

/** Its trigger. */
export const ticksOf = (order: TradeOrder, state: TradeState): Ticks => onTick(order.trigger ?? order.limit, state.rules, 'down');

/** Whether stops at the exchange give back all that is held at `level` or before. */
export function isCovered(settings: TradeSettings, state: TradeState, level: Ticks): boolean {
  const way = wayOf(settings);
  const stops = state.orders.filter(({ role, order }) => role === 'stop-loss' && order === 'stop-limit');
  const [first] = stops;
  if (first === undefined || !stops.every((order) => reaches(way, ticksOf(order, state), level))) return false;
  // What it buys cheaper than at its limit leaves quote for more, which waits until it is done.
  if (way.exit === 'buy' && first.filled > 0n) return true;
  const left = stops.reduce((sum, { quantity, filled }) => sum + quantity - filled, 0n);
  return left >= BigInt(whole(settings, state, onTick(first.limit, state.rules, 'down'))) * state.rules.lot;
}

/** What one order at that limit may give back of all that is held. */
export const whole = (settings: TradeSettings, state: TradeState, limit: Ticks): Lots =>
  lots(
    Math.min(
      lotsOut(settings, state, limit),
      lotsPaid(settings, state.rules, purse(settings, state), limit),
      state.rules.maxQuantity,
    ),
  );

/** The price at which the bot itself acts on the stop; null while the exchange does. */
export function watchedStop(settings: TradeSettings, state: TradeState): Ticks | null {
  const level = stopPrice(settings, state);
  const { stopLoss } = settings;
  if (level === null || stopLoss === null) return null;
  if (!isCovered(settings, state, level)) return level;
  return stopLoss.order === 'limit' ? null : stopLimit(wayOf(settings), level, stopLoss, state.rules);
}
