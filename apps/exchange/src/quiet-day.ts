/** A day of small trades at one price, for a coin that is listed with a past: it gives the coin its 24 h volume. */
import { type Amount, divide, unit } from '@holdfast/domain';
import type { CandleRow, Exchange, MarketDefinition } from '@holdfast/exchanges/simulated';

const minute = 60_000;
const tradedMinutes = 96;
const day = 24 * 60 * minute;

/** `volume` is the quote traded in the 24 h before `now`, spread over a minute in every fifteen. */
export function loadQuietDay(exchange: Exchange, market: MarketDefinition, now: number, price: Amount, volume: Amount): void {
  const ticks = Number(divide(price, market.tick, 'down'));
  const base = divide(volume * unit, price, 'down');
  const lots = Math.max(4, Number(divide(base, market.lot * BigInt(tradedMinutes), 'down')));
  const newest = Math.floor(now / minute) * minute - minute;
  const step = day / tradedMinutes;
  const rows = Array.from({ length: tradedMinutes }, (_, index) => row(newest - (tradedMinutes - 1 - index) * step, ticks, lots));
  exchange.loadHistory(market.pair, rows);
}

const row = (openTime: number, price: number, volume: number): CandleRow => ({
  openTime,
  open: price,
  high: price,
  low: price,
  close: price,
  volume,
  quote: price * volume,
  trades: 4,
  takerVolume: Math.floor(volume / 2),
  takerQuote: price * Math.floor(volume / 2),
  firstId: -1,
  lastId: -1,
});
