/**
 * What the exchange traded of a pair in the last five closed minutes. Only closed candles count, so that the same tape gives
 * the same volume; a minute without a candle had no trade. Source: Binance "WebSocket Streams", kline.
 */

const minuteMs = 60_000;
const minutes = 5;
/** The candle of a minute may come this long after its end, in minutes. */
const lateMinutes = 2;

export interface RecentVolume {
  /** A candle of one minute is closed: its opening in unix ms, its volume in quote. */
  closed(openTime: number, quote: bigint): void;
  /** Null until five minutes were heard. */
  at(time: number): bigint | null;
}

export function createRecentVolume(): RecentVolume {
  const heard = new Map<number, bigint>();
  let first: number | null = null;
  let newest = 0;
  return {
    closed: (openTime, quote) => {
      first ??= openTime;
      newest = Math.max(newest, openTime);
      heard.set(openTime, quote);
      for (const old of heard.keys()) if (old <= newest - (minutes + lateMinutes) * minuteMs) heard.delete(old);
    },
    at: (time) => {
      const end = Math.max(newest, Math.floor(time / minuteMs - lateMinutes) * minuteMs);
      const from = end - (minutes - 1) * minuteMs;
      if (first === null || first > from) return null;
      let sum = 0n;
      for (const [openTime, quote] of heard) if (openTime >= from) sum += quote;
      return sum;
    },
  };
}
