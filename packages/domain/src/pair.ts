/**
 * A traded pair and the steps its exchange trades in. Inside bots and matching a price is a count of ticks and
 * a quantity a count of lots (branded safe integers); at borders and in the ledger it is an `Amount`.
 */
import type { Branded } from './brand.ts';
import { ValueError } from './errors.ts';
import { type Amount, amount, divide, formatAmount, type Rounding, unit } from './money.ts';

export type Asset = Branded<string, 'Asset'>;
/** Our spelling, `BASE/QUOTE`. An exchange's own spelling never leaves its connector. */
export type Pair = Branded<string, 'Pair'>;
/** A price in whole ticks of its pair: a safe integer, positive. */
export type Ticks = Branded<number, 'Ticks'>;
/** A quantity in whole lots of its pair: a safe integer, not negative. */
export type Lots = Branded<number, 'Lots'>;

const assetName = /^[A-Z0-9]{1,20}$/;

/** @throws ValueError `asset-malformed` */
export function asset(text: string): Asset {
  if (!assetName.test(text)) throw new ValueError('asset-malformed', text);
  return text as Asset;
}

/** @throws ValueError `pair-malformed` */
export function pair(text: string): Pair {
  const [base, quote, ...rest] = text.split('/');
  if (!assetName.test(base ?? '') || !assetName.test(quote ?? '') || rest.length > 0)
    throw new ValueError('pair-malformed', text);
  return text as Pair;
}

export const baseOf = (of: Pair): Asset => of.slice(0, of.indexOf('/')) as Asset;
export const quoteOf = (of: Pair): Asset => of.slice(of.indexOf('/') + 1) as Asset;

/** What the exchange demands of orders on a pair. */
export interface PairRules {
  readonly pair: Pair;
  /** Smallest price step, in quote per base. */
  readonly tick: Amount;
  /** Smallest quantity step, in base. */
  readonly lot: Amount;
  readonly minPrice: Ticks;
  readonly maxPrice: Ticks;
  readonly minQuantity: Lots;
  readonly maxQuantity: Lots;
  /** Smallest price × quantity of an order, in quote. */
  readonly minNotional: Amount;
  /** Most orders that may rest on the pair at once. */
  readonly maxOrders: number;
  /** Most of them that may be stop-limit orders, legs of OCOs included. */
  readonly maxAlgoOrders: number;
  /** Most OCOs that may rest on the pair at once; 0 where the exchange has none. */
  readonly maxOrderLists: number;
}

/** @throws ValueError `ticks-out-of-range` unless a positive safe integer */
export function ticks(count: number): Ticks {
  if (!Number.isSafeInteger(count) || count <= 0) throw new ValueError('ticks-out-of-range', String(count));
  return count as Ticks;
}

/** @throws ValueError `lots-out-of-range` unless a safe integer, not negative */
export function lots(count: number): Lots {
  if (!Number.isSafeInteger(count) || count < 0) throw new ValueError('lots-out-of-range', String(count));
  return count as Lots;
}

/** A price in quote as ticks, rounded as named. @throws ValueError `ticks-out-of-range` */
export const toTicks = (price: Amount, rules: Pick<PairRules, 'tick'>, rounding: Rounding): Ticks =>
  ticks(Number(divide(price, rules.tick, rounding)));

/** A base amount as lots, rounded as named. @throws ValueError `lots-out-of-range` */
export const toLots = (quantity: Amount, rules: Pick<PairRules, 'lot'>, rounding: Rounding): Lots =>
  lots(Number(divide(quantity, rules.lot, rounding)));

/** Reads a price that must lie on a tick. @throws ValueError `price-off-tick`, `amount-malformed`, `ticks-out-of-range` */
export function readTicks(text: string, rules: Pick<PairRules, 'tick'>): Ticks {
  const value = amount(text);
  if (value % rules.tick !== 0n) throw new ValueError('price-off-tick', text);
  return ticks(Number(value / rules.tick));
}

/** Reads a quantity that must lie on a lot. @throws ValueError `quantity-off-lot`, `amount-malformed`, `lots-out-of-range` */
export function readLots(text: string, rules: Pick<PairRules, 'lot'>): Lots {
  const value = amount(text);
  if (value % rules.lot !== 0n) throw new ValueError('quantity-off-lot', text);
  return lots(Number(value / rules.lot));
}

/** Price of a tick count, in quote. */
export const priceAmount = (price: Ticks, rules: Pick<PairRules, 'tick'>): Amount => (BigInt(price) * rules.tick) as Amount;
/** Quantity of a lot count, in base. */
export const quantityAmount = (quantity: Lots, rules: Pick<PairRules, 'lot'>): Amount => (BigInt(quantity) * rules.lot) as Amount;

/** price × quantity in quote, exact whenever tick × lot is a multiple of 10^-18; the one place where such products are made. */
export const notional = (price: Ticks, quantity: Lots, rules: Pick<PairRules, 'tick' | 'lot'>, rounding: Rounding): Amount =>
  divide(BigInt(price) * BigInt(quantity) * rules.tick * rules.lot, unit, rounding) as Amount;

export const formatTicks = (price: Ticks, rules: Pick<PairRules, 'tick'>): string => formatAmount(priceAmount(price, rules));
export const formatLots = (quantity: Lots, rules: Pick<PairRules, 'lot'>): string =>
  formatAmount(quantityAmount(quantity, rules));
