/**
 * Recorded trades of one pair in columns, oldest first. Prices are whole numbers of 10^-priceDigits quote per base, quantities of
 * 10^-quantityDigits base, fine enough for every number that was read. Columns lie in shared memory.
 *
 *   R1  Times never fall; ids rise. An id that is missing between two says that trades are.
 */
import type { Prices, Volumes } from './series.ts';

export interface Trades {
  readonly exchange: string;
  /** BASE/QUOTE */
  readonly pair: string;
  readonly priceDigits: number;
  readonly quantityDigits: number;
  readonly rows: number;
  /** Time of the first, unix ms. */
  readonly start: number;
  /** Ms after `start`. */
  readonly times: Uint32Array | Float64Array;
  readonly price: Prices;
  readonly quantity: Volumes;
  /** The exchange's number of the first. */
  readonly firstId: number;
  /** Numbers after `firstId`; null where the source names none. */
  readonly ids: Uint32Array | Float64Array | null;
}

/** Trades that are missing between two that are there. */
export interface Hole {
  /** Number of the trade behind it, and its time, unix ms. */
  readonly row: number;
  readonly time: number;
  /** Id of the trade before it. */
  readonly after: number;
  readonly missing: number;
}

/** What the numbers of the exchange say of trades that are not there. */
export function holesOf({ ids, firstId, times, start, rows }: Trades): readonly Hole[] {
  if (ids === null) return [];
  const holes: Hole[] = [];
  for (let row = 1; row < rows; row++) {
    const missing = ids[row]! - ids[row - 1]! - 1;
    if (missing > 0) holes.push({ row, time: start + times[row]!, after: firstId + ids[row - 1]!, missing });
  }
  return holes;
}

/** First place in [from, end) of rising values that is not below `value`; `end` when there is none. */
export function firstAtLeast(values: ArrayLike<number>, value: number, from: number, end: number): number {
  let [low, high] = [from, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
