/** Seeded candles for tests: the same seed is the same market. */
import type { Columns } from '../indicator.ts';

export interface WalkOptions {
  readonly seed: number;
  readonly count: number;
  readonly start?: number;
  /** Size of one step as a part of the price. */
  readonly step?: number;
  /** Share of candles in which nothing moves. */
  readonly still?: number;
}

export function walk({ seed, count, start = 100, step = 0.01, still = 0 }: WalkOptions): Columns {
  let state = seed >>> 0;
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const [open, high, low, close, volume] = Array.from({ length: 5 }, () => new Float64Array(count)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  let price = start;
  for (let at = 0; at < count; at += 1) {
    const isStill = random() < still;
    open[at] = price;
    if (!isStill) price *= 1 + step * (random() - 0.5);
    close[at] = price;
    high[at] = Math.max(open[at]!, price) * (isStill ? 1 : 1 + (step / 2) * random());
    low[at] = Math.min(open[at]!, price) * (isStill ? 1 : 1 - (step / 2) * random());
    volume[at] = isStill ? 0 : 1 + 1000 * random();
  }
  return { open, high, low, close, volume };
}
