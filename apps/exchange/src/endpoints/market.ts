/** Public market data. */

import { formatAmount } from '@holdfast/domain';
import type { Interval, MarketDefinition, MarketFilters, PublicTrade } from '@holdfast/exchanges/simulated';
import { ApiError, badCombination, invalidData, invalidSymbol } from '../api-error.ts';
import { type Json, klineRow, levelText, money, priceText, quantityText, type TimeUnit } from '../format.ts';
import { allLimits } from '../limits.ts';
import { type Parameters, readList, readSymbols } from '../parameters.ts';
import { type Call, type Endpoint, endpoint, limitOf, marketOf } from './endpoint.ts';
import { bookTicker, dayTicker, eastOf, rollingTicker, tickerKind, tickerPrice, tradingDayTicker } from './tickers.ts';

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

const permissionName = /^(SPOT|MARGIN|LEVERAGED|TRD_GRP_\d{3})$/;

/** Whether the permissions asked for, one name or a list of names, are those of a market here. @throws ApiError -1130 */
function wantsSpot(params: Parameters): boolean {
  const text = params.textOr('permissions');
  if (text === undefined) return true;
  const names = text.startsWith('[') ? readList(text, 'permissions') : [text];
  if (!names.every((name) => permissionName.test(name))) throw invalidData('permissions');
  return names.includes('SPOT');
}

/** @throws ApiError -1128 when symbols are named and chosen by what they are as well */
function exchangeInfo(call: Call): Json {
  const { params, time, venue } = call;
  const isNamed = params.has('symbol') || params.has('symbols');
  if (isNamed && (params.has('permissions') || params.has('symbolStatus'))) throw badCombination();
  const markets = wantsSpot(params) ? withStatus(call, chosenMarkets(call)) : [];
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

/** @throws ApiError -1128 when an id and times are sent */
function aggTrades(call: Call): Json[] {
  const market = marketOf(call);
  const { params, time } = call;
  if (params.has('fromId') && (params.has('startTime') || params.has('endTime'))) throw badCombination();
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
  const query = { ...timesOf(call.params), eastMs: eastOf(call.params), limit: limitOf(call.params, 500, 1000) };
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

/** No market here has a rule of its own. @throws ApiError -1121, -1122, -1128 */
function executionRules(call: Call): Json {
  if (['symbol', 'symbols', 'symbolStatus'].filter((name) => call.params.has(name)).length > 1) throw badCombination();
  withStatus(call, chosenMarkets(call));
  return { symbolRules: [] };
}

/** @throws ApiError always: no market here has a reference price */
function noReferencePrice(call: Call): never {
  marketOf(call);
  throw new ApiError(-2043, "This symbol doesn't have a reference price.");
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
    (call) => perMarket(call, rollingTicker(call)),
  ),
  tradingDay: endpoint(
    'none',
    (params) => Math.min(200, 4 * symbolsCount(params)),
    `${one} timeZone:text type:text`,
    (call) => perMarket(call, tradingDayTicker(call)),
  ),
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
  executionRules: endpoint(
    'none',
    (params) => (params.has('symbol') ? 2 : Math.min(40, params.has('symbols') ? 2 * symbolsCount(params) : 40)),
    one,
    executionRules,
  ),
  referencePrice: endpoint('none', 2, 'symbol:symbol!', noReferencePrice),
  referenceCalculation: endpoint('none', 2, 'symbol:symbol! symbolStatus:text', noReferencePrice),
  blockTrades: endpoint('none', 25, `${tradesDeclared} fromId:integer`, (call) => {
    marketOf(call);
    return [];
  }),
} satisfies Record<string, Endpoint>;
