/**
 * What the prices of now mean for a trade: its trigger, the best price that something trails, the stop. Written into the state, so
 * that nothing depends on which wake came first.
 */
import type { EpochMs, Quote, Ticks } from '@holdfast/domain';
import { lowered, raised } from '../dca/arithmetic.ts';
import { twinIn } from '../orders/live-orders.ts';
import { lotsOf, onTick, stopLimit, stopPrice, targetPrice } from './arithmetic.ts';
import { withEntry, withStep, withStop } from './change.ts';
import type { TradeSettings } from './settings.ts';
import type { TradeOrder, TradeState } from './state.ts';

export function observed(settings: TradeSettings, state: TradeState, quote: Quote, at: EpochMs): TradeState {
  let next = entryObserved(settings, state, quote);
  if (next.held.quantity === 0n || next.exit !== null) return next;
  next = stepsObserved(settings, next, quote);
  return stopObserved(settings, next, quote, at);
}

/** Trigger of a conditional entry, or where a trailing one begins to follow. */
export const entryTrigger = (settings: TradeSettings, state: TradeState): Ticks | null =>
  settings.entryPrice === null ? null : onTick(settings.entryPrice, state.rules, 'down');

const isReached = (price: Ticks, when: 'at-or-above' | 'at-or-below', level: Ticks): boolean =>
  when === 'at-or-above' ? price >= level : price <= level;

function entryObserved(settings: TradeSettings, state: TradeState, quote: Quote): TradeState {
  const { entry } = state;
  if (entry.phase !== 'waiting') return state;
  const trigger = entryTrigger(settings, state);
  if (settings.entry === 'conditional') {
    const isDue = trigger !== null && isReached(quote[settings.entryOf], settings.entryWhen, trigger);
    return isDue ? withEntry(state, { phase: 'working' }) : state;
  }
  if (entry.low === null && trigger !== null && quote.last > trigger) return state;
  const low = (entry.low === null ? quote.last : Math.min(entry.low, quote.last)) as Ticks;
  const phase = quote.last >= turnUp(low, settings) ? 'working' : 'waiting';
  return low === entry.low && phase === entry.phase ? state : withEntry(state, { low, phase });
}

/** A trailing entry buys when the price has risen to there from its lowest; at least a tick above it. */
export const turnUp = (low: Ticks, settings: TradeSettings): Ticks =>
  Math.max(raised(low, settings.entryTrailing), low + 1) as Ticks;

/** A trailing step sells when the price has come back to there from its best; at least a tick below it. */
export const turnDown = (peak: Ticks, trailing: bigint): Ticks => Math.min(lowered(peak, trailing), peak - 1) as Ticks;

function stepsObserved(settings: TradeSettings, state: TradeState, quote: Quote): TradeState {
  let next = state;
  for (const [index, step] of state.steps.entries()) {
    const price = targetPrice(step, state.basis, settings, state.rules);
    if (step.over || step.left === 0n || step.due || price === null) continue;
    if (step.trailing > 0n) {
      if (step.peak === null && quote.last < price) continue;
      const peak = Math.max(step.peak ?? 0, quote.last) as Ticks;
      const due = quote.last <= turnDown(peak, step.trailing);
      if (peak !== step.peak || due) next = withStep(next, index, { peak, due });
    } else if (step.order === 'market' && quote.bid >= price) next = withStep(next, index, { due: true });
  }
  return next;
}

function stopObserved(settings: TradeSettings, state: TradeState, quote: Quote, at: EpochMs): TradeState {
  const { stopLoss } = settings;
  if (stopLoss === null) return state;
  const peak = Math.max(state.stop.peak ?? 0, quote.last) as Ticks;
  let next = stopLoss.trailing && peak !== state.stop.peak ? withStop(state, { peak }) : state;
  const level = watchedStop(settings, next);
  const hit = level !== null && quote[stopLoss.of] <= level;
  if (stopLoss.timeoutMs > 0) {
    const since = hit ? (next.stop.since ?? at) : null;
    if (since !== next.stop.since) next = withStop(next, { since });
    if (since === null || at < since + stopLoss.timeoutMs) return next;
  } else if (!hit) return next;
  return { ...next, exit: { ending: 'stop-loss', how: stopLoss.order } };
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

/** Whether stops at the exchange sell all that is held at `level` or before. */
export function isCovered(state: TradeState, level: Ticks): boolean {
  const stops = state.orders.filter(({ role, order }) => role === 'stop-loss' && order === 'stop-limit');
  const left = stops.reduce((sum, { quantity, filled }) => sum + quantity - filled, 0n);
  const most = Math.min(lotsOf(state.held.quantity, state.rules), state.rules.maxQuantity);
  return stops.length > 0 && left >= BigInt(most) * state.rules.lot && stops.every((order) => ticksOf(order, state) >= level);
}

/** The price at which the bot itself acts on the stop; null while the exchange does. */
export function watchedStop(settings: TradeSettings, state: TradeState): Ticks | null {
  const level = stopPrice(settings, state);
  const { stopLoss } = settings;
  if (level === null || stopLoss === null) return null;
  if (!isCovered(state, level)) return level;
  return stopLoss.order === 'limit' ? null : stopLimit(level, stopLoss, state.rules);
}
