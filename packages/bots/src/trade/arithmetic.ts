/** Prices and parts of a trade (docs/bots/trade.md), exact; each rounding is named. */
import {
  type Amount,
  divide,
  type Lots,
  lots,
  notional,
  type PairRules,
  priceAmount,
  quantityAmount,
  type Ticks,
  ticks,
  toLots,
  unit,
  zero,
} from '@holdfast/domain';
import { lowered, splitByShares } from '../dca/arithmetic.ts';
import type { Holding } from '../dca/state.ts';
import type { StopLoss, Target, TradeSettings } from './settings.ts';
import type { ExitStep, TradeState } from './state.ts';

/** A price of the settings as ticks; at least one tick. */
export const onTick = (price: bigint, rules: PairRules, rounding: 'up' | 'down'): Ticks => {
  const count = Number(divide(price, rules.tick, rounding));
  return ticks(Math.max(count, 1));
};

/** Average cost × (1 + share) / (1 - fee of the sell), up to the tick. Share 0 is breakeven. */
export function priceAbove(basis: Holding, share: bigint, fee: bigint, rules: PairRules): Ticks {
  return ticks(Number(divide(basis.cost * (unit + share) * unit, basis.quantity * (unit - fee) * rules.tick, 'up')));
}

/** Where a step sells; null while nothing is held to count from, or for a step that sells at once. */
export function targetPrice(target: Target, basis: Holding, settings: TradeSettings, rules: PairRules): Ticks | null {
  if (target.price !== null) return onTick(target.price, rules, 'up');
  if (target.percent === null || basis.quantity === 0n) return null;
  return priceAbove(basis, target.percent, settings.fee, rules);
}

/** Where the loss is cut, up to the tick: fixed, following the best price, and never below breakeven once its step is done. */
export function stopPrice(settings: TradeSettings, state: TradeState): Ticks | null {
  const { stopLoss: stop } = settings;
  const { basis, rules } = state;
  if (stop === null || basis.quantity === 0n) return null;
  const levels: Ticks[] = [];
  if (stop.price !== null) levels.push(onTick(stop.price, rules, 'up'));
  if (stop.percent !== null) {
    levels.push(onTick(divide(basis.cost * (unit - stop.percent), basis.quantity, 'up'), rules, 'up'));
    if (stop.trailing && state.stop.peak !== null) levels.push(lowered(state.stop.peak, stop.percent));
  }
  if (isBreakevenDue(stop, state.steps)) levels.push(priceAbove(basis, 0n, settings.fee, rules));
  return Math.max(...levels) as Ticks;
}

function isBreakevenDue({ breakevenAfter }: StopLoss, steps: readonly ExitStep[]): boolean {
  if (breakevenAfter === 0) return false;
  const targets = steps.filter(({ kind }) => kind === 'target');
  const step = targets[breakevenAfter - 1];
  return step?.over === true && step.sold > 0n;
}

/** Limit of a stop whose trigger is `level`: down to the tick by the gap. */
export const stopLimit = (level: Ticks, { gap }: StopLoss, rules: PairRules): Ticks =>
  onTick(divide(priceAmount(level, rules) * (unit - gap), unit, 'down'), rules, 'down');

/** Whether the exchange takes an order of this size at this price. */
export const isTradable = (quantity: Lots, price: Ticks, rules: PairRules): boolean =>
  quantity > 0 && quantity >= rules.minQuantity && notional(price, quantity, rules, 'down') >= rules.minNotional;

export const lotsOf = (quantity: bigint, rules: PairRules): Lots => toLots(quantity as Amount, rules, 'down');

/**
 * What is held, by steps: reductions keep what they asked for as far as there is as much, the rest goes to the targets by their
 * shares, down to the lot, the last taking what remains. A part below the exchange's smallest order is sold with the next one
 * that is not, or with the one before.
 */
export function divideSteps(settings: TradeSettings, state: TradeState): readonly ExitStep[] {
  const { rules } = state;
  let rest = lotsOf(state.held.quantity, rules) as number;
  const left = state.steps.map((step) => {
    if (step.over || step.kind === 'target') return 0;
    const part = Math.min(lotsOf(step.left, rules), rest);
    const isTooSmall = step.price !== null && !isTradable(lots(part), onTick(step.price, rules, 'up'), rules);
    if (isTooSmall) return 0;
    rest -= part;
    return part;
  });
  const open = state.steps.flatMap((step, index) => (step.over || step.kind === 'reduce' ? [] : [index]));
  const shares = sharesOf(open.map((index) => (state.steps[index] as ExitStep).share));
  let carried = 0;
  let tradable: number | null = null;
  splitByShares(lots(rest), shares).forEach((part, nth) => {
    const index = open[nth] as number;
    const price = targetPrice(state.steps[index] as ExitStep, state.basis, settings, rules);
    const whole = carried + part;
    const passes = price !== null && isTradable(lots(whole), price, rules);
    left[index] = passes ? whole : 0;
    carried = passes ? 0 : whole;
    if (passes) tradable = index;
  });
  if (carried > 0 && tradable !== null) left[tradable] = (left[tradable] as number) + carried;
  return state.steps.map((step, index) => {
    const quantity = quantityAmount(lots(left[index] as number), rules);
    const isOver = step.over || (step.kind === 'reduce' && quantity === 0n);
    return step.left === quantity && step.over === isOver ? step : { ...step, left: quantity, over: isOver };
  });
}

/** Shares of the steps that are left, raised so that they are the whole again. */
function sharesOf(shares: readonly bigint[]): readonly bigint[] {
  const sum = shares.reduce((total, share) => total + share, 0n);
  return sum === 0n ? shares : shares.map((share) => (share * unit) / sum);
}

export const newStep = (target: Target, kind: ExitStep['kind'] = 'target', left: Amount = zero): ExitStep => ({
  ...target,
  kind,
  left,
  sold: zero,
  peak: null,
  due: false,
  over: false,
});
