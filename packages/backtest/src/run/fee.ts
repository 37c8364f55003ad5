/** Commission as the exchanges take it: a share of what it is taken from, rounded up at 8 decimals, never more than that. */
import { type Amount, divide, unit } from '@holdfast/domain';

const decimals8 = 10n ** 10n;

/** @param share of 1, in 10^-18 */
export function feeOn(amount: Amount, share: Amount): Amount {
  const fee = divide(amount * share, unit * decimals8, 'up') * decimals8;
  return (fee > amount ? amount : fee) as Amount;
}
