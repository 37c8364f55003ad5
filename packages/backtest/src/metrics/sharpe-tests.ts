/** How likely a Sharpe ratio is luck, given how short the sample is, how its returns are spread, and how many were tried. */
import { normalCdf, normalInverse } from './normal.ts';

export interface SharpeSample {
  /** Of one period, not annualised. */
  readonly sharpe: number;
  /** Periods in the sample. */
  readonly count: number;
  readonly skewness: number;
  /** 3 for a normal distribution. */
  readonly kurtosis: number;
}

/**
 * Probability that the true Sharpe ratio is above `benchmark` (of one period):
 * Φ((SR - SR*) √(n - 1) / √(1 - γ₃ SR + (γ₄ - 1) SR² / 4)).
 * Source: D. H. Bailey, M. López de Prado, "The Sharpe Ratio Efficient Frontier", Journal of Risk 15(2), 2012, eq. 11.
 */
export function probabilisticSharpe({ sharpe, count, skewness, kurtosis }: SharpeSample, benchmark = 0): number | null {
  const spread = 1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe;
  if (count < 2 || !(spread > 0)) return null;
  return normalCdf(((sharpe - benchmark) * Math.sqrt(count - 1)) / Math.sqrt(spread));
}

const eulerGamma = 0.577_215_664_901_532_9;

/**
 * The best Sharpe ratio that `trials` worthless strategies are expected to show, their ratios having the given variance:
 * √V ((1 - γ) Φ⁻¹(1 - 1/N) + γ Φ⁻¹(1 - 1/(N e))). 0 for a single trial.
 * Source: D. H. Bailey, M. López de Prado, "The Deflated Sharpe Ratio", Journal of Portfolio Management 40(5), 2014, eq. 1.
 */
export function expectedBestSharpe(trials: number, variance: number): number {
  if (trials <= 1) return 0;
  const first = normalInverse(1 - 1 / trials);
  const second = normalInverse(1 - 1 / (trials * Math.E));
  return Math.sqrt(variance) * ((1 - eulerGamma) * first + eulerGamma * second);
}

/**
 * Probability that the best of `trials` is better than luck: `probabilisticSharpe` against `expectedBestSharpe`. `variance` is that
 * of the Sharpe ratios of all trials, of one period; trials that resemble each other count as fewer than they are.
 * Source: the same paper, eq. 2.
 */
export const deflatedSharpe = (sample: SharpeSample, trials: number, variance: number): number | null =>
  probabilisticSharpe(sample, expectedBestSharpe(trials, variance));
