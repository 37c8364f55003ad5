/** Public market data. */

import { formatAmount } from '@holdfast/domain';
import type { Interval, Kline, MarketDefinition, MarketFilters, PublicTrade } from '@holdfast/exchanges/simulated';
import { ApiError, badCombination, invalidSymbol, oneOf } from '../api-error.ts';
import { type Json, klineRow, levelText, money, priceText, quantityText, type TimeUnit } from '../format.ts';
import { allLimits } from '../limits.ts';
import { type Parameters, readSymbols } from '../parameters.ts';
import type { Venue } from '../venue.ts';
import { type Call, type Endpoint, endpoint, limitOf, marketOf } from './endpoint.ts';

// ------------------------------------------------------------------------------------------------- exchange information

function filtersJson(market: MarketDefinition, filters: MarketFilters): Json[] {
  const all: Json[] = [
    {
      filterType: 'PRICE_FILTER',
      minPrice: priceText(market, filters.minPrice),
      maxPrice: priceText(market, filters.maxPrice),
      tickSize: money(market.tick),
    },
    {
      filterType: 'LOT_SIZE',
      minQty: quantityText(market, filters.minQuantity),
      maxQty: quantityText(market, filters.maxQuantity),
      stepSize: money(market.lot),
    },
    { filterType: 'ICEBERG_PARTS', limit: filters.icebergParts },
    {
      filterType: 'MARKET_LOT_SIZE',
      minQty: quantityText(market, filters.minMarketQuantity),
      maxQty: quantityText(market, filters.maxMarketQuantity),
      stepSize: '0.00000000',
    },
    {
      filterType: 'TRAILING_DELTA',
      minTrailingAboveDelta: filters.minTrailingAbove,
      maxTrailingAboveDelta: filters.maxTrailingAbove,
      minTrailingBelowDelta: filters.minTrailingBelow,
      maxTrailingBelowDelta: filters.maxTrailingBelow,
    },
    {
      filterType: 'PERCENT_PRICE_BY_SIDE',
      bidMultiplierUp: formatAmount(filters.bidUp),
      bidMultiplierDown: formatAmount(filters.bidDown),
      askMultiplierUp: formatAmount(filters.askUp),
      askMultiplierDown: formatAmount(filters.askDown),
      avgPriceMins: filters.averageMinutes,
    },
    {
      filterType: 'NOTIONAL',
      minNotional: money(filters.minNotional),
      applyMinToMarket: filters.applyMinToMarket,
      maxNotional: money(filters.maxNotional),
      applyMaxToMarket: filters.applyMaxToMarket,
      avgPriceMins: filters.averageMinutes,
    },
    { filterType: 'MAX_NUM_ORDERS', maxNumOrders: filters.maxOrders },
    { filterType: 'MAX_NUM_ORDER_LISTS', maxNumOrderLists: filters.maxOrderLists },
    { filterType: 'MAX_NUM_ALGO_ORDERS', maxNumAlgoOrders: filters.maxAlgoOrders },
    { filterType: 'MAX_NUM_ORDER_AMENDS', maxNumOrderAmends: filters.maxAmends },
  ];
  if (filters.maxPosition !== undefined) all.push({ filterType: 'MAX_POSITION', maxPosition: money(filters.maxPosition) });
  return all;
}

const symbolJson = (market: MarketDefinition, withSets: boolean): Json => ({
  symbol: market.symbol,
  status: market.halted ? 'HALT' : 'TRADING',
  baseAsset: market.base,
  baseAssetPrecision: 8,
  quoteAsset: market.quote,
  quotePrecision: 8,
  quoteAssetPrecision: 8,
  baseCommissionPrecision: 8,
  quoteCommissionPrecision: 8,
  orderTypes: market.orderTypes,
  icebergAllowed: true,
  ocoAllowed: true,
  otoAllowed: true,
  opoAllowed: false,
  quoteOrderQtyMarketAllowed: true,
  allowTrailingStop: true,
  cancelReplaceAllowed: true,
  amendAllowed: true,
  pegInstructionsAllowed: false,
  isSpotTradingAllowed: true,
  isMarginTradingAllowed: false,
  filters: filtersJson(market, market.filters),
  permissions: [],
  permissionSets: withSets ? [['SPOT']] : [],
  defaultSelfTradePreventionMode: market.defaultStpMode,
  allowedSelfTradePreventionModes: market.allowedStpModes,
});

/** `symbol`, `symbols` or all. @throws ApiError -1121, -1128 */
function chosenMarkets(call: Call): readonly MarketDefinition[] {
  const { venue, params } = call;
  if (params.has('symbol') && params.has('symbols')) throw badCombination();
  if (params.has('symbol')) return [marketOf(call)];
  const list = params.textOr('symbols');
  if (list === undefined) return venue.exchange.markets();
  return readSymbols(list, 'symbols').map((symbol) => {
    const market = venue.market(symbol);
    if (market === undefined) throw invalidSymbol();
    return market;
  });
}

const symbolStatuses = new Set(['TRADING', 'HALT', 'BREAK', 'END_OF_DAY', 'CANCEL_ONLY']);

function withStatus(call: Call, markets: readonly MarketDefinition[]): readonly MarketDefinition[] {
  const wanted = call.params.textOr('symbolStatus');
  if (wanted === undefined) return markets;
  if (!symbolStatuses.has(wanted)) throw new ApiError(-1122, 'Invalid symbolStatus.');
  return markets.filter((market) => (market.halted ? 'HALT' : 'TRADING') === wanted);
}

function exchangeInfo(call: Call): Json {
  const { params, time, venue } = call;
  const wantsSpot = !params.has('permissions') || params.text('permissions').includes('SPOT');
  const markets = wantsSpot ? withStatus(call, chosenMarkets(call)) : [];
  return {
    timezone: 'UTC',
    serverTime: time(venue.now()),
    rateLimits: allLimits,
    exchangeFilters: [],
    symbols: markets.map((market) => symbolJson(market, params.flag('showPermissionSets') ?? true)),
  };
}

// ----------------------------------------------------------------------------------------------------------- the book

function depth(call: Call): Json {
  const market = marketOf(call);
  const book = call.venue.exchange.depth(market.pair, limitOf(call.params, 100, 5000));
  return {
    lastUpdateId: book.lastUpdateId,
    bids: book.bids.map((level) => levelText(market, level)),
    asks: book.asks.map((level) => levelText(market, level)),
  };
}

function depthWeight(params: Parameters): number {
  const limit = params.integer('limit') ?? 100;
  if (limit <= 100) return 5;
  return limit <= 500 ? 25 : limit <= 1000 ? 50 : 250;
}

const publicTradeJson = (market: MarketDefinition, trade: PublicTrade, time: TimeUnit): Json => ({
  id: trade.id,
  price: priceText(market, trade.price),
  qty: quantityText(market, trade.quantity),
  quoteQty: money((BigInt(trade.price) * BigInt(trade.quantity) * market.tick * market.lot) / 10n ** 18n),
  time: time(trade.time),
  isBuyerMaker: trade.buyerIsMaker,
  isBestMatch: true,
});

function trades(call: Call): Json[] {
  const market = marketOf(call);
  const found = call.venue.exchange.recentTrades(market.pair, limitOf(call.params, 500, 1000), call.params.integer('fromId'));
  return found.map((trade) => publicTradeJson(market, trade, call.time));
}

function aggTrades(call: Call): Json[] {
  const market = marketOf(call);
  const { params, time } = call;
  const query = { fromId: params.integer('fromId'), ...timesOf(params), limit: limitOf(params, 500, 1000) };
  return call.venue.exchange.aggregateTrades(market.pair, query).map((trade) => ({
    a: trade.id,
    p: priceText(market, trade.price),
    q: quantityText(market, trade.quantity),
    f: trade.firstId,
    l: trade.lastId,
    T: time(trade.time),
    m: trade.buyerIsMaker,
    M: true,
  }));
}

/** Times of requests may be in milliseconds or microseconds. */
export const timesOf = (params: Parameters): { startTime: number | undefined; endTime: number | undefined } => ({
  startTime: toMs(params.integer('startTime')),
  endTime: toMs(params.integer('endTime')),
});
const toMs = (value: number | undefined): number | undefined =>
  value !== undefined && value >= 1e14 ? Math.floor(value / 1000) : value;

function klines(call: Call): unknown[][] {
  const market = marketOf(call);
  const query = { ...timesOf(call.params), limit: limitOf(call.params, 500, 1000) };
  const found = call.venue.exchange.klines(market.pair, call.params.text('interval') as Interval, query);
  return found.map((kline) => klineRow(market, kline, call.time));
}

function averagePrice(call: Call): Json {
  const average = call.venue.exchange.averagePrice(marketOf(call).pair);
  return { mins: average.minutes, price: money(average.price), closeTime: call.time(average.closeTime) };
}

// ------------------------------------------------------------------------------------------------------------ tickers

/** Whether one symbol was asked for: then the answer is an object, else a list. */
const isSingle = (params: Parameters): boolean => params.has('symbol');

function perMarket(call: Call, show: (market: MarketDefinition) => Json): Json | Json[] {
  const shown = withStatus(call, chosenMarkets(call)).map(show);
  return isSingle(call.params) ? (shown[0] ?? {}) : shown;
}

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

export function dayTicker(venue: Venue, market: MarketDefinition, time: TimeUnit, kind: 'FULL' | 'MINI'): Json {
  const day = venue.exchange.dayStatistics(market.pair, venue.now());
  const best = venue.exchange.best(market.pair);
  const price = (ticks: number): string => priceText(market, ticks);
  const change = BigInt(day.last - day.open) * market.tick;
  const mini = {
    symbol: market.symbol,
    openPrice: price(day.open),
    highPrice: price(day.high),
    lowPrice: price(day.low),
    lastPrice: price(day.last),
    volume: money(day.volume),
    quoteVolume: money(day.quoteVolume),
    openTime: time(day.openTime),
    closeTime: time(day.closeTime),
    firstId: day.firstId,
    lastId: day.lastId,
    count: day.count,
  };
  if (kind === 'MINI') return mini;
  return {
    ...mini,
    priceChange: money(change),
    priceChangePercent: percentText(change, BigInt(day.open) * market.tick),
    weightedAvgPrice: money(day.weightedAverage),
    prevClosePrice: price(day.previousClose),
    lastQty: quantityText(market, day.lastQuantity),
    bidPrice: price(best.bid),
    bidQty: quantityText(market, best.bidQuantity),
    askPrice: price(best.ask),
    askQty: quantityText(market, best.askQuantity),
  };
}

function tickerKind(params: Parameters): 'FULL' | 'MINI' {
  const kind = params.textOr('type') ?? 'FULL';
  if (kind !== 'FULL' && kind !== 'MINI') throw new ApiError(-1139, 'Invalid ticker type.');
  return kind;
}

/** Statistics of klines of one minute from `from` on, as GET ticker and ticker/tradingDay show them. */
function windowTicker(call: Call, market: MarketDefinition, from: number, until: number): Json {
  const price = (ticks: number): string => priceText(market, ticks);
  const rows = minutesOf(call.venue, market, from);
  const first = rows[0];
  const last = rows.at(-1);
  const volume = rows.reduce((sum, row) => sum + row.volume, 0n);
  const quoteVolume = rows.reduce((sum, row) => sum + row.quoteVolume, 0n);
  const open = first?.open ?? call.venue.exchange.last(market.pair);
  const close = last?.close ?? open;
  const change = BigInt(close - open) * market.tick;
  const average = volume === 0n ? 0n : ((quoteVolume * 10n ** 18n) / volume / 10n ** 10n) * 10n ** 10n;
  const mini = {
    symbol: market.symbol,
    openPrice: price(open),
    highPrice: price(rows.reduce((most, row) => Math.max(most, row.high), open)),
    lowPrice: price(rows.reduce((least, row) => Math.min(least, row.low), open)),
    lastPrice: price(close),
    volume: money(volume),
    quoteVolume: money(quoteVolume),
    openTime: call.time(from),
    closeTime: call.time(until),
    firstId: rows.find((row) => row.firstTradeId >= 0)?.firstTradeId ?? 0,
    lastId: last?.lastTradeId ?? 0,
    count: rows.reduce((sum, row) => sum + row.trades, 0),
  };
  if (tickerKind(call.params) === 'MINI') return mini;
  return {
    ...mini,
    priceChange: money(change),
    priceChangePercent: percentText(change, BigInt(open) * market.tick),
    weightedAvgPrice: money(average),
  };
}

function minutesOf(venue: Venue, market: MarketDefinition, from: number): readonly Kline[] {
  const rows: Kline[] = [];
  for (let start = from; ; ) {
    const found = venue.exchange.klines(market.pair, '1m', { startTime: start, limit: 1000 });
    rows.push(...found);
    const last = found.at(-1);
    if (last === undefined || found.length < 1000) return rows;
    start = last.openTime + 60_000;
  }
}

const windowUnitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function rollingTicker(call: Call): Json | Json[] {
  requireSymbols(call.params);
  const text = call.params.textOr('windowSize') ?? '1d';
  const match = /^([1-9]\d?)([mhd])$/.exec(text);
  const most = { m: 59, h: 23, d: 7 }[match?.[2] ?? ''] ?? 0;
  if (match === null || Number(match[1]) > most) throw new ApiError(-1130, "Data sent for parameter 'windowSize' is not valid.");
  const until = call.venue.now();
  const length = Number(match[1]) * (windowUnitMs[match[2] ?? ''] ?? 0);
  const from = Math.floor((until - length) / 60_000) * 60_000 + 60_000;
  return perMarket(call, (market) => windowTicker(call, market, from, until));
}

function tradingDay(call: Call): Json | Json[] {
  requireSymbols(call.params);
  const from = Math.floor(call.venue.now() / 86_400_000) * 86_400_000;
  return perMarket(call, (market) => windowTicker(call, market, from, from + 86_400_000 - 1));
}

function requireSymbols(params: Parameters): void {
  if (!params.has('symbol') && !params.has('symbols')) throw oneOf('symbol', 'symbols');
}

const symbolsCount = (params: Parameters): number => (params.has('symbols') ? params.text('symbols').split(',').length : 1);
const one = 'symbol:symbol symbols:symbols symbolStatus:text';

const dayWeight = (params: Parameters): number => {
  if (params.has('symbol')) return 2;
  if (!params.has('symbols')) return 80;
  const count = symbolsCount(params);
  return count <= 20 ? 2 : count <= 100 ? 40 : 80;
};

const tradesDeclared = 'symbol:symbol! limit:integer';
const klinesDeclared = 'symbol:symbol! interval:interval! startTime:integer endTime:integer timeZone:text limit:integer';

export const marketEndpoints = {
  ping: endpoint('none', 1, '', () => ({})),
  time: endpoint('none', 1, '', (call) => ({ serverTime: call.time(call.venue.now()) })),
  exchangeInfo: endpoint(
    'none',
    20,
    'symbol:symbol symbols:symbols permissions:text showPermissionSets:boolean symbolStatus:text',
    exchangeInfo,
  ),
  depth: endpoint('none', depthWeight, 'symbol:symbol! limit:integer symbolStatus:text', depth),
  trades: endpoint('none', 25, tradesDeclared, trades),
  historicalTrades: endpoint('none', 25, `${tradesDeclared} fromId:integer`, trades),
  aggTrades: endpoint('none', 4, 'symbol:symbol! fromId:integer startTime:integer endTime:integer limit:integer', aggTrades),
  klines: endpoint('none', 2, klinesDeclared, klines),
  avgPrice: endpoint('none', 2, 'symbol:symbol!', averagePrice),
  ticker24hr: endpoint('none', dayWeight, `${one} type:text`, (call) =>
    perMarket(call, (market) => dayTicker(call.venue, market, call.time, tickerKind(call.params))),
  ),
  ticker: endpoint(
    'none',
    (params) => Math.min(200, 4 * symbolsCount(params)),
    `${one} windowSize:text type:text`,
    rollingTicker,
  ),
  tradingDay: endpoint('none', (params) => Math.min(200, 4 * symbolsCount(params)), `${one} timeZone:text type:text`, tradingDay),
  tickerPrice: endpoint(
    'none',
    (params) => (isSingle(params) ? 2 : 4),
    one,
    (call) => perMarket(call, (market) => tickerPrice(call.venue, market)),
  ),
  bookTicker: endpoint(
    'none',
    (params) => (isSingle(params) ? 2 : 4),
    one,
    (call) => perMarket(call, (market) => bookTicker(call.venue, market)),
  ),
  executionRules: endpoint('none', 2, one, () => ({ symbolRules: [] })),
} satisfies Record<string, Endpoint>;
