/** Candles for tests: from rows of text, and seeded walks. Tests only. */
import type { PairRules } from '@holdfast/domain';
import type { Segment, Series } from '../../data/series.ts';

export const tableStart = Date.UTC(2025, 0, 1);

/** Open, high, low, close in ticks, volume in lots; null: this candle is missing. */
export type Row = readonly [open: number, high: number, low: number, close: number, volume: number] | null;

const digitsOf = (step: bigint): number => {
  let digits = 18;
  while (digits > 0 && step % 10n ** BigInt(19 - digits) === 0n) digits--;
  return digits;
};

/** A series whose steps are those of the rules. */
export function seriesOf(rules: PairRules, rows: readonly Row[], intervalMs = 60_000): Series {
  const there = rows.flatMap((row, at) => (row === null ? [] : [{ row, at }]));
  const column = (index: number): Float64Array => {
    const made = new Float64Array(new SharedArrayBuffer(there.length * 8));
    for (const [at, { row }] of there.entries()) made[at] = row[index]!;
    return made;
  };
  const segments: Segment[] = [];
  for (const [row, { at }] of there.entries())
    if (row === 0 || there[row - 1]!.at !== at - 1) segments.push({ row, time: tableStart + at * intervalMs });
  return {
    exchange: 'test',
    pair: rules.pair,
    intervalMs,
    priceDigits: digitsOf(rules.tick),
    volumeDigits: digitsOf(rules.lot),
    rows: there.length,
    segments,
    open: column(0),
    high: column(1),
    low: column(2),
    close: column(3),
    volume: column(4),
  };
}

/** Numbers in [0, 1) from a seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Walk {
  readonly rows: number;
  readonly seed: number;
  /** First price in ticks; 100,000 when left out. */
  readonly price?: number;
  /** Largest move of a candle in ticks; 300 when left out. */
  readonly move?: number;
  /** Share of candles that are missing, and of those without volume. */
  readonly gaps?: number;
  readonly quiet?: number;
  /** Largest volume in lots. */
  readonly volume?: number;
}

/** A seeded walk that comes back to its first price, with wicks on both sides. */
export function walkRows({ rows, seed, price = 100_000, move = 300, gaps = 0, quiet = 0, volume = 50_000 }: Walk): Row[] {
  const next = random(seed);
  let last = price;
  return Array.from({ length: rows }, () => {
    const open = last;
    const pull = (price - open) / 50;
    const close = Math.max(1, Math.round(open + (next() - 0.5) * 2 * move + pull));
    const high = Math.max(open, close) + Math.floor(next() * next() * move);
    const low = Math.max(1, Math.min(open, close) - Math.floor(next() * next() * move));
    last = close;
    const lots = next() < quiet ? 0 : Math.floor(next() * volume);
    return next() < gaps ? null : [open, high, low, close, lots];
  });
}

export const walkSeries = (rules: PairRules, walk: Walk): Series => seriesOf(rules, walkRows(walk));
