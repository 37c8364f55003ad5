/**
 * The two directions of a deal. A deal gives one asset, takes the other, and gives that back at a better price: a long deal gives
 * quote and takes coins; a short deal on spot gives coins that the bot owns, takes quote, and buys coins back cheaper. What differs
 * between them is named here; the machine is one.
 *   W1  What a deal holds (`Holding`) is a quantity of the asset that it takes, at a cost in the asset that it gives.
 *   W2  Prices are rounded in favour of the deal: entries to the side of loss, away from the market, exits to that of profit.
 */
import {
  type Amount,
  type Asset,
  baseOf,
  type Pair,
  type PairRules,
  type Quote,
  quoteOf,
  type Rounding,
  type Side,
  type Ticks,
  ticks,
} from '@holdfast/domain';
import type { Holding } from '../dca/state.ts';

export type Direction = 'long' | 'short';

type AtPrice = 'at-or-above' | 'at-or-below';

export interface Way {
  readonly entry: Side;
  readonly exit: Side;
  /** What a deal gives and counts its profit in, and what it takes. */
  readonly gives: 'quote' | 'base';
  readonly takes: 'quote' | 'base';
  /** Where profit lies: 1 above, -1 below. */
  readonly sign: 1 | -1;
  /** The best price that an entry at the market meets, and the one that an exit meets; an entry that rests lies at the latter. */
  readonly entersAt: 'ask' | 'bid';
  readonly exitsAt: 'bid' | 'ask';
  /** A wake for a price at or further on the side of profit, and of loss. */
  readonly toProfit: AtPrice;
  readonly toLoss: AtPrice;
}

export const long: Way = {
  entry: 'buy',
  exit: 'sell',
  gives: 'quote',
  takes: 'base',
  sign: 1,
  entersAt: 'ask',
  exitsAt: 'bid',
  toProfit: 'at-or-above',
  toLoss: 'at-or-below',
};

export const short: Way = {
  entry: 'sell',
  exit: 'buy',
  gives: 'base',
  takes: 'quote',
  sign: -1,
  entersAt: 'bid',
  exitsAt: 'ask',
  toProfit: 'at-or-below',
  toLoss: 'at-or-above',
};

export const wayOf = ({ direction }: { readonly direction?: Direction | undefined }): Way =>
  direction === 'short' ? short : long;

export const givenAsset = ({ gives }: Way, pair: Pair): Asset => (gives === 'quote' ? quoteOf(pair) : baseOf(pair));

/** The two sides of a holding by asset. */
export const inBase = ({ takes }: Way, { quantity, cost }: Holding): Amount => (takes === 'base' ? quantity : cost);
export const inQuote = ({ takes }: Way, { quantity, cost }: Holding): Amount => (takes === 'quote' ? quantity : cost);

/** Prices that an entry and an exit at the market meet. */
export const entryQuote = ({ entersAt }: Way, quote: Quote): Ticks => quote[entersAt];
export const exitQuote = ({ exitsAt }: Way, quote: Quote): Ticks => quote[exitsAt];

/** Whether a price (ticks, or amounts) is at `target` or further on the side of profit. */
export const reaches = <Price extends bigint | number>({ sign }: Way, price: Price, target: Price): boolean =>
  sign === 1 ? price >= target : price <= target;

/** The price that lies further on the side of profit. */
export const better = (way: Way, a: Ticks, b: Ticks): Ticks => (reaches(way, a, b) ? a : b);

/** So many ticks on to the side of profit, or back where negative; may be no price any more. */
export const along = ({ sign }: Way, price: number, count: number): number => price + sign * count;

/** The same as a price: at least one tick. */
export const stepped = (way: Way, price: number, count: number): Ticks => ticks(Math.max(along(way, price, count), 1));

/** How a price is rounded to one of the sides. */
export const roundingTo = ({ sign }: Way, side: 'profit' | 'loss'): Rounding =>
  (sign === 1) === (side === 'profit') ? 'up' : 'down';

export const isPriceKnown = (price: Ticks, { minPrice, maxPrice }: PairRules): boolean => price >= minPrice && price <= maxPrice;
