/** Ratio of neighbouring lines of a geometric grid, exact: an integer root, counted in 10^-24. */

export const ratioUnit = 10n ** 24n;

/** The largest whole number whose n-th power is at most `value`. `near` is a guess above zero; it costs time only. */
export function rootDown(value: bigint, n: bigint, near: bigint): bigint {
  let root = near < 1n ? 1n : near;
  for (;;) {
    const next = ((n - 1n) * root + value / root ** (n - 1n)) / n;
    const step = next - root;
    root = next;
    if (step >= -1n && step <= 1n) break;
  }
  while (root ** n > value) root -= 1n;
  while ((root + 1n) ** n <= value) root += 1n;
  return root;
}

/** (upper / lower)^(1/(lines - 1)), rounded down at 10^-24. */
export function ratioOfLines(lower: bigint, upper: bigint, lines: number): bigint {
  const n = BigInt(lines - 1);
  // A guess by floating point; what comes out is exact all the same.
  const guess = BigInt(Math.round((Number(upper) / Number(lower)) ** (1 / Number(n)) * 1e15)) * 10n ** 9n;
  return rootDown((upper * ratioUnit ** n) / lower, n, guess);
}
