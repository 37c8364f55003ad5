/**
 * Commissions: taken from what is received, rate of maker or taker plus rate of buyer or seller, over the standard,
 * special and tax parts, and rounded up at 8 decimals (commission_faq.md of binance-spot-api-docs).
 */
import { type Amount, amount, divide, unit, zero } from '@holdfast/domain';
import type { Commission, CommissionRates, OrderSide } from './port.ts';

const decimals8 = 10n ** 10n;

const none: CommissionRates = { maker: zero, taker: zero, buyer: zero, seller: zero };

/** 0.1 % for maker and taker. */
export const usualCommission: Commission = {
  standard: { ...none, maker: amount('0.001'), taker: amount('0.001') },
  special: none,
  tax: none,
};

/** The commission on `received` of one fill; never more than that. */
export function commissionOn(received: Amount, commission: Commission, side: OrderSide, isMaker: boolean): Amount {
  let rate = 0n;
  for (const part of [commission.standard, commission.special, commission.tax])
    rate += (isMaker ? part.maker : part.taker) + (side === 'BUY' ? part.buyer : part.seller);
  const fee = divide(received * rate, unit * decimals8, 'up') * decimals8;
  return (fee > received ? received : fee) as Amount;
}
