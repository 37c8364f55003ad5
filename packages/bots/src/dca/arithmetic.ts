/**
 * The formulae of a DCA deal (docs/bots/dca.md), exact: fractions of bigints, rounded once, at the named place. They are written
 * as of a long deal; those that differ for a short one take its `Way`. Percentages and multipliers are counts of 10^-18 of one.
 */
import {
  type Amount,
  divide,
  type EpochMs,
  type Lots,
  lots,
  multiply,
  type PairRules,
  priceAmount,
  quantityAmount,
  type Ticks,
  ticks,
  toLots,
  unit,
  unreachable,
} from '@holdfast/domain';
import { type Direction, inBase, inQuote, long, roundingTo, type Way, wayOf } from './direction.ts';
import type { DcaSettings, SizeIn } from './settings.ts';
import type { Holding, Level, Sizing } from './state.ts';

type Steps = Pick<PairRules, 'tick' | 'lot'>;

/** A rational number; denominator above zero. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** A ratio counted in 10^-18 in lowest terms: powers of 18 digits would make long ladders slow. */
function inLowestTerms(ratio: bigint): Fraction {
  let [a, b] = [unit, ratio];
  while (b !== 0n) [a, b] = [b, a % b];
  return { numerator: ratio / a, denominator: unit / a };
}

/** (1 + r + … + r^(n-1)) of a ratio counted in 10^-18, exact. */
export function geometricSum(multiplier: bigint, n: number): Fraction {
  const { numerator, denominator } = inLowestTerms(multiplier);
  let [sum, power, scale] = [0n, 1n, 1n];
  for (let i = 0; i < n; i++) {
    sum = (sum + power) * denominator;
    power *= numerator;
    scale *= denominator;
  }
  return { numerator: sum, denominator: scale };
}

/** Whose formula it is; without a direction that of a long deal. */
interface Directed {
  readonly direction?: Direction | undefined;
}

type Ladder = Pick<DcaSettings, 'step' | 'stepMultiplier' | 'ladder'> & Directed;

/** D_n: how far below P0 (above, of a short deal) averaging order n lies, as a fraction of P0; negative of one on the other side. */
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
  const { numerator, denominator } = inLowestTerms(settings.sizeMultiplier);
  return divide(settings.averagingOrderSize * numerator ** powers, denominator ** powers, 'up') as Amount;
}

/**
 * P_n = P0 × (1 - D_n), down to the tick; of a short deal P0 × (1 + D_n), up to the tick. Null where no price is left. P0 = quote /
 * base of the base order.
 */
export function averagingPrice(settings: Ladder, entry: Holding, rules: Pick<PairRules, 'tick'>, n: number): Ticks | null {
  const way = wayOf(settings);
  const { numerator, denominator } = deviation(settings, n);
  const share = denominator - BigInt(way.sign) * numerator;
  if (share <= 0n) return null;
  const [quote, base] = [inQuote(way, entry), inBase(way, entry)];
  const count = Number(divide(quote * unit * share, base * denominator * rules.tick, roundingTo(way, 'loss')));
  return count < 1 || !Number.isSafeInteger(count) ? null : ticks(count);
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

/** A size as lots at a price, scaled, up to the lot. Percent is of what the deal gives. */
export function sizedLots(
  size: Amount,
  sizeIn: SizeIn,
  price: Ticks,
  rules: Steps,
  { funds, scale }: Sizing,
  { gives }: Way = long,
): Lots {
  const scaled = scale === unit ? size : multiply(size, scale, 'up');
  switch (sizeIn) {
    case 'base':
      return lots(Number(divide(scaled, rules.lot, 'up')));
    case 'percent': {
      const share = multiply(funds, scaled, 'up');
      return gives === 'quote' ? lotsFor(share, price, rules) : toLots(share, rules, 'up');
    }
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
    const size = averagingSize(settings, n);
    const quantity = sizedLots(size, settings.averagingOrderSizeIn, price, rules, sizing, wayOf(settings));
    levels.push({ price, quantity, filled: 0n as Amount, refused: false });
  }
  return levels;
}

/** The same settings with the orders on the side of profit for a ladder. */
export const asPyramid = (settings: DcaSettings): DcaSettings => ({
  ...settings,
  averagingOrders: settings.pyramid.length,
  ladder: settings.pyramid.map(({ distance, size }) => ({ distance: -distance, size })),
});

type Target = Pick<DcaSettings, 'takeProfit' | 'fee'> & Partial<Pick<DcaSettings, 'feeAsset'>> & Directed;

/**
 * Where giving back `base` against `quote` is even after the fee of the exit, as ticks towards profit. Long: quote / (base ×
 * (1 - f)). Short: quote × (1 - f) / base, as the fee makes the coins fewer; quote / (base × (1 + f)) where it is paid in quote.
 */
function evenPrice({ fee, feeAsset, ...settings }: Target, quote: bigint, base: bigint, rules: Pick<PairRules, 'tick'>): Ticks {
  const way = wayOf(settings);
  const inQuoteOnTop = way.exit === 'buy' && feeAsset === 'quote';
  const [above, below] = way.exit === 'sell' ? [unit, unit - fee] : inQuoteOnTop ? [unit, unit + fee] : [unit - fee, unit];
  const count = quote <= 0n ? 0n : divide(quote * above * unit, base * below * rules.tick, roundingTo(way, 'profit'));
  return ticks(Math.max(Number(count), 1));
}

/** Average × (1 + profit) / (1 - fee of the sell), up to the tick; of a short deal average × (1 - profit), less the fee, down. */
export function takeProfitPrice(held: Holding, settings: Target, rules: Pick<PairRules, 'tick'>): Ticks {
  const way = wayOf(settings);
  const share = unit + BigInt(way.sign) * settings.takeProfit;
  return evenPrice(settings, inQuote(way, held) * share, inBase(way, held) * unit, rules);
}

/** The same for a target that counts the base order only: (quote of all ± profit on the base order's quote) / base. */
export function takeProfitPriceOfBase(
  held: Holding,
  entryQuote: Amount,
  settings: Target,
  rules: Pick<PairRules, 'tick'>,
): Ticks {
  const way = wayOf(settings);
  const quote = inQuote(way, held) * unit + BigInt(way.sign) * entryQuote * settings.takeProfit;
  return evenPrice(settings, quote, inBase(way, held) * unit, rules);
}

/** P0 × (1 - share) in quote, rounded down: where a loss of that share of the base order is cut. Of a short deal × (1 + share), up. */
export const stopLossPrice = (entry: Holding, share: bigint, way: Way = long): Amount =>
  divide(inQuote(way, entry) * (unit - BigInt(way.sign) * share), inBase(way, entry), roundingTo(way, 'loss')) as Amount;

type Fee = Pick<DcaSettings, 'fee' | 'feeAsset'>;

/** Lots that giving back so much of what is held comes to at a price, down to the lot; quote also pays the fee that is taken in it. */
export function exitLots(way: Way, quantity: Amount, price: Ticks, rules: Steps, settings: Fee): Lots {
  if (quantity <= 0n) return lots(0);
  return way.takes === 'base' ? toLots(quantity, rules, 'down') : lotsCovered(quantity, price, rules, settings);
}

/** What of the asset held an exit gives back at most. */
export const exitCost = (way: Way, quantity: Amount, limit: Amount, settings: Fee): Amount =>
  way.takes === 'base' ? quantity : buyReserve(quantity, limit, settings);

/** What of the asset given an entry takes at most. */
export const entryCost = (way: Way, quantity: bigint, limit: bigint, settings: Fee): Amount =>
  way.gives === 'base' ? (quantity as Amount) : buyReserve(quantity, limit, settings);

/** Lots that so much quote buys at a limit, the fee included where it is paid in quote. */
export function lotsCovered(funds: bigint, limit: Ticks, rules: Steps, settings: Fee): Lots {
  const price = priceAmount(limit, rules);
  let count = lotsWithin(settings.feeAsset === 'quote' ? (funds * unit) / (unit + settings.fee) : funds, limit, rules);
  while (count > 0 && buyReserve(quantityAmount(count, rules), price, settings) > funds) count = lots(count - 1);
  return count;
}

/** Lots whose exit at a price brings at least so much of the asset given after the fee, up to the lot. */
export function lotsToReceive(net: bigint, price: Ticks, settings: Fee, rules: Steps, way: Way = long): Lots {
  const left = unit - (way.exit === 'buy' && settings.feeAsset === 'quote' ? 0n : settings.fee);
  const perLot = way.gives === 'quote' ? BigInt(price) * rules.tick * rules.lot : rules.lot * unit;
  return lots(Number(divide(net * unit * unit, perLot * left, 'up')));
}

/** How far a target lies from the price of the last entry, a share of that, to the hundredth of a percent; below zero beneath it. */
export function changeNeeded(target: Amount, from: Amount): bigint {
  const away = target < from ? from - target : target - from;
  const share = ((away * 20_000n + from) / (2n * from)) * 10n ** 14n;
  return target < from ? -share : share;
}

/** A whole in parts, each rounded down; the last takes the rest. Shares are counts of 10^-18 of one. */
export function splitByShares(whole: bigint, shares: readonly bigint[]): readonly bigint[] {
  const parts = shares.slice(0, -1).map((share) => (whole * share) / unit);
  return shares.length === 0 ? [] : [...parts, parts.reduce((left, part) => left - part, whole)];
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

/** A share of the price on to the side of loss: what an exit at the market may yield, rounded to profit. */
export const yielded = ({ sign }: Way, price: Ticks, share: bigint): Ticks =>
  sign === 1 ? lowered(price, share) : raised(price, share);

/** The worst price of an entry at the market: a share of the price on to the side of profit, as far as the exchange knows prices. */
export const entryCap = ({ sign }: Way, price: Ticks, share: bigint, { minPrice, maxPrice }: PairRules): Ticks =>
  sign === 1 ? (Math.min(raised(price, share), maxPrice) as Ticks) : (Math.max(lowered(price, share), minPrice) as Ticks);

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
