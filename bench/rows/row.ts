/** What a benchmark answers, one a line. */
export interface Row {
  readonly name: string;
  readonly median: number;
  readonly p99: number | null;
  readonly unit: string;
  /** What the figure should be, in words; null where there is no aim. */
  readonly aim: string | null;
  readonly reached: boolean | null;
}

/** Of rising values, the one below which this share of them lies. */
export const quantile = (rising: readonly number[], share: number): number =>
  rising[Math.min(rising.length - 1, Math.floor(rising.length * share))] ?? Number.NaN;
