/** Chance from a seed: the same seed plays the same drill. */
export interface Chance {
  /** From 0 to below 1. */
  next(): number;
  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number;
  /** One of `these`, of which there must be one. */
  pick<T>(these: readonly T[]): T;
}

/** xorshift32 (Marsaglia 2003): enough to choose orders with. */
export function chanceOf(seed: number): Chance {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
  const whole = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return { next, whole, pick: (these) => these[whole(0, these.length - 1)] as (typeof these)[number] };
}
