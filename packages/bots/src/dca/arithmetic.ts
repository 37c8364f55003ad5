/**
 * The formulae of a long DCA deal (docs/bots/dca.md), exact: fractions of bigints, rounded once, at the named place.
 * Percentages and multipliers are counts of 10^-18 of one.
 */
import {
  type Amount,
  divide,
  type EpochMs,
  type Lots,
  lots,
  multiply,
  type PairRules,
  type Ticks,
  ticks,
  unit,
  unreachable,
} from '@holdfast/domain';
import type { DcaSettings, SizeIn } from './settings.ts';
import type { Holding, Level, Sizing } from './state.ts';

type Steps = Pick<PairRules, 'tick' | 'lot'>;

/** A rational number; denominator above zero. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** (1 + r + … + r^(n-1)) of a ratio counted in 10^-18, exact. */
export function geometricSum(multiplier: bigint, n: number): Fraction {
  let [sum, power, scale] = [0n, 1n, 1n];
  for (let i = 0; i < n; i++) {
    sum = sum * unit + power * unit;
    power *= multiplier;
    scale *= unit;
  }
  return { numerator: sum, denominator: scale };
}

type Ladder = Pick<DcaSettings, 'step' | 'stepMultiplier' | 'ladder'>;

/** D_n: how far below P0 averaging order n lies, as a fraction of P0. */
export function deviation(settings: Ladder, n: number): Fraction {
  const explicit = settings.ladder[n - 1];
  if (explicit !== undefined) return { numerator: explicit.distance, denominator: unit };
  const steps = geometricSum(settings.stepMultiplier, n);
  return { numerator: settings.step * steps.numerator, denominator: unit * steps.denominator };
}

/** S_n as the settings count it (quote, base, or 10^-18 of the funds), rounded up at 10^-18. */
export function averagingSize(
  settings: Pick<DcaSettings, 'averagingOrderSize' | 'sizeMultiplier' | 'ladder'>,
  n: number,
): Amount {
  const explicit = settings.ladder[n - 1];
  if (explicit !== undefined) return explicit.size;
  const powers = BigInt(n - 1);
  return divide(settings.averagingOrderSize * settings.sizeMultiplier ** powers, unit ** powers, 'up') as Amount;
}

/** P_n = P0 × (1 - D_n), down to the tick; null where that is below one tick. P0 = cost / quantity of the base order. */
export function averagingPrice(settings: Ladder, entry: Holding, rules: Pick<PairRules, 'tick'>, n: number): Ticks | null {
  const { numerator, denominator } = deviation(settings, n);
  if (numerator >= denominator) return null;
  const count = (entry.cost * unit * (denominator - numerator)) / (entry.quantity * denominator * rules.tick);
  return count < 1n ? null : ticks(Number(count));
}

/** Quote at a price as lots, up to the lot. */
export function lotsFor(size: Amount, price: Ticks, rules: Steps): Lots {
  return lots(Number(divide(size * unit, BigInt(price) * rules.tick * rules.lot, 'up')));
}

/** Quote at a price as lots, down to the lot. */
export function lotsWithin(funds: bigint, price: Ticks, rules: Steps): Lots {
  return funds <= 0n ? lots(0) : lots(Number((funds * unit) / (BigInt(price) * rules.tick * rules.lot)));
}

/** A deal that uses the sizes as they are set. */
export const asSet: Sizing = { funds: 0n as Amount, scale: unit };

/** A size as lots at a price, scaled, up to the lot. */
export function sizedLots(size: Amount, sizeIn: SizeIn, price: Ticks, rules: Steps, { funds, scale }: Sizing): Lots {
  const scaled = scale === unit ? size : multiply(size, scale, 'up');
  switch (sizeIn) {
    case 'base':
      return lots(Number(divide(scaled, rules.lot, 'up')));
    case 'percent':
      return lotsFor(multiply(funds, scaled, 'up'), price, rules);
    case 'quote':
      return lotsFor(scaled, price, rules);
    default:
      return unreachable(sizeIn);
  }
}

/** The averaging orders of a deal whose base order is done; stops early where the price would fall below one tick. */
export function ladder(settings: DcaSettings, entry: Holding, rules: Steps, sizing: Sizing = asSet): readonly Level[] {
  const levels: Level[] = [];
  for (let n = 1; n <= settings.averagingOrders; n++) {
    const price = averagingPrice(settings, entry, rules, n);
    if (price === null) break;
    const quantity = sizedLots(averagingSize(settings, n), settings.averagingOrderSizeIn, price, rules, sizing);
    levels.push({ price, quantity, filled: 0n as Amount, refused: false });
  }
  return levels;
}

/** Average × (1 + profit) / (1 - fee of the sell), up to the tick. */
export function takeProfitPrice(held: Holding, settings: Pick<DcaSettings, 'takeProfit' | 'fee'>, rules: Steps): Ticks {
  const numerator = held.cost * (unit + settings.takeProfit) * unit;
  return ticks(Number(divide(numerator, held.quantity * (unit - settings.fee) * rules.tick, 'up')));
}

/** (cost + profit on the base order's cost) / (held × (1 - fee)), up to the tick: a target that counts the base order only. */
export function takeProfitPriceOfBase(
  held: Holding,
  entryCost: Amount,
  settings: Pick<DcaSettings, 'takeProfit' | 'fee'>,
  rules: Pick<PairRules, 'tick'>,
): Ticks {
  const numerator = (held.cost * unit + entryCost * settings.takeProfit) * unit;
  return ticks(Number(divide(numerator, held.quantity * (unit - settings.fee) * rules.tick, 'up')));
}

/** P0 × (1 - share) in quote, rounded down: where a loss of that share of the base order is cut. */
export const stopLossPrice = (entry: Holding, share: bigint): Amount =>
  divide(entry.cost * (unit - share), entry.quantity, 'down') as Amount;

/** Lots whose sale at a price brings at least so much quote after the fee, up to the lot. */
export const lotsToReceive = (net: bigint, price: Ticks, settings: Pick<DcaSettings, 'fee'>, rules: Steps): Lots =>
  lots(Number(divide(net * unit * unit, BigInt(price) * rules.tick * rules.lot * (unit - settings.fee), 'up')));

/** A position in parts, each down to the lot; the last takes the rest. Shares are counts of 10^-18 of one. */
export function splitByShares(quantity: Lots, shares: readonly bigint[]): readonly Lots[] {
  const parts = shares.slice(0, -1).map((share) => lots(Number((BigInt(quantity) * share) / unit)));
  const rest = parts.reduce((left, part) => left - part, quantity as number);
  return shares.length === 0 ? [] : [...parts, lots(rest)];
}

/** What a fee in a third asset counts as in quote: the settings' rate of the value, rounded up. */
export const feeValue = (value: Amount, settings: Pick<DcaSettings, 'fee'>): Amount => multiply(value, settings.fee, 'up');

/** Most quote that a buy can take from the sub-book: its limit, and the fee where it is paid in quote. */
export function buyReserve(quantity: bigint, limit: bigint, settings: Pick<DcaSettings, 'fee' | 'feeAsset'>): Amount {
  const value = multiply(quantity, limit, 'up');
  return settings.feeAsset === 'quote' ? multiply(value, unit + settings.fee, 'up') : value;
}

/** Takes part of a holding out with its share of the cost, rounded up (D4). */
export function takeOut(from: Holding, quantity: Amount): { readonly rest: Holding; readonly cost: Amount } {
  const cost = quantity >= from.quantity ? from.cost : (divide(from.cost * quantity, from.quantity, 'up') as Amount);
  return {
    rest: { quantity: (from.quantity - quantity) as Amount, cost: (from.cost - cost) as Amount },
    cost,
  };
}

export const putIn = (to: Holding, quantity: Amount, cost: Amount): Holding => ({
  quantity: (to.quantity + quantity) as Amount,
  cost: (to.cost + cost) as Amount,
});

/** Price a share above, down to the tick. */
export const raised = (price: Ticks, share: bigint): Ticks => ticks(Number((BigInt(price) * (unit + share)) / unit));

/** Price a share below, up to the tick. */
export const lowered = (price: Ticks, share: bigint): Ticks => {
  const count = Number(divide(BigInt(price) * (unit - share), unit, 'up'));
  return ticks(Math.max(count, 1));
};

/** 1, 2, 4, … times `first`, at most `most`, after `at`. */
export const backoff = (at: EpochMs, tries: number, first: number, most: number): EpochMs =>
  (at + Math.min(first * 2 ** Math.min(tries, 20), most)) as EpochMs;
