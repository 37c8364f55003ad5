import type { Amount } from './money.ts';
import type { EpochMs } from './order.ts';

/** One candle; prices in quote, volume in base. */
export interface Candle {
  readonly openTime: EpochMs;
  readonly open: Amount;
  readonly high: Amount;
  readonly low: Amount;
  readonly close: Amount;
  readonly volume: Amount;
}
