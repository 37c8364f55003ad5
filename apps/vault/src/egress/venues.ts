/**
 * The ticker dialects of the reference exchanges. Numbers are read as they are written, so no quote passes through floating
 * point. Sources: Kraken "WebSocket v2, ticker"; Coinbase Exchange "WebSocket channels, ticker" (and the same channel of
 * Advanced Trade); OKX "WebSocket, tickers channel" and "bbo-tbt".
 */
import { readDecimal } from './median.ts';
import type { ReferenceVenue } from './places.ts';

export interface Quote {
  /** `BASE/QUOTE` */
  readonly pair: string;
  /** In 10^-18. */
  readonly bid: bigint;
  readonly ask: bigint;
  /** Unix ms, the venue's; null where it says none. */
  readonly at: number | null;
}

export interface VenueDialect {
  /** The message that subscribes to the tickers of `pairs`. */
  readonly subscribe: (pairs: readonly string[]) => unknown;
  /** The quotes of a message; none if it is something else. */
  readonly quotes: (message: Json) => readonly Quote[];
  /** A text that keeps a quiet connection open, and how often it is sent; what it is answered is no message. */
  readonly keepAlive?: { readonly text: string; readonly answer: string; readonly everyMs: number };
}

export type Json = Readonly<Record<string, unknown>>;

/** JSON with every number as the text it was written as. @throws SyntaxError */
export const parseExact = (text: string): unknown =>
  (JSON.parse as (text: string, revive: (key: string, value: unknown, context: { source?: string }) => unknown) => unknown)(
    text,
    (_key, value, { source }) => (typeof value === 'number' ? source : value),
  );

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const objects = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isObject) : []);

function timeOf(value: unknown): number | null {
  if (typeof value !== 'string' || value === '') return null;
  const time = /^\d{10,14}$/.test(value) ? Number(value) : Date.parse(value);
  return Number.isSafeInteger(time) ? time : null;
}

function quote(pair: unknown, bid: unknown, ask: unknown, at: unknown): readonly Quote[] {
  const read = { bid: readDecimal(bid), ask: readDecimal(ask) };
  if (typeof pair !== 'string' || read.bid === undefined || read.ask === undefined) return [];
  return [{ pair, bid: read.bid, ask: read.ask, at: timeOf(at) }];
}

const dashed = (pair: string): string => pair.replace('/', '-');
const slashed = (symbol: unknown): unknown => (typeof symbol === 'string' ? symbol.replace('-', '/') : symbol);

const kraken: VenueDialect = {
  subscribe: (pairs) => ({ method: 'subscribe', params: { channel: 'ticker', symbol: pairs, event_trigger: 'bbo' } }),
  quotes: (message) =>
    message.channel === 'ticker' ? objects(message.data).flatMap((it) => quote(it.symbol, it.bid, it.ask, it.timestamp)) : [],
};

const coinbase: VenueDialect = {
  subscribe: (pairs) => ({ type: 'subscribe', product_ids: pairs.map(dashed), channels: ['ticker'] }),
  quotes: (message) => {
    if (message.type === 'ticker') return quote(slashed(message.product_id), message.best_bid, message.best_ask, message.time);
    if (message.channel !== 'ticker') return [];
    const tickers = objects(message.events).flatMap((event) => objects(event.tickers));
    return tickers.flatMap((it) => quote(slashed(it.product_id), it.best_bid, it.best_ask, message.timestamp));
  },
};

const best = (levels: unknown): unknown => (Array.isArray(levels) && Array.isArray(levels[0]) ? levels[0][0] : undefined);

/** OKX closes a connection on which nothing was said for 30 s ("WebSocket, connect"). */
const okx: VenueDialect = {
  keepAlive: { text: 'ping', answer: 'pong', everyMs: 20_000 },
  subscribe: (pairs) => ({ op: 'subscribe', args: pairs.map((pair) => ({ channel: 'tickers', instId: dashed(pair) })) }),
  quotes: (message) => {
    if (!isObject(message.arg)) return [];
    const { channel, instId } = message.arg;
    if (channel === 'tickers') return objects(message.data).flatMap((it) => quote(slashed(it.instId), it.bidPx, it.askPx, it.ts));
    if (channel !== 'bbo-tbt') return [];
    return objects(message.data).flatMap((it) => quote(slashed(instId), best(it.bids), best(it.asks), it.ts));
  },
};

export const dialects: Readonly<Record<ReferenceVenue, VenueDialect>> = { kraken, coinbase, okx };
