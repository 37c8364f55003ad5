/** Events of the ticker and average price streams (web-socket-streams.md), fields in the order of the documentation. */
import type { MarketDefinition } from '@holdfast/exchanges/simulated';
import { changeOf, rollingStatistics, type WindowStatistics, windowLength } from './endpoints/tickers.ts';
import { type Json, money, priceText, quantityText, type TimeUnit } from './format.ts';
import type { Venue } from './venue.ts';

const sums = (window: WindowStatistics): Json => ({ v: money(window.volume), q: money(window.quoteVolume) });

const range = (market: MarketDefinition, window: WindowStatistics): Json => ({
  o: priceText(market, window.open),
  h: priceText(market, window.high),
  l: priceText(market, window.low),
});

const times = (window: WindowStatistics, time: TimeUnit): Json => ({
  O: time(window.openTime),
  C: time(window.closeTime),
  F: window.firstId,
  L: window.lastId,
  n: window.count,
});

export function miniTickerEvent(venue: Venue, market: MarketDefinition, time: TimeUnit): Json {
  const day = venue.exchange.dayStatistics(market.pair, venue.now());
  return {
    e: '24hrMiniTicker',
    E: time(venue.now()),
    s: market.symbol,
    c: priceText(market, day.last),
    ...range(market, day),
    ...sums(day),
  };
}

export function dayTickerEvent(venue: Venue, market: MarketDefinition, time: TimeUnit): Json {
  const day = venue.exchange.dayStatistics(market.pair, venue.now());
  const best = venue.exchange.best(market.pair);
  const [p, P] = changeOf(market, day);
  return {
    e: '24hrTicker',
    E: time(venue.now()),
    s: market.symbol,
    p,
    P,
    w: money(day.weightedAverage),
    x: priceText(market, day.previousClose),
    c: priceText(market, day.last),
    Q: quantityText(market, day.lastQuantity),
    b: priceText(market, best.bid),
    B: quantityText(market, best.bidQuantity),
    a: priceText(market, best.ask),
    A: quantityText(market, best.askQuantity),
    ...range(market, day),
    ...sums(day),
    ...times(day, time),
  };
}

/** @param size of the window, such as "1h": the event is then a "1hTicker" */
export const windowTickerEvent =
  (size: string) =>
  (venue: Venue, market: MarketDefinition, time: TimeUnit): Json => {
    const window = rollingStatistics(venue, market, windowLength(size) ?? 0);
    const [p, P] = changeOf(market, window);
    return {
      e: `${size}Ticker`,
      E: time(venue.now()),
      s: market.symbol,
      p,
      P,
      ...range(market, window),
      c: priceText(market, window.last),
      w: money(window.weightedAverage),
      ...sums(window),
      ...times(window, time),
    };
  };

export function averageEvent(venue: Venue, market: MarketDefinition, time: TimeUnit): Json {
  const average = venue.exchange.averagePrice(market.pair);
  return {
    e: 'avgPrice',
    E: time(venue.now()),
    s: market.symbol,
    i: `${average.minutes}m`,
    w: money(average.price),
    T: time(average.closeTime),
  };
}
