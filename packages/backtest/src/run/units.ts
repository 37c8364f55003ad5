/** Amounts as numbers, for curves and sums that people look at. */

/** Counts of 10^-18 in one of 10^-8: what exchanges count in, and the steps of kernels. */
export const cent = 10n ** 10n;

/**
 * Units of an amount. Whole 10^-8 give the nearest double; what is below them is added to that, so that who counts in whole 10^-8
 * and who counts in 10^-18 get the same bits.
 */
export function toUnits(amount: bigint): number {
  const cents = amount / cent;
  const rest = amount - cents * cent;
  const whole = Number(cents) / 1e8;
  return rest === 0n ? whole : whole + Number(rest) / 1e18;
}
