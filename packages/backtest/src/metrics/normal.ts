/** The standard normal distribution, good to about 1e-15 absolute. */

const rootTwoPi = Math.sqrt(2 * Math.PI);

/**
 * Φ(x) = 1/2 + φ(x) (x + x³/3 + x⁵/(3·5) + …). The series is all of one sign, so nothing cancels.
 * Source: G. Marsaglia, "Evaluating the Normal Distribution", Journal of Statistical Software 11(4), 2004.
 */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (x > 8.3) return 1;
  if (x < -8.3) return 0;
  const square = x * x;
  let [term, sum] = [x, x];
  for (let odd = 3; sum + term !== sum; odd += 2) {
    term *= square / odd;
    sum += term;
  }
  return 0.5 + (sum * Math.exp(-square / 2)) / rootTwoPi;
}

/** x with Φ(x) = p, by halving: slow and safe. Infinite at 0 and 1, NaN outside. */
export function normalInverse(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 1) return Number.POSITIVE_INFINITY;
  let [low, high] = [-8.3, 8.3];
  while (true) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
}
