/**
 * Rates of funding of one perpetual, oldest first. Columns lie in shared memory.
 *
 *   F1  Times rise, and no two payments are due in the same minute: the same payment read from two sources is one.
 */

export interface FundingRates {
  readonly exchange: string;
  /** BASE/QUOTE */
  readonly pair: string;
  readonly rows: number;
  /** Times at which it is paid, unix ms, ascending. As the source said them: `dueAt` says when they count. */
  readonly times: Float64Array;
  /** Shares of the position's value that longs pay shorts (negative: shorts pay longs), in 10^-18. */
  readonly rates: BigInt64Array;
}

const minuteMs = 60_000;

/**
 * When a payment counts, unix ms: at the beginning of the minute that its time lies in. Exchanges pay at full hours and note the
 * time at which they did: some milliseconds later in `calc_time` of Binance's archive (1704067200004), up to 4 s in
 * `funding_time` of OKX's (1690819201000).
 */
export const dueAt = (time: number): number => time - (time % minuteMs);

/** Payments that are missing between two that are there. */
export interface FundingHole {
  /** Number of the payment behind it, and its time, unix ms. */
  readonly row: number;
  readonly time: number;
  /** Time of the payment before it, unix ms. */
  readonly after: number;
  readonly missing: number;
}

/** Distances on each side that say what is usual there: exchanges change it, from 8 h to 4 h and back. */
const around = 5;

/** The upper middle of numbers; 0 of none. */
const middleOf = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

const distancesOf = ({ times, rows }: FundingRates): readonly number[] =>
  Array.from({ length: Math.max(0, rows - 1) }, (_, at) => dueAt(times[at + 1]!) - dueAt(times[at]!));

/** The usual distance of two payments, ms; null of one payment alone. */
export function usualDistance(funding: FundingRates): number | null {
  const distances = distancesOf(funding);
  return distances.length === 0 ? null : middleOf(distances);
}

/** What is usual at a distance, by those before and after it; 0 where there are none. */
function usualAt(distances: readonly number[], at: number): number {
  const before = distances.slice(Math.max(0, at - around), at);
  const after = distances.slice(at + 1, at + 1 + around);
  const beside = Math.min(before.at(-1) ?? Number.POSITIVE_INFINITY, after[0] ?? Number.POSITIVE_INFINITY);
  return Math.max(middleOf(before), middleOf(after), Number.isFinite(beside) ? beside : 0);
}

/** Where the distance of two payments has room for another. */
export function fundingHoles(funding: FundingRates): readonly FundingHole[] {
  const distances = distancesOf(funding);
  const holes: FundingHole[] = [];
  for (const [at, distance] of distances.entries()) {
    const usual = usualAt(distances, at);
    const missing = Math.round(distance / usual) - 1;
    if (usual > 0 && missing > 0) holes.push({ row: at + 1, time: funding.times[at + 1]!, after: funding.times[at]!, missing });
  }
  return holes;
}
