/** How the profits of deals are spread. */
import type { Amount } from '@holdfast/domain';
import { toNumber } from './returns.ts';

export interface Bin {
  /** Quote, lower end included, upper end not (but in the last bin). */
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** 1, 2, 2.5 or 5 times a power of ten, at least `least`. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 2.5, 5].find((step) => step * power >= least * (1 - 1e-12)) ?? 10);
}

/** Counts in at most `most` bins of a round width, zero on an edge so that no bin holds wins and losses. Empty without values. */
export function histogram(values: readonly number[], most = 24): readonly Bin[] {
  if (values.length === 0) return [];
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  // Two bins of room: both ends are widened to a whole step.
  const width = high > low ? niceStep((high - low) / Math.max(1, most - 2)) : niceStep(Math.abs(high) || 1);
  const [first, last] = [Math.floor(low / width), Math.max(Math.floor(low / width) + 1, Math.ceil(high / width))];
  const counts = new Array<number>(last - first).fill(0);
  for (const value of values) {
    const at = Math.min(counts.length - 1, Math.max(0, Math.floor(value / width) - first));
    counts[at] = counts[at]! + 1;
  }
  return counts.map((count, at) => ({ from: (first + at) * width, to: (first + at + 1) * width, count }));
}

export interface Distribution {
  /** Share of values at or below, to that value: nearest rank, so each is a value that was there. */
  readonly quantiles: readonly { readonly at: number; readonly value: Amount }[];
  readonly bins: readonly Bin[];
}

const shares = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1];

/** Value at place ⌈share × n⌉ of the sorted ones, the first for 0. */
export const nearestRank = <Value>(sorted: ArrayLike<Value>, share: number): Value =>
  sorted[Math.max(0, Math.ceil(share * sorted.length - 1e-9) - 1)]!;

export function distributionOf(profits: readonly Amount[]): Distribution {
  const sorted = [...profits].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return {
    quantiles: sorted.length === 0 ? [] : shares.map((at) => ({ at, value: nearestRank(sorted, at) })),
    bins: histogram(profits.map(toNumber)),
  };
}
