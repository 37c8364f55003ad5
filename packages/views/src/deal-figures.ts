/**
 * What a deal did, from its fills alone. Quote paid rounds up, quote received rounds down.
 */
import { type Amount, type Asset, baseOf, multiply, quoteOf, ratio, zero } from '@holdfast/domain';
import type { FillRecord } from './fill-record.ts';

export interface DealFigures {
  /** Base bought and sold, before fees. */
  readonly bought: Amount;
  readonly sold: Amount;
  /** Base received and given, after fees in base. */
  readonly received: Amount;
  readonly given: Amount;
  /** Quote spent and earned, fees in quote included. */
  readonly spent: Amount;
  readonly earned: Amount;
  /** `spent` / `received`, rounded up; null before the first buy. */
  readonly averagePrice: Amount | null;
  /** All fees counted in quote: a fee in base at the price of its fill, in a third asset at `thirdPrice`. */
  readonly feesQuote: Amount;
  /** Whether `feesQuote` lacks fees of a third asset without a price. */
  readonly feesIncomplete: boolean;
}

/** `thirdPrice` gives the price of another asset in quote at the time of a fill, or null where none is known. */
export function dealFigures(
  fills: Iterable<FillRecord>,
  thirdPrice: (asset: Asset, fill: FillRecord) => Amount | null = () => null,
): DealFigures {
  let [bought, sold, received, given, spent, earned, fees] = [0n, 0n, 0n, 0n, 0n, 0n, 0n];
  let feesIncomplete = false;
  for (const fill of fills) {
    const { quote, base, worth } = feeOf(fill, thirdPrice);
    const value = multiply(fill.price, fill.quantity, fill.side === 'buy' ? 'up' : 'down');
    if (fill.side === 'buy') {
      bought += fill.quantity;
      received += fill.quantity - base;
      spent += value + quote;
    } else {
      sold += fill.quantity;
      given += fill.quantity + base;
      earned += value - quote;
    }
    if (worth === null) feesIncomplete = true;
    else fees += worth;
  }
  return {
    bought: bought as Amount,
    sold: sold as Amount,
    received: received as Amount,
    given: given as Amount,
    spent: spent as Amount,
    earned: earned as Amount,
    averagePrice: received === 0n ? null : ratio(spent, received, 'up'),
    feesQuote: fees as Amount,
    feesIncomplete,
  };
}

/** The fee of a fill as taken from quote and base, and its worth in quote (rounded up). */
export function feeOf(
  fill: FillRecord,
  thirdPrice: (asset: Asset, fill: FillRecord) => Amount | null = () => null,
): { readonly quote: Amount; readonly base: Amount; readonly worth: Amount | null } {
  if (fill.feeAsset === quoteOf(fill.pair)) return { quote: fill.fee, base: zero, worth: fill.fee };
  if (fill.feeAsset === baseOf(fill.pair)) return { quote: zero, base: fill.fee, worth: multiply(fill.fee, fill.price, 'up') };
  const price = fill.fee === 0n ? zero : thirdPrice(fill.feeAsset, fill);
  return { quote: zero, base: zero, worth: price === null ? null : multiply(fill.fee, price, 'up') };
}
