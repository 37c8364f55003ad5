/**
 * How many candles an indicator must have seen until it no longer matters where it began: what it says after a restart is then
 * what it would have said without one. Averages that never quite forget have their seed's weight below a millionth by then
 * (Wilder's loses 1/n of it with each candle, an EMA 2/(n+1)); what follows a trend has turned by then in any usual market.
 */
import type { IndicatorName } from './registry.ts';
import { kindOf } from './registry.ts';

const wilder = (period: number): number => 14 * period;
const ema = (period: number): number => 7 * (period + 1);

/** Candles beyond the `lookback`, for indicators that remember more than it; of the others the lookback is all. */
const memories: { readonly [Name in IndicatorName]?: (values: readonly number[]) => number } = {
  rsi: ([period]) => wilder(period!),
  atr: ([period]) => wilder(period!),
  // Smoothed twice.
  adx: ([period]) => 2 * wilder(period!),
  ema: ([period]) => ema(period!),
  'ema-cross': ([fast, slow]) => ema(Math.max(fast!, slow!)),
  macd: ([fast, slow, signal]) => ema(Math.max(fast!, slow!)) + ema(signal!),
  supertrend: ([period]) => 2 * wilder(period!),
  'parabolic-sar': () => 200,
  'heikin-ashi': () => 50,
  // A base counts until a newer one comes.
  qfl: () => 1000,
  'technical-rating': () => ema(200),
};

/** Candles from the first one on; `values` are the indicator's parameters. */
export const settledAfter = (name: IndicatorName, values: readonly number[]): number =>
  kindOf(name).make(values).lookback + (memories[name]?.(values) ?? 0);
