/** The candles that conditions look back on, read from the exchange. */
import { type Candle, formatAmount, type MarketDataPort } from '@holdfast/domain';
import { type Bar, type Timeframe, timeframeMs } from '@holdfast/indicators';
import type { Unwarmed } from '@holdfast/runtime';

const minuteMs = 60_000;
/** What the exchange's history is asked for at most, per time frame. */
const candlesMost = 5000;

/** Indicators compute in floating point; nothing that is traded does. */
export const barOf = ({ openTime, open, high, low, close, volume }: Candle): Bar => ({
  time: openTime,
  open: Number(formatAmount(open)),
  high: Number(formatAmount(high)),
  low: Number(formatAmount(low)),
  close: Number(formatAmount(close)),
  volume: Number(formatAmount(volume)),
});

/** Closed candles of every time frame, and the minutes since the oldest of the frames that are open now. */
export async function readHistory(
  market: MarketDataPort,
  { pair, frames }: Unwarmed,
): Promise<{ readonly frames: ReadonlyMap<Timeframe, readonly Bar[]>; readonly minutes: readonly Bar[] }> {
  const read = new Map<Timeframe, readonly Bar[]>();
  let oldest = Number.POSITIVE_INFINITY;
  for (const { timeframe, candles } of frames) {
    const bars = (await market.candles(pair, timeframe, Math.min(candles, candlesMost))).map(barOf);
    read.set(timeframe, bars);
    const last = bars[bars.length - 1];
    if (last !== undefined) oldest = Math.min(oldest, last.time + timeframeMs(timeframe));
  }
  if (!Number.isFinite(oldest)) return { frames: read, minutes: [] };
  const since = Math.ceil(((await market.serverTime()) - oldest) / minuteMs);
  const minutes = since <= 0 ? [] : (await market.candles(pair, '1m', Math.min(since, candlesMost))).map(barOf);
  return { frames: read, minutes: minutes.filter(({ time }) => time >= oldest) };
}
