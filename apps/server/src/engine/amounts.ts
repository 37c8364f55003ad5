/** Sums and shares of decimal strings as the engine stores them, exact. */
import { type Amount, amount, formatAmount, multiply, ratio } from '@holdfast/domain';

export const sum = (texts: readonly string[]): string => formatAmount(texts.reduce((total, text) => total + amount(text), 0n));

/** `part` as percent of `whole`, rounded toward zero at 4 places; null when `whole` is 0. */
export function percent(part: Amount, whole: Amount): string | null {
  if (whole <= 0n) return null;
  const basis = 10n ** 14n; // 4 places
  const magnitude = ratio((part < 0n ? -part : part) * 100n, whole, 'down');
  const cut = (magnitude / basis) * basis;
  return formatAmount(part < 0n ? -cut : cut);
}

/** Value of `quantity` at `price`, rounded down. */
export const valueAt = (quantity: Amount, price: Amount): Amount => multiply(quantity, price, 'down');
