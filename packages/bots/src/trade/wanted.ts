/**
 * Which sells a trade wants at the exchange now, from its state and the price alone. Spot coins back one order each, so take
 * profit and stop cannot both rest:
 *   X1  A stop that can rest rests for all that is held, and the steps are watched; with `rests: take-profit`, with a timeout, on
 *       bid or ask, or when the exchange or the vault will not have it, the steps rest and the stop is watched.
 *   X2  What sells now goes before what rests: resting sells are cancelled as far as coins are missing.
 */
import { type Lots, lots, type PairRules, type Quote, quantityAmount, type Ticks } from '@holdfast/domain';
import { lowered } from '../dca/arithmetic.ts';
import { isTradable, lotsOf, stopLimit, stopPrice, targetPrice } from './arithmetic.ts';
import { restingStop, ticksOf } from './observe.ts';
import type { StopLoss, TradeSettings } from './settings.ts';
import type { Role, TradeState } from './state.ts';

export interface Sell {
  readonly role: Role;
  readonly step: number;
  readonly order: 'limit' | 'ioc' | 'stop-limit';
  readonly quantity: Lots;
  readonly limit: Ticks;
  readonly trigger: Ticks | null;
}

/** What one order may sell of all that is held. */
const sellable = (state: TradeState): Lots => lots(Math.min(lotsOf(state.held.quantity, state.rules), state.rules.maxQuantity));

export const stopRests = (settings: TradeSettings, state: TradeState): boolean =>
  settings.stopLoss !== null &&
  settings.rests === 'stop-loss' &&
  settings.stopLoss.timeoutMs === 0 &&
  settings.stopLoss.of === 'last' &&
  state.stop.cannotRest === null;

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
    const touched = stopRests(settings, state) && step.trailing === 0n && price !== null && quote.bid >= price;
    if (!step.due && !touched) return [];
    const limit = step.due || price === null ? cheapest : price;
    const quantity = lots(Math.min(lotsOf(step.left, rules), rules.maxQuantity));
    return ifTradable({ role: 'take-profit', step: index, order: 'ioc', quantity, limit, trigger: null }, rules);
  });
}

/** Sells that wait at the exchange. */
export function sellsResting(settings: TradeSettings, state: TradeState): readonly Sell[] {
  const { rules, exit } = state;
  const { stopLoss } = settings;
  const level = stopPrice(settings, state);
  if (exit !== null) {
    if (exit.how !== 'limit' || stopLoss === null || level === null) return [];
    const limit = stopLimit(level, stopLoss, rules);
    return ifTradable({ role: 'stop-loss', step: 0, order: 'limit', quantity: sellable(state), limit, trigger: null }, rules);
  }
  if (stopLoss !== null && level !== null && stopRests(settings, state)) return restStop(state, level, stopLoss);
  return state.steps.flatMap((step, index) => {
    const price = targetPrice(step, state.basis, settings, rules);
    if (step.over || step.due || step.left === 0n || step.order === 'market' || step.trailing > 0n || price === null) return [];
    const quantity = lots(Math.min(lotsOf(step.left, rules), rules.maxQuantity));
    return ifTradable({ role: 'take-profit', step: index, order: 'limit', quantity, limit: price, trigger: null }, rules);
  });
}

/** A stop that follows is moved when that gains a tenth of its distance; what lies between is watched. */
function restStop(state: TradeState, level: Ticks, stopLoss: StopLoss): readonly Sell[] {
  const { rules } = state;
  const resting = restingStop(state);
  let trigger = level;
  if (resting !== undefined && stopLoss.trailing && stopLoss.percent !== null && state.stop.peak !== null) {
    const now = ticksOf(resting, state);
    const least = (state.stop.peak - level) / 10;
    if (level > now && level - now < least) trigger = now;
  }
  const limit = stopLimit(trigger, stopLoss, rules);
  return ifTradable({ role: 'stop-loss', step: 0, order: 'stop-limit', quantity: sellable(state), limit, trigger }, rules);
}

/** Whether anything of what is held can still be sold, now or at a price that it waits for. */
export function canSell(settings: TradeSettings, state: TradeState, quote: Quote): boolean {
  if (state.exit !== null) return sellsNow(settings, state, quote).length > 0 || sellsResting(settings, state).length > 0;
  const hasStep = state.steps.some((step) => {
    const price = step.due ? null : targetPrice(step, state.basis, settings, state.rules);
    return !step.over && isTradable(lotsOf(step.left, state.rules), price ?? quote.bid, state.rules);
  });
  if (hasStep) return true;
  return settings.stopLoss !== null && isTradable(sellable(state), quote.bid, state.rules);
}

export const sameSell = (sell: Sell, rules: PairRules, order: TradeState['orders'][number]): boolean =>
  order.role === sell.role &&
  order.step === sell.step &&
  order.order === sell.order &&
  order.quantity - order.filled === quantityAmount(sell.quantity, rules) &&
  order.limit === BigInt(sell.limit) * rules.tick &&
  order.trigger === (sell.trigger === null ? null : BigInt(sell.trigger) * rules.tick);
