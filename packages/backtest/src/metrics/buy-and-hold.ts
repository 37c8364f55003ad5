/** What doing nothing would have given: everything into the first pair at the first price, held to the end. */
import type { Amount } from '@holdfast/domain';
import { rowAt, type Series } from '../data/series.ts';
import { toNumber } from './returns.ts';

/** (last / first) × (1 - taker fee) - 1; the coins are not sold at the end, as the open deal of a bot is not. */
export const buyAndHold = (first: Amount, last: Amount, takerFee: Amount): number =>
  first <= 0n ? 0 : (toNumber(last) / toNumber(first)) * (1 - toNumber(takerFee)) - 1;

/** Largest fall of the close from its highest so far, as a share; exact over all candles that open in [from, to). */
export function fallOfPrice(series: Series, from: number, to: number): number {
  const { close } = series;
  const end = rowAt(series, to);
  let [peak, most] = [0, 0];
  for (let row = rowAt(series, from); row < end; row += 1) {
    const price = close[row]!;
    if (price > peak) peak = price;
    else if (peak - price > most * peak) most = (peak - price) / peak;
  }
  return most;
}
