/**
 * Public market data in the Binance spot dialect: REST for rules, candles and time, one combined stream per
 * subscription for everything live, so that the order in which the exchange said things is kept.
 *   D1  Events of one subscription arrive in the exchange's order; `connected` comes before the first of a connection.
 *   D2  A connection that breaks, or on which a message makes no sense, is closed and opened again, waiting twice as
 *       long each time (250 ms to 30 s); `disconnected` says so. Nothing is made up for the gap: the caller asks.
 */
import type { Candle, EpochMs, MarketDataPort, MarketEvent, Pair, PairRules } from '@holdfast/domain';
import { MarketDataError } from './error.ts';
import { isHalted, moment, object, readKline, readRules, readStreamMessage, readTickers, symbolOf } from './wire.ts';

export interface BinanceMarketDataOptions {
  /** Scheme, host and port, e.g. `https://api.binance.com`. */
  readonly restUrl: string;
  /** Scheme, host and port, e.g. `wss://stream.binance.com:9443`. */
  readonly streamUrl: string;
  /** Asks the simulated exchange for its rounds (`sync` events) as well. Not understood by the real one. */
  readonly simulated?: boolean;
  /** How often to look whether pairs were halted, in ms of the operating system's clock. */
  readonly statusEveryMs?: number;
  /** Hears why a message made no sense, before the connection is opened again. */
  readonly onUnread?: (reason: string) => void;
  /** In place of the runtime's own, for an exchange in the same process. */
  readonly fetch?: typeof fetch;
  readonly WebSocket?: typeof WebSocket;
}

const requestTimeoutMs = 10_000;
const backoffMs = { first: 250, most: 30_000 };
/** Limit of klines in one request (rest-api.md). */
const klinesMost = 1000;

/** @throws MarketDataError from every method that returns a promise */
export function binanceMarketData(options: BinanceMarketDataOptions): MarketDataPort {
  const get = (path: string, query: Record<string, string>): Promise<unknown> => fetchJson(options, path, query);
  const symbols = async (pairs: readonly Pair[]): Promise<readonly unknown[]> => {
    const answer = object(await get('/api/v3/exchangeInfo', { symbols: JSON.stringify(pairs.map(symbolOf)) }), 'exchangeInfo');
    return Array.isArray(answer.symbols) ? answer.symbols : [];
  };
  const symbolOfPair = (all: readonly unknown[], pair: Pair): unknown =>
    all.find((each) => object(each, 'a symbol').symbol === symbolOf(pair));

  return {
    async rules(pairs: readonly Pair[]): Promise<readonly PairRules[]> {
      const all = await symbols(pairs);
      return pairs.map((pair) => readRules(symbolOfPair(all, pair), pair));
    },
    async candles(pair: Pair, interval: string, limit: number): Promise<readonly Candle[]> {
      const [now, rows] = await Promise.all([this.serverTime(), klines(get, pair, interval, limit + 1)]);
      const closed = rows.filter((row) => row.closeTime < now).map((row) => row.candle);
      return closed.slice(-limit);
    },
    async prices(pairs: readonly Pair[]): Promise<readonly MarketEvent[]> {
      const answer = await get('/api/v3/ticker/24hr', { symbols: JSON.stringify(pairs.map(symbolOf)) });
      return readTickers(answer, new Map(pairs.map((pair) => [symbolOf(pair), pair])));
    },
    async serverTime(): Promise<EpochMs> {
      const answer = object(await get('/api/v3/time', {}), 'a time');
      return moment(answer.serverTime, 'a server time');
    },
    subscribe(pairs: readonly Pair[], listener: (event: MarketEvent) => void): () => void {
      // The exchange refuses a list with one symbol that it does not know any more: then each is asked for alone.
      const readHalted = async (): Promise<ReadonlyMap<Pair, boolean>> => {
        try {
          const all = await symbols(pairs);
          return new Map(pairs.map((pair) => [pair, isHalted(symbolOfPair(all, pair))]));
        } catch (error) {
          if (!isUnknownSymbol(error)) throw error;
          return new Map(await Promise.all(pairs.map(async (pair) => [pair, await isGone(pair)] as const)));
        }
      };
      const isGone = (pair: Pair): Promise<boolean> =>
        symbols([pair]).then(
          (all) => isHalted(symbolOfPair(all, pair)),
          (error: unknown) => {
            if (isUnknownSymbol(error)) return true;
            throw error;
          },
        );
      const readPrices = (): Promise<readonly MarketEvent[]> => this.prices(pairs);
      return openSubscription(options, pairs, listener, readHalted, readPrices);
    },
  };
}

/** Error -1121 (rest-api.md): a symbol that was taken off the exchange, or never was there. */
const isUnknownSymbol = (error: unknown): boolean => error instanceof MarketDataError && /"code":\s*-1121\b/.test(error.message);

type Get = (path: string, query: Record<string, string>) => Promise<unknown>;
type KlineRow = ReturnType<typeof readKline>;

/** Newest `limit` klines, oldest first; asked for in pages, backwards. */
async function klines(get: Get, pair: Pair, interval: string, limit: number): Promise<readonly KlineRow[]> {
  let rows: readonly KlineRow[] = [];
  while (rows.length < limit) {
    const asked = Math.min(klinesMost, limit - rows.length);
    const first = rows[0];
    const before = first === undefined ? {} : { endTime: String(first.candle.openTime - 1) };
    const answer = await get('/api/v3/klines', { symbol: symbolOf(pair), interval, limit: String(asked), ...before });
    if (!Array.isArray(answer)) throw new MarketDataError('market-data-malformed', 'The exchange sent no list of klines');
    rows = [...answer.map(readKline), ...rows];
    if (answer.length < asked) break;
  }
  return rows;
}

async function fetchJson(options: BinanceMarketDataOptions, path: string, query: Record<string, string>): Promise<unknown> {
  const url = new URL(path, options.restUrl);
  url.search = new URLSearchParams(query).toString();
  let response: Response;
  try {
    response = await (options.fetch ?? fetch)(url, { signal: AbortSignal.timeout(requestTimeoutMs) });
  } catch (cause) {
    throw new MarketDataError('market-data-unreachable', `${url.host} did not answer ${path}`, { cause });
  }
  const body = await response.text();
  if (!response.ok)
    throw new MarketDataError(
      'market-data-refused',
      `${url.host} answered ${path} with ${response.status}: ${body.slice(0, 200)}`,
    );
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new MarketDataError('market-data-malformed', `${url.host} answered ${path} with no JSON`, { cause });
  }
}

function streamAddress(options: BinanceMarketDataOptions, pairs: readonly Pair[]): string {
  const streams = pairs.flatMap((pair) =>
    ['trade', 'bookTicker', 'kline_1m'].map((kind) => `${symbolOf(pair).toLowerCase()}@${kind}`),
  );
  return `${options.streamUrl}/stream?streams=${streams.join('/')}${options.simulated === true ? '&sync=1' : ''}`;
}

function openSubscription(
  options: BinanceMarketDataOptions,
  pairs: readonly Pair[],
  listener: (event: MarketEvent) => void,
  readHalted: () => Promise<ReadonlyMap<Pair, boolean>>,
  readPrices: () => Promise<readonly MarketEvent[]>,
): () => void {
  const address = streamAddress(options, pairs);
  const bySymbol = new Map(pairs.map((pair) => [symbolOf(pair), pair]));
  const halted = new Map<Pair, boolean>();
  let socket: WebSocket | undefined;
  let retry: NodeJS.Timeout | undefined;
  let waitMs = backoffMs.first;
  let closed = false;

  const deliver = (event: MarketEvent): void => {
    if (event.kind === 'pair-status') {
      // The first is always told: whoever listens may remember a halt that has ended meanwhile.
      if (halted.get(event.pair) === event.halted) return;
      halted.set(event.pair, event.halted);
    }
    listener(event);
  };
  const lookForHalts = (): void => {
    readHalted().then(
      (found) => {
        for (const [pair, is] of found) if (!closed) deliver({ kind: 'pair-status', pair, halted: is });
      },
      () => undefined, // the stream's own reconnecting says that the exchange is away; the next look comes by itself
    );
  };
  // The streams speak when something moves; where nothing does, the prices of now have to be asked for.
  const askPrices = (current: WebSocket): void => {
    readPrices().then(
      (events) => {
        if (closed || socket !== current) return;
        for (const event of events) if ('pair' in event && !heard.has(event.pair)) listener(event);
      },
      () => undefined, // as above
    );
  };
  /** Pairs of which the present connection has said something. */
  const heard = new Set<Pair>();
  const connect = (): void => {
    const current = new (options.WebSocket ?? WebSocket)(address);
    let opened = false;
    let gone = false;
    socket = current;
    const drop = (): void => {
      if (gone) return;
      gone = true;
      current.close();
      if (closed) return;
      if (opened) listener({ kind: 'disconnected' });
      retry = setTimeout(connect, waitMs);
      waitMs = Math.min(waitMs * 2, backoffMs.most);
    };
    current.onopen = (): void => {
      opened = true;
      listener({ kind: 'connected' });
      lookForHalts();
      heard.clear();
      askPrices(current);
    };
    current.onmessage = (message): void => {
      if (gone || closed) return;
      const event = parseMessage(message.data, bySymbol);
      if (event instanceof Error) {
        options.onUnread?.(`${new URL(options.streamUrl).host}: ${event.message}; the stream is opened again`);
        drop();
        return;
      }
      waitMs = backoffMs.first;
      if (event?.kind === 'trade' || event?.kind === 'best') heard.add(event.pair);
      if (event !== undefined) deliver(event);
    };
    current.onclose = drop;
    current.onerror = drop;
  };

  connect();
  const look = setInterval(lookForHalts, options.statusEveryMs ?? 30_000);
  look.unref();
  return () => {
    closed = true;
    clearInterval(look);
    clearTimeout(retry);
    socket?.close();
  };
}

/** The event of a message, or why it is none (D2). */
function parseMessage(data: unknown, bySymbol: ReadonlyMap<string, Pair>): MarketEvent | undefined | Error {
  try {
    return readStreamMessage(JSON.parse(String(data)), bySymbol);
  } catch (error) {
    return error as Error;
  }
}
