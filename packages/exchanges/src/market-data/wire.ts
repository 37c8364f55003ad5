/**
 * The public part of the Binance spot wire format, read into our words. Everything that is not what the exchange's
 * documentation (rest-api.md, web-socket-streams.md, filters.md) says is an error: a missing number never becomes 0.
 */
import {
  type Amount,
  amount,
  type Candle,
  divide,
  epochMs,
  type Lots,
  lots,
  type MarketEvent,
  type Pair,
  type PairRules,
  type Ticks,
  ticks,
} from '@holdfast/domain';
import { MarketDataError } from './error.ts';

type Json = { readonly [key: string]: unknown };

/** The exchange's spelling of a pair: BASE and QUOTE without a separator. */
export const symbolOf = (pair: Pair): string => pair.replace('/', '');

const malformed = (what: string): MarketDataError => new MarketDataError('market-data-malformed', `The exchange sent ${what}`);

export function object(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(`no object as ${what}`);
  return value as Json;
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(`no list as ${what}`);
  return value;
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw malformed(`no text as ${what}`);
  return value;
}

export function integer(value: unknown, what: string): number {
  if (!Number.isSafeInteger(value)) throw malformed(`no whole number as ${what}`);
  return value as number;
}

const decimal = (value: unknown, what: string): Amount => amount(text(value, what));

interface Filters {
  readonly price: Json;
  readonly lot: Json;
  readonly notional: Json;
  readonly orders: Json;
  readonly algoOrders: Json;
  /** Null where the exchange takes no OCO on the pair. */
  readonly lists: Json | null;
}

function filtersOf(symbol: Json): Filters {
  const named = new Map(list(symbol.filters, 'filters').map((each) => [object(each, 'a filter').filterType, each]));
  const find = (...names: readonly string[]): Json => {
    const found = names.map((name) => named.get(name)).find((each) => each !== undefined);
    if (found === undefined) throw malformed(`no filter ${names.join(' or ')} for ${String(symbol.symbol)}`);
    return object(found, 'a filter');
  };
  return {
    price: find('PRICE_FILTER'),
    lot: find('LOT_SIZE'),
    notional: find('NOTIONAL', 'MIN_NOTIONAL'),
    orders: find('MAX_NUM_ORDERS'),
    algoOrders: find('MAX_NUM_ALGO_ORDERS'),
    lists: symbol.ocoAllowed === true ? find('MAX_NUM_ORDER_LISTS') : null,
  };
}

const safeCount = (value: Amount, step: Amount, rounding: 'up' | 'down'): number => {
  const count = divide(value, step, rounding);
  return Number(count > BigInt(Number.MAX_SAFE_INTEGER) ? BigInt(Number.MAX_SAFE_INTEGER) : count);
};

/** One entry of `symbols` of exchangeInfo. Bounds that are off (0) become the widest that a count can hold. */
export function readRules(json: unknown, pair: Pair): PairRules {
  const filters = filtersOf(object(json, 'a symbol'));
  const tick = decimal(filters.price.tickSize, 'tickSize');
  const lot = decimal(filters.lot.stepSize, 'stepSize');
  const upper = (value: Amount, step: Amount): number =>
    value === 0n ? Number.MAX_SAFE_INTEGER : safeCount(value, step, 'down');
  return {
    pair,
    tick,
    lot,
    minPrice: ticks(Math.max(1, safeCount(decimal(filters.price.minPrice, 'minPrice'), tick, 'up'))) as Ticks,
    maxPrice: ticks(upper(decimal(filters.price.maxPrice, 'maxPrice'), tick)) as Ticks,
    minQuantity: lots(safeCount(decimal(filters.lot.minQty, 'minQty'), lot, 'up')) as Lots,
    maxQuantity: lots(upper(decimal(filters.lot.maxQty, 'maxQty'), lot)) as Lots,
    minNotional: decimal(filters.notional.minNotional, 'minNotional'),
    maxOrders: integer(filters.orders.maxNumOrders, 'maxNumOrders'),
    maxAlgoOrders: integer(filters.algoOrders.maxNumAlgoOrders, 'maxNumAlgoOrders'),
    maxOrderLists: filters.lists === null ? 0 : integer(filters.lists.maxNumOrderLists, 'maxNumOrderLists'),
  };
}

/** A symbol that is not in the exchange's list any more is delisted. */
export const isHalted = (json: unknown): boolean => json === undefined || object(json, 'a symbol').status !== 'TRADING';

/** A kline as the REST API sends it: an array, open time first and close time seventh. */
export function readKline(json: unknown): { readonly candle: Candle; readonly closeTime: number } {
  const [openTime, open, high, low, close, volume, closeTime] = list(json, 'a kline');
  return {
    candle: {
      openTime: epochMs(integer(openTime, 'an open time')),
      open: decimal(open, 'an open'),
      high: decimal(high, 'a high'),
      low: decimal(low, 'a low'),
      close: decimal(close, 'a close'),
      volume: decimal(volume, 'a volume'),
    },
    closeTime: integer(closeTime, 'a close time'),
  };
}

function readTrade(data: Json, pair: Pair): MarketEvent {
  return {
    kind: 'trade',
    pair,
    at: epochMs(integer(data.T, 'a trade time')),
    price: decimal(data.p, 'a price'),
    quantity: decimal(data.q, 'a quantity'),
  };
}

function readCandleEvent(data: Json, pair: Pair): MarketEvent {
  const k = object(data.k, 'a kline');
  const candle: Candle = {
    openTime: epochMs(integer(k.t, 'an open time')),
    open: decimal(k.o, 'an open'),
    high: decimal(k.h, 'a high'),
    low: decimal(k.l, 'a low'),
    close: decimal(k.c, 'a close'),
    volume: decimal(k.v, 'a volume'),
  };
  return { kind: 'candle', pair, interval: text(k.i, 'an interval'), candle, closed: k.x === true };
}

/** One message of a combined stream; undefined for kinds that nobody asked for. @throws MarketDataError, ValueError */
export function readStreamMessage(message: unknown, pairs: ReadonlyMap<string, Pair>): MarketEvent | undefined {
  const { data: raw, stream } = object(message, 'a message');
  if (typeof stream !== 'string') return undefined;
  const data = object(raw, 'the data of a message');
  if (stream === '!sync') return { kind: 'sync', n: integer(data.n, 'a round'), at: epochMs(integer(data.E, 'a time')) };
  const pair = pairs.get(text(data.s, 'a symbol'));
  if (pair === undefined) return undefined;
  if (stream === '!halt') return { kind: 'pair-status', pair, halted: data.halted === true };
  const kind = stream.slice(stream.indexOf('@') + 1);
  if (kind === 'trade') return readTrade(data, pair);
  if (kind === 'bookTicker') return { kind: 'best', pair, bid: decimal(data.b, 'a bid'), ask: decimal(data.a, 'an ask') };
  if (kind.startsWith('kline_')) return readCandleEvent(data, pair);
  return undefined;
}

/** Last trade and best prices of `GET /api/v3/ticker/24hr`; a price that there is not yet is left out. */
export function readTickers(json: unknown, pairs: ReadonlyMap<string, Pair>): readonly MarketEvent[] {
  if (!Array.isArray(json)) throw new MarketDataError('market-data-malformed', 'The exchange sent no list of tickers');
  return json.flatMap((each) => {
    const ticker = object(each, 'a ticker');
    const pair = pairs.get(String(ticker.symbol));
    if (pair === undefined) return [];
    const [last, bid, ask] = [ticker.lastPrice, ticker.bidPrice, ticker.askPrice].map((price) => amount(String(price)));
    const events: MarketEvent[] = [];
    if (bid !== undefined && ask !== undefined && bid > 0n && ask > 0n) events.push({ kind: 'best', pair, bid, ask });
    if (last !== undefined && last > 0n) {
      const at = epochMs(integer(ticker.closeTime, 'a close time'));
      events.push({ kind: 'trade', pair, at, price: last, quantity: amount(String(ticker.lastQty)) });
    }
    return events;
  });
}
