/**
 * Statistics of a market over a day or another window: as the REST API and the WebSocket API answer them, and as the
 * ticker streams send them (web-socket-streams.md). Fields stand in the order of the documentation.
 */
import type { Kline, MarketDefinition } from '@holdfast/exchanges/simulated';
import { ApiError, invalidData, oneOf } from '../api-error.ts';
import { type Json, money, priceText, quantityText, type TimeUnit } from '../format.ts';
import type { Parameters } from '../parameters.ts';
import type { Venue } from '../venue.ts';
import type { Call } from './endpoint.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;

export const tickerPrice = (venue: Venue, market: MarketDefinition): Json => ({
  symbol: market.symbol,
  price: priceText(market, venue.exchange.last(market.pair)),
});

export function bookTicker(venue: Venue, market: MarketDefinition): Json {
  const best = venue.exchange.best(market.pair);
  return {
    symbol: market.symbol,
    bidPrice: priceText(market, best.bid),
    bidQty: quantityText(market, best.bidQuantity),
    askPrice: priceText(market, best.ask),
    askQty: quantityText(market, best.askQuantity),
  };
}

/** `change` in percent of `from`, with three decimals; the sign kept. */
export function percentText(change: bigint, from: bigint): string {
  if (from === 0n) return '0.000';
  const thousandths = (change * 100_000n) / from;
  const digits = (thousandths < 0n ? -thousandths : thousandths).toString().padStart(4, '0');
  return `${thousandths < 0n ? '-' : ''}${digits.slice(0, -3)}.${digits.slice(-3)}`;
}

export type TickerKind = 'FULL' | 'MINI';

/** @throws ApiError -1139 */
export function tickerKind(params: Parameters): TickerKind {
  const kind = params.textOr('type') ?? 'FULL';
  if (kind !== 'FULL' && kind !== 'MINI') throw new ApiError(-1139, 'Invalid ticker type.');
  return kind;
}

/** What is said of any window. Prices in ticks, times in ms; ids are -1 when nothing traded. */
export interface WindowStatistics {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly last: number;
  readonly volume: bigint;
  readonly quoteVolume: bigint;
  readonly weightedAverage: bigint;
  readonly openTime: number;
  readonly closeTime: number;
  readonly firstId: number;
  readonly lastId: number;
  readonly count: number;
}

/** The change of price over a window as text, absolute and in percent. */
export const changeOf = (market: MarketDefinition, { open, last }: WindowStatistics): readonly [string, string] => {
  const change = BigInt(last - open) * market.tick;
  return [money(change), percentText(change, BigInt(open) * market.tick)];
};

const changeJson = (market: MarketDefinition, window: WindowStatistics): Json => {
  const [priceChange, priceChangePercent] = changeOf(market, window);
  return { priceChange, priceChangePercent, weightedAvgPrice: money(window.weightedAverage) };
};

/** `last` stands before the other prices in the ticker of a day, behind them in all others. */
const pricesJson = (market: MarketDefinition, window: WindowStatistics): Json => ({
  openPrice: priceText(market, window.open),
  highPrice: priceText(market, window.high),
  lowPrice: priceText(market, window.low),
});

const sumsJson = (window: WindowStatistics, time: TimeUnit): Json => ({
  volume: money(window.volume),
  quoteVolume: money(window.quoteVolume),
  openTime: time(window.openTime),
  closeTime: time(window.closeTime),
  firstId: window.firstId,
  lastId: window.lastId,
  count: window.count,
});

function windowJson(market: MarketDefinition, window: WindowStatistics, time: TimeUnit, kind: TickerKind): Json {
  return {
    symbol: market.symbol,
    ...(kind === 'FULL' ? changeJson(market, window) : {}),
    ...pricesJson(market, window),
    lastPrice: priceText(market, window.last),
    ...sumsJson(window, time),
  };
}

export function dayTicker(venue: Venue, market: MarketDefinition, time: TimeUnit, kind: TickerKind): Json {
  const day = venue.exchange.dayStatistics(market.pair, venue.now());
  if (kind === 'MINI') return windowJson(market, day, time, kind);
  const best = venue.exchange.best(market.pair);
  return {
    symbol: market.symbol,
    ...changeJson(market, day),
    prevClosePrice: priceText(market, day.previousClose),
    lastPrice: priceText(market, day.last),
    lastQty: quantityText(market, day.lastQuantity),
    bidPrice: priceText(market, best.bid),
    bidQty: quantityText(market, best.bidQuantity),
    askPrice: priceText(market, best.ask),
    askQty: quantityText(market, best.askQuantity),
    ...pricesJson(market, day),
    ...sumsJson(day, time),
  };
}

/** Of the minutes from `from` on, named as the window from `from` to `until`. */
function windowStatistics(venue: Venue, market: MarketDefinition, from: number, until: number): WindowStatistics {
  const rows = minutesOf(venue, market, from);
  const first = rows[0];
  const open = first?.open ?? venue.exchange.last(market.pair);
  const volume = rows.reduce((sum, row) => sum + row.volume, 0n);
  const quoteVolume = rows.reduce((sum, row) => sum + row.quoteVolume, 0n);
  return {
    open,
    high: rows.reduce((most, row) => Math.max(most, row.high), open),
    low: rows.reduce((least, row) => Math.min(least, row.low), open),
    last: rows.at(-1)?.close ?? open,
    volume,
    quoteVolume,
    weightedAverage: volume === 0n ? 0n : ((quoteVolume * 10n ** 18n) / volume / 10n ** 10n) * 10n ** 10n,
    openTime: from,
    closeTime: until,
    firstId: rows.find((row) => row.firstTradeId >= 0)?.firstTradeId ?? -1,
    lastId: rows.findLast((row) => row.lastTradeId >= 0)?.lastTradeId ?? -1,
    count: rows.reduce((sum, row) => sum + row.trades, 0),
  };
}

function minutesOf(venue: Venue, market: MarketDefinition, from: number): readonly Kline[] {
  const rows: Kline[] = [];
  for (let start = from; ; ) {
    const found = venue.exchange.klines(market.pair, '1m', { startTime: start, limit: 1000 });
    rows.push(...found);
    const last = found.at(-1);
    if (last === undefined || found.length < 1000) return rows;
    start = last.openTime + minuteMs;
  }
}

/** The window of `lengthMs` that ends now; it opens on a whole minute. */
export function rollingStatistics(venue: Venue, market: MarketDefinition, lengthMs: number): WindowStatistics {
  const until = venue.now();
  return windowStatistics(venue, market, Math.floor((until - lengthMs) / minuteMs) * minuteMs + minuteMs, until);
}

const windowUnits: Readonly<Record<string, { readonly ms: number; readonly most: number }>> = {
  m: { ms: minuteMs, most: 59 },
  h: { ms: 60 * minuteMs, most: 23 },
  d: { ms: dayMs, most: 7 },
};

/** Length in ms of a window such as "15m", "4h" or "7d"; undefined when it is none. */
export function windowLength(text: string): number | undefined {
  const [, count = '', name = ''] = /^([1-9]\d?)([mhd])$/.exec(text) ?? [];
  const unit = windowUnits[name];
  return unit === undefined || Number(count) > unit.most ? undefined : Number(count) * unit.ms;
}

type ShowMarket = (market: MarketDefinition) => Json;

/** GET ticker. @throws ApiError -1102, -1130, -1139 */
export function rollingTicker({ venue, params, time }: Call): ShowMarket {
  requireSymbols(params);
  const length = windowLength(params.textOr('windowSize') ?? '1d');
  if (length === undefined) throw invalidData('windowSize');
  const kind = tickerKind(params);
  return (market) => windowJson(market, rollingStatistics(venue, market, length), time, kind);
}

/** GET ticker/tradingDay. @throws ApiError -1102, -1130, -1139 */
export function tradingDayTicker({ venue, params, time }: Call): ShowMarket {
  requireSymbols(params);
  const east = eastOf(params);
  const from = Math.floor((venue.now() + east) / dayMs) * dayMs - east;
  const kind = tickerKind(params);
  return (market) => windowJson(market, windowStatistics(venue, market, from, from + dayMs - 1), time, kind);
}

function requireSymbols(params: Parameters): void {
  if (!params.has('symbol') && !params.has('symbols')) throw oneOf('symbol', 'symbols');
}

const eastMost = 14 * 60;
const westMost = 12 * 60;

/**
 * `timeZone` as ms east of UTC: hours with or without minutes, such as "8", "05:45" or "-1:00", from -12:00 to +14:00.
 * @throws ApiError -1130
 */
export function eastOf(params: Parameters): number {
  const text = params.textOr('timeZone');
  if (text === undefined) return 0;
  // A plus sign that was not percent-encoded arrives as a space.
  const [matched, sign, hours, minutes = '0'] = /^([+ -]?)(\d{1,2})(?::([0-5]\d))?$/.exec(text) ?? [];
  const east = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  if (matched === undefined || east > eastMost || east < -westMost) throw invalidData('timeZone');
  return east * minuteMs;
}
