/** Seeded chance for searches and resampling: the same seed gives the same numbers on every machine. */

/** Numbers from 0 up to and not with 1. */
export type Chance = () => number;

/** 32-bit state, period 2^32: enough for choosing, not for secrets. Multipliers of the murmur3 finaliser. */
export function chance(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from 0 to `below` - 1. */
export const pick = (next: Chance, below: number): number => Math.floor(next() * below);
