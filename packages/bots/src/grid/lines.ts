/**
 * Prices of lines and quantities of cells (docs/bots/grid.md). A cell lies between two neighbouring lines and has the index of its
 * lower one, counted from the lowest line of the settings; trailing and expansion go beyond, also below 0.
 */
import {
  type Amount,
  divide,
  type Lots,
  lots,
  type PairRules,
  priceAmount,
  quantityAmount,
  type Ticks,
  toLots,
} from '@holdfast/domain';
import { lotsWithin } from '../dca/arithmetic.ts';
import { ratioUnit } from './ratio.ts';
import type { GridSettings } from './settings.ts';

/** More lines than this are never looked for: a range without upper end has no last one. */
export const linesMost = 5000;

/** Price in quote of a line as a fraction; below a lower price the same spacing goes on. */
function exactPrice({ spacing, lower, upper, lines }: GridSettings, index: number): { top: bigint; bottom: bigint } {
  if (upper !== null && index === lines - 1) return { top: upper, bottom: 1n };
  if (spacing.kind === 'arithmetic')
    return { top: lower * spacing.denominator + spacing.numerator * BigInt(index), bottom: spacing.denominator };
  const power = BigInt(Math.abs(index));
  const [scaled, whole] = [spacing.ratio ** power, ratioUnit ** power];
  return index >= 0 ? { top: lower * scaled, bottom: whole } : { top: lower * whole, bottom: scaled };
}

/** Prices of lines that were asked for, by settings and rules, which never change. */
const known = new WeakMap<GridSettings, WeakMap<PairRules, Map<number, Ticks | null>>>();

function knownOf(settings: GridSettings, rules: PairRules): Map<number, Ticks | null> {
  const byRules = known.get(settings) ?? new WeakMap<PairRules, Map<number, Ticks | null>>();
  known.set(settings, byRules);
  const prices = byRules.get(rules) ?? new Map<number, Ticks | null>();
  byRules.set(rules, prices);
  return prices;
}

/** Price of a line to the nearest tick, a half up; null outside of what the exchange takes. */
export function linePrice(settings: GridSettings, rules: PairRules, index: number): Ticks | null {
  const prices = knownOf(settings, rules);
  const found = prices.get(index);
  if (found !== undefined) return found;
  const price = countedPrice(settings, rules, index);
  prices.set(index, price);
  return price;
}

/** A line of a geometric grid is made of powers of hundreds of digits. */
function countedPrice(settings: GridSettings, rules: PairRules, index: number): Ticks | null {
  const { top, bottom } = exactPrice(settings, index);
  if (top <= 0n) return null;
  const count = Number(divide(2n * top + bottom * rules.tick, 2n * bottom * rules.tick, 'down'));
  return count < rules.minPrice || count > rules.maxPrice ? null : (count as Ticks);
}

/** Line nearest to a price; of two equally near ones the lower. It stays empty at the start. */
export function nearestLine(settings: GridSettings, rules: PairRules, price: Ticks): number {
  let [low, high] = [0, settings.upper === null ? 16 : settings.lines - 1];
  const priceOf = (index: number): Ticks => linePrice(settings, rules, index) ?? rules.maxPrice;
  while (settings.upper === null && high < linesMost && priceOf(high) < price) high *= 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (priceOf(middle) <= price) low = middle;
    else high = middle;
  }
  return price - priceOf(low) <= priceOf(high) - price ? low : high;
}

/** Quantity of a cell: an amount in quote is divided by its lower line; down to the lot, at most what one order may have. */
export function cellQuantity(settings: GridSettings, rules: PairRules, lower: Ticks): Lots {
  const count = settings.amountIn === 'base' ? toLots(settings.amount, rules, 'down') : lotsWithin(settings.amount, lower, rules);
  return lots(Math.min(count, rules.maxQuantity));
}

/** Base that has to be bought so that `quantity` arrives where the fee is taken from it; up to the lot. */
export function grossLots(settings: Pick<GridSettings, 'fee' | 'feeAsset'>, quantity: Lots): Lots {
  if (settings.feeAsset !== 'base') return quantity;
  const whole = 10n ** 18n;
  return lots(Number(divide(BigInt(quantity) * whole, whole - settings.fee, 'up')));
}

export interface Edges {
  readonly index: number;
  readonly lower: Ticks;
  readonly upper: Ticks;
  readonly quantity: Lots;
}

/** The cell above line `index`; null where one of its lines has no price or its quantity is none. */
export function edgesOf(settings: GridSettings, rules: PairRules, index: number): Edges | null {
  const [lower, upper] = [linePrice(settings, rules, index), linePrice(settings, rules, index + 1)];
  if (lower === null || upper === null || upper <= lower) return null;
  const quantity = cellQuantity(settings, rules, lower);
  return quantity < Math.max(rules.minQuantity, 1) ? null : { index, lower, upper, quantity };
}

/** Takes over new steps of the exchange: prices to the nearest tick, quantities down to the lot. */
export function edgesWithRules(edges: Edges, from: PairRules, to: PairRules): Edges {
  const nearest = (price: Ticks): Ticks => {
    const count = Number(divide(2n * priceAmount(price, from) + to.tick, 2n * to.tick, 'down'));
    return Math.max(count, 1) as Ticks;
  };
  const { index, lower, upper, quantity } = edges;
  return {
    index,
    lower: nearest(lower),
    upper: nearest(upper),
    quantity: toLots(quantityAmount(quantity, from), to, 'down'),
  };
}

/** Value of a quantity at a price, rounded up, with the fee where it is paid in quote. */
export function buyCost(
  settings: Pick<GridSettings, 'fee' | 'feeAsset'>,
  rules: PairRules,
  price: Ticks,
  quantity: Lots,
): Amount {
  const whole = 10n ** 18n;
  const value = divide(priceAmount(price, rules) * quantityAmount(quantity, rules), whole, 'up');
  return (settings.feeAsset === 'quote' ? value + divide(value * settings.fee, whole, 'up') : value) as Amount;
}
