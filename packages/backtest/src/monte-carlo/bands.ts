/** Spread of outcomes: what share of them lay at or below which value. */
import { nearestRank } from '../metrics/distribution.ts';

/** A generator of numbers from 0 up to but not including 1; the caller seeds it. */
export type Random = () => number;

export interface Band {
  readonly p5: number;
  readonly p25: number;
  readonly median: number;
  readonly p75: number;
  readonly p95: number;
  readonly least: number;
  readonly most: number;
}

/** Nearest rank, so each is an outcome that was there. Null without outcomes. */
export function bandOf(outcomes: ArrayLike<number>): Band | null {
  if (outcomes.length === 0) return null;
  const sorted = Float64Array.from(outcomes).sort();
  return {
    p5: nearestRank(sorted, 0.05),
    p25: nearestRank(sorted, 0.25),
    median: nearestRank(sorted, 0.5),
    p75: nearestRank(sorted, 0.75),
    p95: nearestRank(sorted, 0.95),
    least: sorted[0]!,
    most: sorted.at(-1)!,
  };
}

/**
 * xoshiro128** seeded from one number, 32 bits a step. Source: D. Blackman, S. Vigna, "Scrambled Linear Pseudorandom Number
 * Generators", 2021; seeding by SplitMix32 steps.
 */
export function seededRandom(seed: number): Random {
  let mix = seed | 0;
  const next = (): number => {
    mix = (mix + 0x9e3779b9) | 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
  // Signed words: one above 2^31 would be an object of its own at each step.
  let [a, b, c, d] = [next(), next(), next(), next()];
  const turn = (x: number, by: number): number => (x << by) | (x >>> (32 - by));
  return () => {
    const result = Math.imul(turn(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = turn(d, 11);
    return result / 0x1_0000_0000;
  };
}
