/** Prices at which a deal sells: its targets and its stop. All in ticks, rounded so that the deal gets no less than was set. */
import {
  type Amount,
  divide,
  type Lots,
  lots,
  notional,
  type PairRules,
  type Ticks,
  ticks,
  toLots,
  toTicks,
  unit,
} from '@holdfast/domain';
import { lotsToReceive, lowered, stopLossPrice, takeProfitPrice, takeProfitPriceOfBase } from './arithmetic.ts';
import type { DcaSettings } from './settings.ts';
import type { DcaState, Deal, ExitStep } from './state.ts';

type Held = Pick<Deal, 'held' | 'entry' | 'sold'>;

/** Where a sale of what is held makes `profit`, counted over the cost of all, or over that of the base order alone. */
export function priceFor(terms: DcaSettings, of: 'total' | 'base', profit: bigint, deal: Held, rules: PairRules): Ticks {
  if (of === 'total') return takeProfitPrice(deal.held, { takeProfit: profit, fee: terms.fee }, rules);
  // Of what was sold already the profit is made: what is left has its share of the base order to earn on.
  const whole = deal.held.quantity + deal.sold;
  const share = divide(deal.entry.cost * deal.held.quantity, whole, 'up') as Amount;
  return takeProfitPriceOfBase(deal.held, share, { takeProfit: profit, fee: terms.fee }, rules);
}

/** Where what is held sells for what it cost. */
export const breakeven = (terms: DcaSettings, deal: Held, rules: PairRules): Ticks => priceFor(terms, 'total', 0n, deal, rules);

/** The targets after a buy: steps that were hit stay, the position is shared out among the others. */
export function exitSteps(
  terms: DcaSettings,
  deal: Held & { readonly steps: readonly ExitStep[] },
  rules: PairRules,
): readonly ExitStep[] {
  if (deal.held.quantity <= 0n) return deal.steps;
  const hit = (index: number): boolean => deal.steps[index]?.hit ?? false;
  const open = terms.takeProfits.filter((_, index) => !hit(index));
  const shares = open.reduce((sum, { share }) => sum + share, 0n);
  const soldOf = (index: number): bigint => deal.steps[index]?.sold ?? 0n;
  const sold = terms.takeProfits.reduce((sum, _, index) => (hit(index) ? sum : sum + soldOf(index)), 0n);
  const basis = toLots((deal.held.quantity + sold) as Amount, rules, 'down');
  return terms.takeProfits.map(({ profit, share }, index) => {
    const before = deal.steps[index];
    if (before?.hit) return before;
    const quantity = lots(Number((BigInt(basis) * share) / shares));
    return {
      price: priceFor(terms, terms.takeProfitOf, profit, deal, rules),
      quantity,
      sold: (before?.sold ?? 0n) as Amount,
      hit: false,
    };
  });
}

/** Whether the exchange takes an order of this size. A limit above `price` passes too. */
export const isTradable = ({ rules }: Pick<DcaState, 'rules'>, quantity: Lots, price: Ticks): boolean =>
  quantity > 0 && quantity >= rules.minQuantity && notional(price, quantity, rules, 'down') >= rules.minNotional;

export interface Target {
  /** Of the step, from 1. */
  readonly level: number;
  readonly price: Ticks;
  readonly quantity: Lots;
}

/**
 * What is to be sold at which target, nearest first; what a step has too little of for an order goes to the step after it, and
 * what the last has too little of to the one before. Empty when nothing that is held can be sold at a target.
 */
export function targetsOf(terms: DcaSettings, state: DcaState, deal: Deal): readonly Target[] {
  const { rules } = state;
  const found: Target[] = [];
  let left = toLots(deal.held.quantity, rules, 'down') as number;
  let carried = 0;
  if (terms.profitIn === 'base') left = Math.min(left, lotsForCost(terms, state, deal));
  for (const [index, step] of deal.steps.entries()) {
    if (step.hit || step.price > rules.maxPrice) continue;
    const isLast = index === deal.steps.length - 1;
    const open = Math.max(step.quantity - toLots(step.sold, rules, 'down'), 0) + carried;
    const quantity = lots(Math.min(isLast ? left : Math.min(open, left), rules.maxQuantity));
    if (isTradable(state, quantity, step.price)) {
      found.push({ level: index + 1, price: step.price, quantity });
      left -= quantity;
      carried = 0;
    } else if (!isLast) carried = open;
    else if (quantity > 0) withRest(found, quantity, rules);
  }
  return found;
}

function withRest(found: Target[], rest: Lots, rules: PairRules): void {
  const before = found.pop();
  if (before === undefined) return;
  found.push({ ...before, quantity: lots(Math.min(before.quantity + rest, rules.maxQuantity)) });
}

/** Profit in base: what brings back the quote that the deal cost; no less than the exchange takes. */
function lotsForCost(terms: DcaSettings, { rules }: DcaState, deal: Deal): Lots {
  const step = deal.steps.at(-1);
  const missing = deal.held.cost + deal.soldCost - deal.proceeds;
  if (step === undefined || missing <= 0n) return lots(0);
  const least = divide(rules.minNotional * unit, BigInt(step.price) * rules.tick * rules.lot, 'up');
  return lots(Math.max(lotsToReceive(missing, step.price, terms, rules), Number(least), rules.minQuantity));
}

/** Where the position is cut; null without a stop. */
export function stopPrice(terms: DcaSettings, deal: Deal, rules: PairRules): Ticks | null {
  if (terms.stopLoss === 0n || deal.entry.quantity <= 0n || deal.held.quantity <= 0n) return null;
  const fixed = toTicks(stopLossPrice(deal.entry, terms.stopLoss), rules, 'up') + deal.lift;
  const hits = Math.min(deal.steps.filter(({ hit }) => hit).length, terms.breakevenSteps);
  const secured = hits === 0 ? 0 : hits === 1 ? breakeven(terms, deal, rules) : (deal.steps[hits - 2] as ExitStep).price;
  return ticks(Math.max(fixed, secured));
}

/** P0 in ticks, down. */
export const entryPrice = ({ entry }: Pick<Deal, 'entry'>, rules: PairRules): Ticks =>
  toTicks(divide(entry.cost * unit, entry.quantity, 'down') as Amount, rules, 'down');

/** How far a trailing stop has risen with the price, in steps of a tenth of its distance, so that it is not moved with every tick. */
export function liftAt(terms: DcaSettings, deal: Deal, rules: PairRules, last: Ticks): number {
  const step = liftStep(terms, deal, rules);
  return Math.max(deal.lift, Math.floor((last - entryPrice(deal, rules)) / step) * step);
}

export const liftStep = (terms: DcaSettings, deal: Deal, rules: PairRules): number =>
  Math.max(1, Number((BigInt(entryPrice(deal, rules)) * terms.stopLoss) / (unit * 10n)));

/** Where a trailed target sells: the deviation below the highest bid, at least one tick. */
export const trailPrice = (terms: DcaSettings, high: Ticks): Ticks =>
  ticks(Math.max(Math.min(lowered(high, terms.trailing), high - 1), 1));
