/**
 * The public part of the Binance spot wire format, read into our words. Everything that is not what the exchange's
 * documentation (rest-api.md, web-socket-streams.md, filters.md) says is an error: a missing number never becomes 0.
 */
import {
  type Amount,
  amount,
  type Candle,
  divide,
  type EpochMs,
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

const malformed = (what: string, options?: ErrorOptions): MarketDataError =>
  new MarketDataError('market-data-malformed', `The exchange sent ${what}`, options);

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

function integer(value: unknown, what: string): number {
  if (!Number.isSafeInteger(value)) throw malformed(`no whole number as ${what}`);
  return value as number;
}

/** A plain decimal, as the exchange writes all of its own: an exponent is none. */
function decimal(value: unknown, what: string): Amount {
  const written = text(value, what);
  try {
    return amount(written);
  } catch (cause) {
    throw malformed(`${JSON.stringify(written.slice(0, 40))} as ${what}`, { cause });
  }
}

/** Later than any time in ms that makes sense: a time in microseconds is. */
const latestMs = 1e14;

/** A time in ms, which is what the exchange writes unless it is asked for another unit. */
export function moment(value: unknown, what: string): EpochMs {
  const at = integer(value, what);
  if (at < 0 || at >= latestMs) throw malformed(`${at} as ${what}, which is no time in ms`);
  return epochMs(at);
}

function positive(value: unknown, what: string): Amount {
  const found = decimal(value, what);
  if (found <= 0n) throw malformed(`${String(value)} as ${what}, which is more than 0`);
  return found;
}

interface Filters {
  readonly price: Json;
  readonly lot: Json;
  readonly notional: Json;
  /** The number in a filter that limits one; where the exchange names no such filter it has no such limit. */
  count(filter: string, field: string): number;
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
    count: (filter, field) => (named.has(filter) ? integer(find(filter)[field], field) : Number.MAX_SAFE_INTEGER),
  };
}

const safeCount = (value: Amount, step: Amount, rounding: 'up' | 'down'): number => {
  const count = divide(value, step, rounding);
  return Number(count > BigInt(Number.MAX_SAFE_INTEGER) ? BigInt(Number.MAX_SAFE_INTEGER) : count);
};

/** One entry of `symbols` of exchangeInfo. Bounds that are off (0) become the widest that a count can hold. */
export function readRules(json: unknown, pair: Pair): PairRules {
  const symbol = object(json, 'a symbol');
  const filters = filtersOf(symbol);
  const tick = positive(filters.price.tickSize, 'tickSize');
  const lot = positive(filters.lot.stepSize, 'stepSize');
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
    maxOrders: filters.count('MAX_NUM_ORDERS', 'maxNumOrders'),
    maxAlgoOrders: filters.count('MAX_NUM_ALGO_ORDERS', 'maxNumAlgoOrders'),
    // 0 where the exchange takes no OCO on the pair.
    maxOrderLists: symbol.ocoAllowed === true ? filters.count('MAX_NUM_ORDER_LISTS', 'maxNumOrderLists') : 0,
  };
}

/** A symbol that is not in the exchange's list any more is delisted. */
export const isHalted = (json: unknown): boolean => json === undefined || object(json, 'a symbol').status !== 'TRADING';

/** A kline as the REST API sends it: an array, open time first and close time seventh. */
export function readKline(json: unknown): { readonly candle: Candle; readonly closeTime: number } {
  const [openTime, open, high, low, close, volume, closeTime] = list(json, 'a kline');
  return {
    candle: {
      openTime: moment(openTime, 'an open time'),
      open: decimal(open, 'an open'),
      high: decimal(high, 'a high'),
      low: decimal(low, 'a low'),
      close: decimal(close, 'a close'),
      volume: decimal(volume, 'a volume'),
    },
    closeTime: integer(closeTime, 'a close time'),
  };
}

type Reader = (data: Json, pair: Pair) => MarketEvent | undefined;

const readTrade: Reader = (data, pair) => ({
  kind: 'trade',
  pair,
  at: moment(data.T, 'a trade time'),
  price: positive(data.p, 'a price'),
  quantity: positive(data.q, 'a quantity'),
});

/** A side without orders is written as 0, which is no price: then there is nothing to say. */
const readBest: Reader = (data, pair) => {
  const [bid, ask] = [decimal(data.b, 'a bid'), decimal(data.a, 'an ask')];
  return bid > 0n && ask > 0n ? { kind: 'best', pair, bid, ask } : undefined;
};

const readCandleEvent: Reader = (data, pair) => {
  const k = object(data.k, 'a kline');
  if (typeof k.x !== 'boolean') throw malformed('no true or false as to whether a kline is closed');
  const candle: Candle = {
    openTime: moment(k.t, 'an open time'),
    open: positive(k.o, 'an open'),
    high: positive(k.h, 'a high'),
    low: positive(k.l, 'a low'),
    close: positive(k.c, 'a close'),
    volume: decimal(k.v, 'a volume'),
  };
  return { kind: 'candle', pair, interval: text(k.i, 'an interval'), candle, closed: k.x };
};

const readHalt: Reader = (data, pair) => ({ kind: 'pair-status', pair, halted: data.halted === true });

/** Who reads a stream's messages; undefined for streams that nobody asked for, of whatever shape. */
function readerOf(stream: string): Reader | undefined {
  if (stream === '!halt') return readHalt;
  const kind = stream.slice(stream.indexOf('@') + 1);
  if (kind === 'trade') return readTrade;
  if (kind === 'bookTicker') return readBest;
  return kind.startsWith('kline_') ? readCandleEvent : undefined;
}

/** One message of a combined stream; undefined for kinds that nobody asked for. @throws MarketDataError, ValueError */
export function readStreamMessage(message: unknown, pairs: ReadonlyMap<string, Pair>): MarketEvent | undefined {
  const { data, stream } = object(message, 'a message');
  if (typeof stream !== 'string') return undefined;
  if (stream === '!sync') return readRound(object(data, 'a round'));
  if (stream === '!quiet') return { kind: 'quiet-over' };
  const read = readerOf(stream);
  if (read === undefined) return undefined;
  const said = object(data, 'the data of a message');
  const pair = pairs.get(text(said.s, 'a symbol'));
  return pair === undefined ? undefined : read(said, pair);
}

const readRound = (data: Json): MarketEvent => ({
  kind: 'sync',
  n: integer(data.n, 'a round'),
  at: moment(data.E, 'a time'),
});

/** Last trade and best prices of `GET /api/v3/ticker/24hr`; a price that there is not yet is left out. */
export function readTickers(json: unknown, pairs: ReadonlyMap<string, Pair>): readonly MarketEvent[] {
  if (!Array.isArray(json)) throw new MarketDataError('market-data-malformed', 'The exchange sent no list of tickers');
  return json.flatMap((each) => {
    const ticker = object(each, 'a ticker');
    const pair = pairs.get(String(ticker.symbol));
    if (pair === undefined) return [];
    const [last, bid, ask] = [
      decimal(ticker.lastPrice, 'a last price'),
      decimal(ticker.bidPrice, 'a bid'),
      decimal(ticker.askPrice, 'an ask'),
    ];
    const events: MarketEvent[] = [];
    if (bid > 0n && ask > 0n) events.push({ kind: 'best', pair, bid, ask });
    if (last > 0n) {
      const at = moment(ticker.closeTime, 'a close time');
      events.push({ kind: 'trade', pair, at, price: last, quantity: decimal(ticker.lastQty, 'a last quantity') });
    }
    return events;
  });
}
