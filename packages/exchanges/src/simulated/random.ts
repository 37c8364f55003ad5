/** Seeded numbers: the same seed gives the same market, always and everywhere. Integers only, no platform's libm. */

/** Mixes two 32-bit integers into one in [0, 2^32). A variant of the finalizer of MurmurHash3. */
export function mix(a: number, b: number): number {
  let h = (a ^ Math.imul(b, 0x9e3779b1)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b) >>> 0;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) >>> 0;
  return (h ^ (h >>> 16)) >>> 0;
}

/** Hash of a text, in [0, 2^32). */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return mix(h, text.length);
}

/** Standard deviations in 1/1000, near normal: the sum of twelve uniform numbers, minus its mean. */
export function normalMilli(seed: number, counter: number): number {
  let sum = 0;
  for (let i = 0; i < 6; i++) {
    const bits = mix(mix(seed, counter), i + 1);
    sum += (bits & 0xffff) + (bits >>> 16);
  }
  return Math.trunc(((sum - 6 * 0xffff) * 1000) / 0xffff);
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** An id of 22 letters and digits, as the exchange makes when none is sent. */
export function madeUpId(seed: number, counter: number): string {
  let text = '';
  for (let i = 0; i < 22; i++) text += alphabet[mix(mix(seed, counter), i + 1) % alphabet.length];
  return text;
}
