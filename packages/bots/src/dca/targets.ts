/** Prices at which a deal exits: its targets and its stop. All in ticks, rounded so that the deal gets no less than was set. */
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
  toLots,
  toTicks,
  unit,
} from '@holdfast/domain';
import {
  exitCost,
  exitLots,
  lotsToReceive,
  stopLossPrice,
  takeProfitPrice,
  takeProfitPriceOfBase,
  yielded,
} from './arithmetic.ts';
import { better, inBase, inQuote, isPriceKnown, reaches, roundingTo, stepped, type Way, wayOf } from './direction.ts';
import type { DcaSettings } from './settings.ts';
import type { DcaState, Deal, ExitStep } from './state.ts';

type Held = Pick<Deal, 'held' | 'entry' | 'sold'>;

/** Where giving back what is held makes `profit`, counted over the cost of all, or over that of the base order alone. */
export function priceFor(terms: DcaSettings, of: 'total' | 'base', profit: bigint, deal: Held, rules: PairRules): Ticks {
  const target = { direction: terms.direction, takeProfit: profit, fee: terms.fee, feeAsset: terms.feeAsset };
  if (of === 'total') return takeProfitPrice(deal.held, target, rules);
  // Of what was sold already the profit is made: what is left has its share of the base order to earn on.
  const whole = deal.held.quantity + deal.sold;
  const share = divide(inQuote(wayOf(terms), deal.entry) * deal.held.quantity, whole, 'up') as Amount;
  return takeProfitPriceOfBase(deal.held, share, target, rules);
}

/** Where what is held brings back what it cost. */
export const breakeven = (terms: DcaSettings, deal: Held, rules: PairRules): Ticks => priceFor(terms, 'total', 0n, deal, rules);

/** The targets after an entry: steps that were hit stay, the position is shared out among the others. */
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
  const way = wayOf(terms);
  const basis = (price: Ticks): number =>
    way.takes === 'base'
      ? toLots((deal.held.quantity + sold) as Amount, rules, 'down')
      : exitLots(way, deal.held.quantity, price, rules, terms) + toLots(sold as Amount, rules, 'down');
  return terms.takeProfits.map(({ profit, share }, index) => {
    const before = deal.steps[index];
    if (before?.hit) return before;
    const price = priceFor(terms, terms.takeProfitOf, profit, deal, rules);
    return {
      price,
      quantity: lots(Number((BigInt(basis(price)) * share) / shares)),
      sold: (before?.sold ?? 0n) as Amount,
      hit: false,
    };
  });
}

export const lower = (a: Ticks, b: Ticks): Ticks => (a < b ? a : b);

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
 * What is to be given back at which target, nearest first; what a step has too little of for an order goes to the step after it, and
 * what the last has too little of to the one before. Empty when nothing that is held can be given back at a target.
 */
export function targetsOf(terms: DcaSettings, state: DcaState, deal: Deal): readonly Target[] {
  const { rules } = state;
  const way = wayOf(terms);
  const found: Target[] = [];
  let left = deal.held.quantity;
  let carried = 0;
  const most = Math.min(rules.maxQuantity, terms.profitIn === way.takes ? lotsForCost(terms, state, deal) : rules.maxQuantity);
  const within = (price: Ticks): number => Math.min(exitLots(way, left, price, rules, terms), most);
  for (const [index, step] of deal.steps.entries()) {
    if (step.hit || !isPriceKnown(step.price, rules)) continue;
    const isLast = index === deal.steps.length - 1;
    const open = Math.max(step.quantity - toLots(step.sold, rules, 'down'), 0) + carried;
    const quantity = lots(isLast ? within(step.price) : Math.min(open, within(step.price)));
    if (isTradable(state, quantity, step.price)) {
      found.push({ level: index + 1, price: step.price, quantity });
      const cost = exitCost(way, quantityAmount(quantity, rules), priceAmount(step.price, rules), terms);
      left = (left - cost) as Amount;
      carried = 0;
    } else if (!isLast) carried = open;
    else if (quantity > 0) withRest(found, within, rules);
  }
  return found;
}

function withRest(found: Target[], within: (price: Ticks) => number, rules: PairRules): void {
  const before = found.pop();
  if (before === undefined) return;
  found.push({ ...before, quantity: lots(Math.min(before.quantity + within(before.price), rules.maxQuantity)) });
}

/** Profit in what the deal takes: what brings back its cost; no less than the exchange takes. */
function lotsForCost(terms: DcaSettings, { rules }: DcaState, deal: Deal): Lots {
  const step = deal.steps.at(-1);
  const missing = deal.held.cost + deal.soldCost - deal.proceeds;
  if (step === undefined || missing <= 0n) return lots(0);
  const least = divide(rules.minNotional * unit, BigInt(step.price) * rules.tick * rules.lot, 'up');
  return lots(Math.max(lotsToReceive(missing, step.price, terms, rules, wayOf(terms)), Number(least), rules.minQuantity));
}

/** Where the position is cut; null without a stop. */
export function stopPrice(terms: DcaSettings, deal: Deal, rules: PairRules): Ticks | null {
  if (terms.stopLoss === 0n || deal.entry.quantity <= 0n || deal.held.quantity <= 0n) return null;
  const way = wayOf(terms);
  const loss = toTicks(stopLossPrice(deal.entry, terms.stopLoss, way), rules, roundingTo(way, 'profit'));
  const fixed = stepped(way, loss, deal.lift);
  const hits = Math.min(deal.steps.filter(({ hit }) => hit).length, terms.breakevenSteps);
  if (hits === 0) return fixed;
  return better(way, fixed, hits === 1 ? breakeven(terms, deal, rules) : (deal.steps[hits - 2] as ExitStep).price);
}

/** P0 in ticks, to the side of loss. */
export function entryPrice(terms: DcaSettings, { entry }: Pick<Deal, 'entry'>, rules: PairRules): Ticks {
  const way = wayOf(terms);
  const rounding = roundingTo(way, 'loss');
  return toTicks(divide(inQuote(way, entry) * unit, inBase(way, entry), rounding) as Amount, rules, rounding);
}

/** How far a trailing stop has moved with the price, in steps of a tenth of its distance, so that it is not moved with every tick. */
export function liftAt(terms: DcaSettings, deal: Deal, rules: PairRules, last: Ticks): number {
  const step = liftStep(terms, deal, rules);
  const gone = wayOf(terms).sign * (last - entryPrice(terms, deal, rules));
  return Math.max(deal.lift, Math.floor(gone / step) * step);
}

export const liftStep = (terms: DcaSettings, deal: Deal, rules: PairRules): number =>
  Math.max(1, Number((BigInt(entryPrice(terms, deal, rules)) * terms.stopLoss) / (unit * 10n)));

/** Where a trailed target is taken: the deviation behind the best price, at least one tick. */
export function trailPrice(terms: DcaSettings, best: Ticks): Ticks {
  const way = wayOf(terms);
  const [far, near] = [yielded(way, best, terms.trailing), stepped(way, best, -1)];
  return reaches(way, far, near) ? near : far;
}

/** Whether the best price that exits meet is that of an entry of our own that rests. */
export const isOwnPrice = ({ orders, rules }: DcaState, way: Way, price: Ticks): boolean =>
  orders.some(({ side, isTaking, limit }) => side === way.entry && !isTaking && limit === priceAmount(price, rules));
