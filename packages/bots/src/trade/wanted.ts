/**
 * Which sells a trade wants at the exchange now, from its state and the price alone. Spot coins back one order each, so take
 * profit and stop both rest only as OCOs:
 *   X0  Where both are wanted and the exchange's filters allow it, each step rests together with the stop (`orders/pairing.ts`).
 *   X1  Else a stop that can rest rests for all that is held, and the steps are watched; with `rests: take-profit`, with a timeout,
 *       on bid or ask, or when the exchange or the vault will not have it, the steps rest and the stop is watched.
 *   X2  What sells now goes before what rests: resting sells are cancelled as far as coins are missing.
 *   X3  The stop of an OCO that was triggered sells by itself, unless the market is below its limit; then all is sold at once.
 */
import { type Lots, lots, type PairRules, type Quote, quantityAmount, type Ticks } from '@holdfast/domain';
import { lowered } from '../dca/arithmetic.ts';
import { twinIn } from '../orders/live-orders.ts';
import { type Goal, type Pairing, pairExits } from '../orders/pairing.ts';
import { isTradable, lotsOf, stopLimit, stopPrice, targetPrice } from './arithmetic.ts';
import { restingStop, ticksOf } from './observe.ts';
import type { StopLoss, TradeSettings } from './settings.ts';
import type { Role, TradeOrder, TradeState } from './state.ts';

export interface Sell {
  readonly role: Role;
  readonly step: number;
  readonly order: 'limit' | 'ioc' | 'stop-limit' | 'oco';
  readonly quantity: Lots;
  readonly limit: Ticks;
  /** Of a stop and of an OCO. */
  readonly trigger: Ticks | null;
  /** Of an OCO: the limit of its stop leg. */
  readonly stopLimit?: Ticks;
}

/** What one order may sell of all that is held. */
const sellable = (state: TradeState): Lots => lots(Math.min(lotsOf(state.held.quantity, state.rules), state.rules.maxQuantity));

/** Whether the stop can be an order at the exchange at all. */
const isOrder = (settings: TradeSettings, state: TradeState): boolean =>
  settings.stopLoss !== null &&
  settings.stopLoss.timeoutMs === 0 &&
  settings.stopLoss.of === 'last' &&
  state.stop.cannotRest === null;

/** X1: whether the stop alone rests. */
export const stopRests = (settings: TradeSettings, state: TradeState, last?: Ticks): boolean =>
  isOrder(settings, state) && settings.rests === 'stop-loss' && pairing(settings, state, last) === null;

/** X0; null where the exits do not rest together. */
export function pairing(settings: TradeSettings, state: TradeState, last: Ticks | undefined): Pairing | null {
  const { rules } = state;
  const { stopLoss } = settings;
  const level = stopPrice(settings, state);
  const isOff = state.exit !== null || state.stop.cannotPair !== undefined || !isOrder(settings, state);
  if (stopLoss === null || level === null || isOff) return null;
  const goals = restingSteps(settings, state).map(
    ({ step, limit, quantity }): Goal => ({ step, limit, quantity, isPaired: isPaired(state, step, limit) }),
  );
  const trigger = stopTrigger(state, level, stopLoss);
  const stop = { trigger, limit: stopLimit(trigger, stopLoss, rules) };
  return pairExits({ rules, last, goals, stop, whole: sellable(state) });
}

const isPaired = ({ orders, rules }: TradeState, of: number, limit: Ticks): boolean =>
  orders.some(
    (order) =>
      order.role === 'take-profit' &&
      order.step === of &&
      order.limit === BigInt(limit) * rules.tick &&
      twinIn(orders, order) !== undefined,
  );

const ifTradable = (sell: Sell, rules: PairRules): readonly Sell[] =>
  isTradable(sell.quantity, sell.limit, rules) ? [sell] : [];

/** Sells that take what they can now, the most urgent first. */
export function sellsNow(settings: TradeSettings, state: TradeState, quote: Quote): readonly Sell[] {
  const { rules, exit } = state;
  const cheapest = lowered(quote.bid, settings.slippage);
  if (exit !== null)
    return exit.how === 'market'
      ? ifTradable({ role: 'close', step: 0, order: 'ioc', quantity: sellable(state), limit: cheapest, trigger: null }, rules)
      : [];
  return state.steps.flatMap((step, index) => {
    if (step.over || step.left === 0n) return [];
    const price = targetPrice(step, state.basis, settings, rules);
    const touched = stopRests(settings, state, quote.last) && step.trailing === 0n && price !== null && quote.bid >= price;
    if (!step.due && !touched) return [];
    const limit = step.due || price === null ? cheapest : price;
    const quantity = lots(Math.min(lotsOf(step.left, rules), rules.maxQuantity));
    return ifTradable({ role: 'take-profit', step: index, order: 'ioc', quantity, limit, trigger: null }, rules);
  });
}

/** Sells that wait at the exchange. */
export function sellsResting(settings: TradeSettings, state: TradeState, last: Ticks): readonly Sell[] {
  const { rules, exit } = state;
  const { stopLoss } = settings;
  const level = stopPrice(settings, state);
  if (exit !== null) {
    if (exit.how !== 'limit' || stopLoss === null || level === null) return [];
    const limit = stopLimit(level, stopLoss, rules);
    return ifTradable({ role: 'stop-loss', step: 0, order: 'limit', quantity: sellable(state), limit, trigger: null }, rules);
  }
  const paired = stopLoss === null || level === null ? null : pairing(settings, state, last);
  if (paired !== null && stopLoss !== null && level !== null)
    return together(state, paired, stopTrigger(state, level, stopLoss), stopLoss);
  if (stopLoss !== null && level !== null && stopRests(settings, state, last))
    return restStop(state, level, stopLoss, sellable(state));
  return restingSteps(settings, state);
}

/** Take profits that can wait at the exchange. */
function restingSteps(settings: TradeSettings, state: TradeState): readonly Sell[] {
  const { rules } = state;
  return state.steps.flatMap((step, index) => {
    const price = targetPrice(step, state.basis, settings, rules);
    if (step.over || step.due || step.left === 0n || step.order === 'market' || step.trailing > 0n || price === null) return [];
    const quantity = lots(Math.min(lotsOf(step.left, rules), rules.maxQuantity));
    return ifTradable({ role: 'take-profit', step: index, order: 'limit', quantity, limit: price, trigger: null }, rules);
  });
}

function together(state: TradeState, paired: Pairing, trigger: Ticks, stopLoss: StopLoss): readonly Sell[] {
  const limitOfStop = stopLimit(trigger, stopLoss, state.rules);
  return [
    ...paired.together.map(
      ({ step, limit, quantity }): Sell => ({
        role: 'take-profit',
        step,
        order: 'oco',
        quantity,
        limit,
        trigger,
        stopLimit: limitOfStop,
      }),
    ),
    ...paired.alone.map(
      ({ step, limit, quantity }): Sell => ({ role: 'take-profit', step, order: 'limit', quantity, limit, trigger: null }),
    ),
    ...(paired.rest > 0 ? restStop(state, trigger, stopLoss, paired.rest) : []),
  ];
}

/** A stop that follows is moved when that gains a tenth of its distance; what lies between is watched. */
function stopTrigger(state: TradeState, level: Ticks, stopLoss: StopLoss): Ticks {
  const resting = restingStop(state);
  if (resting === undefined || !stopLoss.trailing || stopLoss.percent === null || state.stop.peak === null) return level;
  const now = ticksOf(resting, state);
  const least = (state.stop.peak - level) / 10;
  return level > now && level - now < least ? now : level;
}

function restStop(state: TradeState, level: Ticks, stopLoss: StopLoss, quantity: Lots): readonly Sell[] {
  const { rules } = state;
  const trigger = stopTrigger(state, level, stopLoss);
  const limit = stopLimit(trigger, stopLoss, rules);
  return ifTradable({ role: 'stop-loss', step: 0, order: 'stop-limit', quantity, limit, trigger }, rules);
}

/** Whether anything of what is held can still be sold, now or at a price that it waits for. */
export function canSell(settings: TradeSettings, state: TradeState, quote: Quote): boolean {
  if (state.exit !== null)
    return sellsNow(settings, state, quote).length > 0 || sellsResting(settings, state, quote.last).length > 0;
  const hasStep = state.steps.some((step) => {
    const price = step.due ? null : targetPrice(step, state.basis, settings, state.rules);
    return !step.over && isTradable(lotsOf(step.left, state.rules), price ?? quote.bid, state.rules);
  });
  if (hasStep) return true;
  return settings.stopLoss !== null && isTradable(sellable(state), quote.bid, state.rules);
}

/** Whether an order at the exchange is this sell, or a leg of it. */
export function sameSell(sell: Sell, { rules, orders }: TradeState, order: TradeOrder): boolean {
  const twin = twinIn(orders, order);
  if (sell.order !== 'oco' || sell.stopLimit === undefined) return twin === undefined && isSame(sell, rules, order);
  const { step, quantity, trigger, stopLimit: limit } = sell;
  const stop: Sell = { role: 'stop-loss', step, order: 'stop-limit', quantity, limit, trigger };
  const legs = order.role === 'stop-loss' ? [twin, order] : [order, twin];
  const target: Sell = { ...sell, order: 'limit', trigger: null };
  return legs.every((leg, index) => leg !== undefined && isSame(index === 0 ? target : stop, rules, leg));
}

const isSame = (sell: Sell, rules: PairRules, order: TradeOrder): boolean =>
  order.role === sell.role &&
  order.step === sell.step &&
  order.order === sell.order &&
  order.quantity - order.filled === quantityAmount(sell.quantity, rules) &&
  order.limit === BigInt(sell.limit) * rules.tick &&
  order.trigger === (sell.trigger === null ? null : BigInt(sell.trigger) * rules.tick);
