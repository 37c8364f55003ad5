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
  quoteOf,
  type Rounding,
  type Ticks,
  ticks,
  toLots,
  unit,
  zero,
} from '@holdfast/domain';
import {
  buyReserve,
  lotsCovered,
  lotsToReceive,
  lowered,
  raised,
  splitByShares,
  takeProfitPrice,
  yielded,
} from '../dca/arithmetic.ts';
import type { Holding } from '../dca/state.ts';
import { better, inBase, inQuote, roundingTo, stepped, type Way, wayOf } from '../orders/direction.ts';
import { held } from '../orders/sub-book.ts';
import type { StopLoss, Target, TradeSettings } from './settings.ts';
import type { ExitStep, TradeState } from './state.ts';

/** A price of the settings as ticks; at least one tick. */
export const onTick = (price: bigint, rules: PairRules, rounding: Rounding): Ticks => {
  const count = Number(divide(price, rules.tick, rounding));
  return ticks(Math.max(count, 1));
};

/** Where giving back what is held makes a share of its cost after the fee of the exit, towards profit. Share 0 is breakeven. */
export const priceBeyond = (settings: TradeSettings, basis: Holding, share: bigint, rules: PairRules): Ticks =>
  takeProfitPrice(basis, { ...settings, takeProfit: share }, rules);

/** Where a step gives back; null while nothing is held to count from, or for a step that does so at once. */
export function targetPrice(target: Target, basis: Holding, settings: TradeSettings, rules: PairRules): Ticks | null {
  if (target.price !== null) return onTick(target.price, rules, roundingTo(wayOf(settings), 'profit'));
  if (target.percent === null || basis.quantity === 0n) return null;
  return priceBeyond(settings, basis, target.percent, rules);
}

/** Where the loss is cut, towards profit: fixed, following the best price, and never beyond breakeven once its step is done. */
export function stopPrice(settings: TradeSettings, state: TradeState): Ticks | null {
  const { stopLoss: stop } = settings;
  const { basis, rules } = state;
  if (stop === null || basis.quantity === 0n) return null;
  const way = wayOf(settings);
  const rounding = roundingTo(way, 'profit');
  const levels: Ticks[] = [];
  if (stop.price !== null) levels.push(onTick(stop.price, rules, rounding));
  const reach = stopReach(stop);
  if (reach !== null) {
    levels.push(onTick(averageMoved(way, basis, reach), rules, rounding));
    if (stop.trailing && state.stop.peak !== null) levels.push(behind(way, state.stop.peak, reach, rules));
  }
  if (isBreakevenDue(stop, state.steps)) levels.push(priceBeyond(settings, basis, 0n, rules));
  return levels.reduce((best, level) => better(way, best, level));
}

/** How far a price lies from another: a share of it, or in quote where `by` is there. */
export interface Reach {
  readonly share: bigint;
  readonly by?: Amount | undefined;
}

/** How far a stop lies from the average, and a trailing one from the best price; null for one at a price. */
export function stopReach({ percent, distance }: StopLoss): Reach | null {
  if (distance !== undefined) return { share: 0n, by: distance };
  return percent === null ? null : { share: percent };
}

export const stepReach = ({ trailing, trailingBy }: Target): Reach => ({ share: trailing, by: trailingBy });

/** Whether it follows the price beyond its target. */
export const trails = ({ trailing, trailingBy }: Target): boolean => trailing > 0n || trailingBy !== undefined;

/** In whole ticks, rounded down, at least one. */
const ticksIn = (by: Amount, { tick }: PairRules): number => Math.max(Number(by / tick), 1);

/** The price so far back from the best one on the side of loss, rounded to profit. */
export const behind = (way: Way, best: Ticks, { share, by }: Reach, rules: PairRules): Ticks =>
  by === undefined ? yielded(way, best, share) : stepped(way, best, -ticksIn(by, rules));

/** The price so far on to the side of profit, rounded to loss. */
export function ahead(way: Way, worst: Ticks, { share, by }: Reach, rules: PairRules): Ticks {
  if (by !== undefined) return stepped(way, worst, ticksIn(by, rules));
  return way.sign === 1 ? raised(worst, share) : lowered(worst, share);
}

/** The average in quote, so far on to the side of loss, rounded to profit; above zero. */
function averageMoved(way: Way, basis: Holding, { share, by = zero }: Reach): bigint {
  const [sign, rounding] = [BigInt(way.sign), roundingTo(way, 'profit')];
  const moved = divide(inQuote(way, basis) * (unit - sign * share), inBase(way, basis), rounding) - sign * by;
  return moved > 0n ? moved : 1n;
}

function isBreakevenDue({ breakevenAfter }: StopLoss, steps: readonly ExitStep[]): boolean {
  if (breakevenAfter === 0) return false;
  const targets = steps.filter(({ kind }) => kind === 'target');
  const step = targets[breakevenAfter - 1];
  return step?.over === true && step.sold > 0n;
}

/** Limit of a stop whose trigger is `level`: the gap further on the side of loss, away from it. */
export function stopLimit(way: Way, level: Ticks, { gap }: StopLoss, rules: PairRules): Ticks {
  const rounding = roundingTo(way, 'loss');
  return onTick(divide(priceAmount(level, rules) * (unit - BigInt(way.sign) * gap), unit, rounding), rules, rounding);
}

/** Whether the exchange takes an order of this size at this price. */
export const isTradable = (quantity: Lots, price: Ticks, rules: PairRules): boolean =>
  quantity > 0 && quantity >= rules.minQuantity && notional(price, quantity, rules, 'down') >= rules.minNotional;

export const lotsOf = (quantity: bigint, rules: PairRules): Lots => toLots(quantity as Amount, rules, 'down');

/** Whether the quote that is held is all spent on coins, and not only what brings back those that were sold. */
const spendsAll = ({ direction, profitIn }: TradeSettings): boolean => direction === 'short' && profitIn === 'base';

/** Lots that would close the trade at a price: what is held, the coins that were sold with the fee of the purchase, or what the quote held buys. */
export function lotsOut(settings: TradeSettings, { held: has, rules }: TradeState, price: Ticks): Lots {
  const way = wayOf(settings);
  if (way.takes === 'base') return lotsOf(has.quantity, rules);
  if (spendsAll(settings)) return lotsCovered(has.quantity, price, rules, settings);
  // Less than a lot is dust, as it is of coins that are held.
  return has.cost < rules.lot ? lots(0) : lotsToReceive(has.cost, price, settings, rules, way);
}

/** What exits may give: coins or quote of the trade; for as many coins as were sold, all quote of the sub-book. */
export function purse(settings: TradeSettings, { held: has, book }: TradeState): Amount {
  const isOfTrade = settings.direction === 'long' || spendsAll(settings);
  return isOfTrade ? has.quantity : held(book, quoteOf(settings.pair));
}

/** Lots that so much of the purse trades at a limit. */
export const lotsPaid = (settings: TradeSettings, rules: PairRules, of: bigint, limit: Ticks): Lots =>
  settings.direction === 'long' ? lotsOf(of, rules) : lotsCovered(of, limit, rules, settings);

/** What one order of an exit may take of the purse. */
export const exitReserve = (settings: TradeSettings, quantity: Lots, limit: Ticks, rules: PairRules): Amount =>
  settings.direction === 'long'
    ? quantityAmount(quantity, rules)
    : buyReserve(quantityAmount(quantity, rules), priceAmount(limit, rules), settings);

/** Lots of a step at a limit: what it has left; where all quote is spent, what that costs at its target buys. */
export function stepLots(settings: TradeSettings, { basis, rules }: TradeState, step: ExitStep, limit: Ticks): Lots {
  const left = lotsOf(step.left, rules);
  if (!spendsAll(settings) || step.kind === 'reduce') return left;
  const price = targetPrice(step, basis, settings, rules);
  return price === null ? left : lotsPaid(settings, rules, exitReserve(settings, left, price, rules), limit);
}

/** What steps divide among them: lots, or where all quote is spent the quote. */
interface Measure {
  readonly whole: bigint;
  lots(part: bigint, price: Ticks): Lots;
  part(quantity: Lots, price: Ticks): bigint;
}

function measureOf(settings: TradeSettings, state: TradeState, price: Ticks): Measure {
  const { rules } = state;
  if (!spendsAll(settings))
    return {
      whole: BigInt(lotsOut(settings, state, price)),
      lots: (part) => lots(Number(part)),
      part: (quantity) => BigInt(quantity),
    };
  return {
    whole: state.held.quantity,
    lots: (part, at) => lotsPaid(settings, rules, part, at),
    part: (quantity, at) => exitReserve(settings, quantity, at, rules),
  };
}

/** A reduction at once has no price of its own; it counts at the average. */
const averagePrice = (settings: TradeSettings, basis: Holding, rules: PairRules): Ticks =>
  basis.quantity === 0n ? ticks(1) : onTick(averageMoved(wayOf(settings), basis, { share: 0n }), rules, 'up');

/**
 * What is held, by steps: reductions keep what they asked for as far as there is as much, the rest goes to the targets by their
 * shares, down to the lot, the last taking what remains. A part below the exchange's smallest order goes with the next one that is
 * not, or with the one before.
 */
export function divideSteps(settings: TradeSettings, state: TradeState): readonly ExitStep[] {
  const { rules, basis } = state;
  const average = averagePrice(settings, basis, rules);
  const measure = measureOf(settings, state, average);
  const priceOf = (step: ExitStep): Ticks | null => targetPrice(step, basis, settings, rules);
  let rest = measure.whole;
  const left = state.steps.map((step): number => {
    if (step.over || step.kind === 'target') return 0;
    const price = priceOf(step);
    const part = lots(Math.min(lotsOf(step.left, rules), measure.lots(rest, price ?? average)));
    if (price !== null && !isTradable(part, price, rules)) return 0;
    rest -= measure.part(part, price ?? average);
    return part;
  });
  const open = state.steps.flatMap((step, index) => (step.over || step.kind === 'reduce' ? [] : [index]));
  const shares = sharesOf(open.map((index) => (state.steps[index] as ExitStep).share));
  let carried = 0n;
  let tradable: { readonly index: number; readonly price: Ticks } | null = null;
  splitByShares(rest, shares).forEach((part, nth) => {
    const index = open[nth] as number;
    const price = priceOf(state.steps[index] as ExitStep);
    const whole = carried + part;
    const quantity = price === null ? lots(0) : measure.lots(whole, price);
    const passes = price !== null && isTradable(quantity, price, rules);
    left[index] = passes ? quantity : 0;
    carried = passes ? 0n : whole;
    if (passes) tradable = { index, price };
  });
  const last = tradable as { readonly index: number; readonly price: Ticks } | null;
  if (carried > 0n && last !== null) left[last.index] = (left[last.index] as number) + measure.lots(carried, last.price);
  return state.steps.map((step, index) => {
    const quantity = quantityAmount(lots(left[index] as number), rules);
    const isOver = step.over || (step.kind === 'reduce' && quantity === 0n);
    return step.left === quantity && step.over === isOver ? step : { ...step, left: quantity, over: isOver };
  });
}

/** Whether steps would cost more than the quote for them: where all of it is spent and a fill was dearer than its step's target. */
export function isOverspent(settings: TradeSettings, { basis, rules, held: has, steps }: TradeState): boolean {
  if (!spendsAll(settings)) return false;
  const cost = steps.reduce((sum, step) => {
    const price = targetPrice(step, basis, settings, rules) ?? averagePrice(settings, basis, rules);
    return sum + exitReserve(settings, lotsOf(step.left, rules), price, rules);
  }, 0n);
  return cost > has.quantity;
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
