/**
 * Roundings of quotients in floating point that are right or say that they cannot tell: a double is within a few 10^-16 of the true
 * quotient, so only one next to a whole number can round the other way. Who gets `unsure` counts with bigints.
 */

/** Not a number: the quotient lies too near to a whole one. */
export const unsure = Number.NaN;

const nearest = 1e-7;
/** Of the quotient: ten operations, each off by 2^-53, and room. */
const relative = 1e-14;

const isNear = (quotient: number): boolean =>
  Math.abs(quotient - Math.round(quotient)) <= Math.max(nearest, quotient * relative) || quotient > 1e12;

export const ceilSure = (quotient: number): number => (isNear(quotient) ? unsure : Math.ceil(quotient));
export const floorSure = (quotient: number): number => (isNear(quotient) ? unsure : Math.floor(quotient));

/** A share of 1 in 10^-18 as a fraction of small whole numbers. */
export interface Rate {
  readonly numerator: number;
  readonly denominator: number;
}

const greatestCommon = (a: bigint, b: bigint): bigint => (b === 0n ? a : greatestCommon(b, a % b));

/** Null for a rebate, and when numerator or denominator would be too large for exact products. */
export function rateOf(share: bigint): Rate | null {
  if (share < 0n) return null;
  const unit = 10n ** 18n;
  const common = greatestCommon(share, unit);
  const [numerator, denominator] = [Number(share / common), Number(unit / common)];
  return numerator <= 1_000_000 && denominator <= 1_000_000_000 ? { numerator, denominator } : null;
}

/** ceil(amount × rate) of whole numbers, exact; NaN when the product is too large for that. */
export function feeOf(amount: number, { numerator, denominator }: Rate): number {
  const product = amount * numerator;
  if (product > Number.MAX_SAFE_INTEGER) return unsure;
  // Rounding may lift a quotient to the whole number above it, never further: then nothing is left over.
  const near = Math.floor(product / denominator);
  return product - near * denominator > 0 ? near + 1 : near;
}
