/**
 * What a bot's sub-book holds of each asset, and what a fill does to it.
 *   S1  Only fills change it: base and quote are conserved, fees included, to the last digit.
 */
import { type Amount, type Asset, baseOf, multiply, type OrderFill, type Pair, quoteOf, type Side, zero } from '@holdfast/domain';

export type SubBook = Readonly<Record<string, Amount>>;

export const held = (book: SubBook, asset: Asset): Amount => book[asset] ?? zero;

const plus = (book: SubBook, asset: Asset, change: bigint): SubBook => ({
  ...book,
  [asset]: (held(book, asset) + change) as Amount,
});

/** As `funded` of a kind whose book may get any of `assets`. */
export const fundedBook = <State extends { readonly book: SubBook }>(
  assets: readonly Asset[],
  state: State,
  asset: Asset,
  more: Amount,
): State | null => (assets.includes(asset) ? { ...state, book: plus(state.book, asset, more) } : null);

/** What a fill moved. `base` and `quote` carry signs; a fee in a third asset is in `third`. */
export interface Posted {
  readonly base: bigint;
  readonly quote: bigint;
  readonly third: Amount;
}

/** A buy's cost rounds up and a sale's proceeds down at 10^-18, as the ledger has it. */
export function postFill(
  book: SubBook,
  pair: Pair,
  side: Side,
  fill: OrderFill,
): { readonly book: SubBook; readonly posted: Posted } {
  const [base, quote] = [baseOf(pair), quoteOf(pair)];
  const value = multiply(fill.quantity, fill.price, side === 'buy' ? 'up' : 'down');
  const feeBase = fill.feeAsset === base ? fill.fee : zero;
  const feeQuote = fill.feeAsset === quote ? fill.fee : zero;
  const posted: Posted = {
    base: (side === 'buy' ? fill.quantity : -fill.quantity) - feeBase,
    quote: (side === 'buy' ? -value : value) - feeQuote,
    third: fill.feeAsset === base || fill.feeAsset === quote ? zero : fill.fee,
  };
  return { book: plus(plus(book, base, posted.base), quote, posted.quote), posted };
}

/** The fee of a fill counted in quote, rounded up: in base at its price; in a third asset as `rate` (10^-18 of one) of its value. */
export function feeInQuote(pair: Pair, { fee, feeAsset, price, quantity }: OrderFill, rate: bigint): Amount {
  if (feeAsset === quoteOf(pair)) return fee;
  if (feeAsset === baseOf(pair)) return multiply(fee, price, 'up');
  return fee === 0n ? zero : multiply(multiply(quantity, price, 'up'), rate, 'up');
}

/** Fees with one more; unknown as long as a state of an earlier version has not counted those before. */
export const withFee = (fees: Amount | undefined, fee: Amount): { readonly fees?: Amount } =>
  fees === undefined ? {} : { fees: (fees + fee) as Amount };

interface Reserving {
  readonly id?: string;
  /** Of a leg of an OCO, the other one: both lock the same. */
  readonly twin?: string | undefined;
  readonly pair: Pair;
  readonly side: Side;
  readonly quantity: Amount;
  readonly filled: Amount;
  readonly limit: Amount;
}

/** What open orders may still take of an asset; `feeShare` (10^-18 of one) of a buy is added where fees are paid in quote. */
export function reserved(orders: readonly Reserving[], asset: Asset, feeShare: bigint): Amount {
  let sum = 0n;
  for (const order of orders) {
    const { pair, side, quantity, filled } = order;
    const twin = order.twin === undefined ? undefined : orders.find(({ id }) => id === order.twin);
    if (twin !== undefined && (order.twin as string) < (order.id as string)) continue;
    const limit = twin !== undefined && twin.limit > order.limit ? twin.limit : order.limit;
    const left = quantity - (twin !== undefined && twin.filled > filled ? twin.filled : filled);
    if (side === 'sell' && baseOf(pair) === asset) sum += left;
    if (side === 'buy' && quoteOf(pair) === asset) {
      const value = multiply(left, limit, 'up');
      sum += value + multiply(value, feeShare, 'up');
    }
  }
  return sum as Amount;
}

/** Held and not on offer; never below zero. */
export function free(book: SubBook, orders: readonly Reserving[], asset: Asset, feeShare = 0n): Amount {
  const left = held(book, asset) - reserved(orders, asset, feeShare);
  return (left > 0n ? left : 0n) as Amount;
}
