/** Chance from a seed, and a market made of it. */
import type { World } from './world.ts';

export function chance(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    // xorshift32 (Marsaglia 2003): plenty for choosing where to fail.
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/** Prices in ticks around 100.00, in steps of up to 0.6 %: a deal every dozen ticks. */
export function* walk(seed: number, length: number): Iterable<number> {
  const random = chance(seed);
  let price = 10_000;
  for (let step = 0; step < length; step++) {
    price = Math.max(5_000, Math.round(price * (1 + (random() - 0.5) * 0.012) + (10_000 - price) * 0.02));
    yield price;
  }
}

/** Crashes and lost answers by chance: at one chance in fifty one comes, forty in all, while the market walks. */
export interface Storm {
  readonly isDue: () => boolean;
  /** The walk of the seed, then quiet prices around `calm` until nothing is on its way. */
  play(world: Pick<World, 'play' | 'settle'>, steps: number, calm: number): Promise<void>;
}

export function storm(seed: number): Storm {
  const random = chance(seed);
  let left = 0;
  return {
    isDue: () => {
      if (left <= 0 || random() > 0.02) return false;
      left--;
      return true;
    },
    play: async (world, steps, calm) => {
      left = 40;
      for (const price of walk(seed, steps)) await world.play(price);
      left = 0;
      for (let n = 0; n < 6; n++) await world.play(calm + n);
      await world.settle();
    },
  };
}
