/** Value of what is held over time, and its largest fall. Exact: fractions are compared by cross-multiplication. */
import { type Amount, type Asset, divide, type EpochMs, multiply, unit, zero } from '@holdfast/domain';

export interface EquitySample {
  readonly at: EpochMs;
  /** In quote. */
  readonly value: Amount;
}

/** All holdings at the given prices in quote, each rounded down; null while a price is missing. */
export function equity(
  holdings: Iterable<{ readonly asset: Asset; readonly amount: Amount }>,
  quote: Asset,
  priceOf: (asset: Asset) => Amount | null,
): Amount | null {
  let sum = 0n;
  for (const { asset, amount } of holdings) {
    if (amount === 0n) continue;
    const price = asset === quote ? (unit as Amount) : priceOf(asset);
    if (price === null) return null;
    sum += multiply(amount, price, 'down');
  }
  return sum as Amount;
}

export interface Drawdown {
  /** Largest fall from a peak as a fraction of that peak, rounded up at 10^-18; 0 if the curve never falls. */
  readonly fraction: Amount;
  readonly fall: Amount;
  readonly peak: EquitySample | null;
  readonly trough: EquitySample | null;
}

/** What a curve has shown so far; a sample is added in constant time. */
export interface DrawdownSoFar {
  readonly peak: EquitySample | null;
  readonly worst: Drawdown;
}

export const noDrawdown: DrawdownSoFar = { peak: null, worst: { fraction: zero, fall: zero, peak: null, trough: null } };

export function withSample(so: DrawdownSoFar, sample: EquitySample): DrawdownSoFar {
  if (so.peak === null || sample.value >= so.peak.value) return { peak: sample, worst: so.worst };
  const fall = (so.peak.value - sample.value) as Amount;
  const { worst, peak } = so;
  const isWorse = peak.value > 0n && fall * (worst.peak?.value ?? 1n) > worst.fall * peak.value;
  if (!isWorse) return so;
  return { peak, worst: { fraction: divide(fall * unit, peak.value, 'up') as Amount, fall, peak, trough: sample } };
}

/** Samples oldest first. */
export function maxDrawdown(samples: Iterable<EquitySample>): Drawdown {
  let so = noDrawdown;
  for (const sample of samples) so = withSample(so, sample);
  return so.worst;
}
