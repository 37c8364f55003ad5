/** How much of the money stood in the market, from fills alone. */
import { type Amount, type Asset, baseOf, type EpochMs, quoteOf, type Side } from '@holdfast/domain';
import { toNumber } from './returns.ts';

interface Traded {
  readonly pair: Parameters<typeof baseOf>[0];
  readonly side: Side;
  readonly price: Amount;
  readonly quantity: Amount;
  readonly fee: Amount;
  readonly feeAsset: Asset;
  readonly at: EpochMs;
}

export interface Exposure {
  /** Mean over time of (base held × price of its last fill) / equity at the start. 1: all of it, all the time. */
  readonly mean: number;
  readonly most: number;
}

/** Change of the base held by a fill. */
const moved = ({ pair, side, quantity, fee, feeAsset }: Traded): bigint =>
  (side === 'buy' ? quantity : -quantity) - (feeAsset === baseOf(pair) ? fee : 0n);

/** Of positions: nothing was held before the first fill, and what is short counts as what is long does. */
export function positionsOf(fills: readonly Traded[], startEquity: Amount, from: number, to: number): Exposure {
  return followed(fills, new Map(), Math.abs, startEquity, from, to);
}

/**
 * What was held before the first fill follows from what is held after the last. Base that no fill gave a price is valued at the
 * price of its first fill.
 */
export function exposureOf(
  fills: readonly Traded[],
  holdings: readonly { readonly asset: Asset; readonly amount: Amount }[],
  startEquity: Amount,
  from: number,
  to: number,
): Exposure {
  const held = new Map<Asset, bigint>();
  for (const { asset, amount } of holdings) held.set(asset, amount);
  for (const fill of fills) held.set(baseOf(fill.pair), (held.get(baseOf(fill.pair)) ?? 0n) - moved(fill));
  return followed(fills, held, (base) => Math.max(0, base), startEquity, from, to);
}

/** @param held before the first fill @param counted what counts of a quantity of base */
function followed(
  fills: readonly Traded[],
  held: Map<Asset, bigint>,
  counted: (base: number) => number,
  startEquity: Amount,
  from: number,
  to: number,
): Exposure {
  const [equity, time] = [toNumber(startEquity), to - from];
  if (!(equity > 0) || time <= 0) return { mean: 0, most: 0 };
  const price = new Map<Asset, number>();
  for (const { pair, price: paid } of fills) if (!price.has(baseOf(pair))) price.set(baseOf(pair), toNumber(paid));
  const values = new Map<Asset, number>();
  const worthOf = (base: Asset): number => counted(toNumber((held.get(base) ?? 0n) as Amount)) * (price.get(base) ?? 0);
  for (const base of price.keys()) values.set(base, worthOf(base));
  const sum = (): number => [...values.values()].reduce((total, value) => total + value, 0);
  let [total, last, weighted] = [sum(), from, 0];
  let most = total;
  for (const fill of fills) {
    const base = baseOf(fill.pair);
    weighted += total * (fill.at - last);
    last = fill.at;
    held.set(base, (held.get(base) ?? 0n) + moved(fill));
    price.set(base, toNumber(fill.price));
    values.set(base, worthOf(base));
    total = sum();
    most = Math.max(most, total);
  }
  weighted += total * (to - last);
  return { mean: weighted / time / equity, most: most / equity };
}

/** Sum of price × quantity of all fills, quote, cut at 10^-18 a fill. */
export function turnoverOf(fills: readonly Pick<Traded, 'price' | 'quantity'>[]): Amount {
  let sum = 0n;
  for (const { price, quantity } of fills) sum += (price * quantity) / 10n ** 18n;
  return sum as Amount;
}

/** The asset that money is counted in. */
export const quoteOfRun = (pairs: readonly Parameters<typeof quoteOf>[0][]): Asset => quoteOf(pairs[0]!);
