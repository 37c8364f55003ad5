/**
 * Market and user streams on `/ws/<stream>` and `/stream?streams=a/b`. Trades, best prices and closed candles go out
 * as they happen; candles in the making, tickers and books at the pace of the documentation (web-socket-streams.md),
 * by the operating system's clock. With `sync=1` a connection also hears the rounds of lockstep; in stretches that the
 * engine has declared quiet, played faster than people watch, it hears closed candles only and then the last state; at each speed it
 * hears where such a stretch ends.
 */
import type { IncomingMessage } from 'node:http';
import type { Pair } from '@holdfast/domain';
import {
  type DepthFeed,
  type Interval,
  intervals,
  type Kline,
  type MarketDefinition,
  type MarketEvent,
  type UserEvent,
} from '@holdfast/exchanges/simulated';
import type { WebSocket } from 'ws';
import {
  type Json,
  levelText,
  microseconds,
  milliseconds,
  money,
  priceText,
  quantityText,
  type TimeUnit,
  userEventJson,
} from './format.ts';
import type { ListenKeys } from './listen-keys.ts';
import { keepAlive, makeMessageMeter, type SyncListeners } from './sockets.ts';
import { averageEvent, dayTickerEvent, miniTickerEvent, windowTickerEvent } from './ticker-events.ts';
import type { Venue } from './venue.ts';

const streamsMost = 1024;
const messagesPerSecondMost = 5;
const listenKeyFormat = /^[A-Za-z0-9]{64}$/;

interface Connection {
  readonly socket: WebSocket;
  combined: boolean;
  readonly sync: boolean;
  readonly time: TimeUnit;
  readonly names: Set<string>;
}

export interface Streams {
  connect(socket: WebSocket, request: IncomingMessage): void;
  /** While it `leavesOut`, connections with `sync=1` get closed candles only. */
  setQuiet(quiet: boolean, leavesOut: boolean): void;
  stop(): void;
}

interface Topic {
  readonly kind: string;
  readonly market: MarketDefinition | undefined;
}

type TradeEvent = Extract<MarketEvent, { kind: 'trade' }>;

const perSymbol = new RegExp(
  `^(trade|aggTrade|bookTicker|miniTicker|ticker|avgPrice|ticker_(?:1h|4h|1d)|kline_(?:${intervals.join('|')})(?:@\\+08:00)?|depth(?:5|10|20)?(?:@100ms|@1000ms)?)$`,
);
const overAll = new Set(['!miniTicker@arr', '!ticker@arr', '!bookTicker', '!ticker_1h@arr', '!ticker_4h@arr', '!ticker_1d@arr']);

interface KlineStream {
  readonly interval: Interval;
  readonly eastMs: number;
}

/** The one other clock that candles are streamed by: days, weeks and months of UTC+8. */
const eastSuffix = '@+08:00';
const klineStream = (kind: string): KlineStream => {
  const name = kind.slice('kline_'.length);
  return name.endsWith(eastSuffix)
    ? { interval: name.slice(0, -eastSuffix.length) as Interval, eastMs: 8 * 3_600_000 }
    : { interval: name as Interval, eastMs: 0 };
};

type TickerEvent = (venue: Venue, market: MarketDefinition, time: TimeUnit) => Json;

/** Who makes the events of a ticker stream, of one market (`ticker_1h`) or of all (`!ticker_1h@arr`). */
function tickerEventOf(kind: string): TickerEvent | undefined {
  const name = kind.replace(/^!(.*)@arr$/, '$1');
  if (name === 'miniTicker') return miniTickerEvent;
  if (name === 'ticker') return dayTickerEvent;
  return name.startsWith('ticker_') ? windowTickerEvent(name.slice('ticker_'.length)) : undefined;
}

export function makeStreams(venue: Venue, listenKeys: ListenKeys, sync: SyncListeners): Streams {
  const subscribers = new Map<string, Set<Connection>>();
  const feeds = new Map<string, DepthFeed>();
  const dirtyCandles = new Set<Pair>();
  const movedInQuiet = new Set<Pair>();
  /** The newest trade of each pair that those in lockstep have not heard. */
  const tradedInQuiet = new Map<Pair, TradeEvent>();
  let isQuiet = false;
  let leavesOut = false;

  const marketOfPair = (pair: Pair): MarketDefinition => venue.exchange.market(pair) as MarketDefinition;

  const topicOf = (name: string): Topic | undefined => {
    if (overAll.has(name)) return { kind: name, market: undefined };
    const at = name.indexOf('@');
    const market = at < 0 ? undefined : venue.market(name.slice(0, at).toUpperCase());
    const kind = name.slice(at + 1);
    return market !== undefined && perSymbol.test(kind) ? { kind, market } : undefined;
  };

  /** Sends one event to all who asked for the stream, or to those in lockstep alone, made once per time unit. */
  const publish = (name: string, make: (time: TimeUnit) => unknown, evenInQuiet = false, inLockstep = false): void => {
    const to = subscribers.get(name);
    if (to === undefined || to.size === 0) return;
    const texts = new Map<TimeUnit, string>();
    for (const connection of to) {
      if ((leavesOut && connection.sync && !evenInQuiet) || (inLockstep && !connection.sync)) continue;
      const known = texts.get(connection.time);
      const text = known ?? JSON.stringify(make(connection.time));
      texts.set(connection.time, text);
      deliver(connection, name, text);
    }
  };

  const deliver = (connection: Connection, name: string, text: string): void => {
    if (connection.socket.readyState !== connection.socket.OPEN) return;
    connection.socket.send(connection.combined ? `{"stream":${JSON.stringify(name)},"data":${text}}` : text);
  };

  const streamName = (market: MarketDefinition, kind: string): string => `${market.symbol.toLowerCase()}@${kind}`;

  const publishTrade = (market: MarketDefinition, { trade }: TradeEvent, inLockstep = false): void =>
    publish(
      streamName(market, 'trade'),
      (time) => ({
        e: 'trade',
        E: time(venue.now()),
        s: market.symbol,
        t: trade.id,
        p: priceText(market, trade.price),
        q: quantityText(market, trade.quantity),
        T: time(trade.time),
        m: trade.buyerIsMaker,
        M: true,
      }),
      false,
      inLockstep,
    );

  const publishBest = (market: MarketDefinition): void => {
    const make = (): Json => {
      const best = venue.exchange.best(market.pair);
      return {
        u: best.updateId,
        s: market.symbol,
        b: priceText(market, best.bid),
        B: quantityText(market, best.bidQuantity),
        a: priceText(market, best.ask),
        A: quantityText(market, best.askQuantity),
      };
    };
    publish(streamName(market, 'bookTicker'), make);
    publish('!bookTicker', make);
  };

  const publishKline = (market: MarketDefinition, of: KlineStream, kline: Kline, closed: boolean): void =>
    publish(
      streamName(market, `kline_${of.interval}${of.eastMs === 0 ? '' : eastSuffix}`),
      (time) => ({
        e: 'kline',
        E: time(venue.now()),
        s: market.symbol,
        k: {
          t: time(kline.openTime),
          T: time === milliseconds ? kline.closeTime : time(kline.closeTime) + 999,
          s: market.symbol,
          i: of.interval,
          f: kline.firstTradeId,
          L: kline.lastTradeId,
          o: priceText(market, kline.open),
          c: priceText(market, kline.close),
          h: priceText(market, kline.high),
          l: priceText(market, kline.low),
          v: money(kline.volume),
          n: kline.trades,
          x: closed,
          q: money(kline.quoteVolume),
          V: money(kline.takerVolume),
          Q: money(kline.takerQuoteVolume),
          B: '0',
        },
      }),
      closed,
    );

  const onMarketEvent = (event: MarketEvent): void => {
    const market = marketOfPair(event.pair);
    switch (event.kind) {
      case 'trade': {
        dirtyCandles.add(event.pair);
        if (leavesOut) {
          movedInQuiet.add(event.pair);
          tradedInQuiet.set(event.pair, event);
        }
        publishTrade(market, event);
        return;
      }
      case 'aggregate-trade': {
        const { trade } = event;
        publish(streamName(market, 'aggTrade'), (time) => ({
          e: 'aggTrade',
          E: time(venue.now()),
          s: market.symbol,
          a: trade.id,
          p: priceText(market, trade.price),
          q: quantityText(market, trade.quantity),
          f: trade.firstId,
          l: trade.lastId,
          T: time(trade.time),
          m: trade.buyerIsMaker,
          M: true,
        }));
        return;
      }
      case 'book-ticker':
        if (leavesOut) movedInQuiet.add(event.pair);
        publishBest(market);
        return;
      case 'kline-closed':
        publishKline(market, event, event.kline, true);
        return;
      case 'market-status':
        publishHalt(market, event.halted);
        return;
    }
  };

  /** Connections in lockstep that hear one of the streams that begin so. */
  const inStep = (start: string): ReadonlySet<Connection> => {
    const found = new Set<Connection>();
    for (const [name, connections] of subscribers) {
      if (!name.startsWith(start)) continue;
      for (const connection of connections) if (connection.sync && connection.combined) found.add(connection);
    }
    return found;
  };

  /** The exchange has no stream for this; those who take part in lockstep are told, others see it in exchangeInfo. */
  const publishHalt = (market: MarketDefinition, halted: boolean): void => {
    const text = JSON.stringify({ e: 'holdfastHalt', s: market.symbol, halted });
    for (const connection of inStep(`${market.symbol.toLowerCase()}@`)) deliver(connection, '!halt', text);
  };

  const sayQuietIsOver = (): void => {
    for (const connection of inStep('')) deliver(connection, '!quiet', '{"e":"holdfastQuietOver"}');
  };

  const publishUser = (event: UserEvent): void => {
    for (const [name, connections] of subscribers) {
      if (!listenKeyFormat.test(name) || listenKeys.userOf(name) !== event.userId) continue;
      for (const connection of connections)
        deliver(connection, name, JSON.stringify(userEventJson(event, marketOfPair, connection.time)));
    }
  };

  const active = (): { readonly name: string; readonly topic: Topic }[] =>
    [...subscribers].flatMap(([name, to]) => {
      const topic = to.size === 0 ? undefined : topicOf(name);
      return topic === undefined ? [] : [{ name, topic }];
    });

  const publishDepth = (name: string, kind: string, market: MarketDefinition): void => {
    const levels = /^depth(\d+)/.exec(kind)?.[1];
    if (levels !== undefined) {
      publish(name, () => {
        const book = venue.exchange.depth(market.pair, Number(levels));
        return {
          lastUpdateId: book.lastUpdateId,
          bids: book.bids.map((level) => levelText(market, level)),
          asks: book.asks.map((level) => levelText(market, level)),
        };
      });
      return;
    }
    const diff = feeds.get(name)?.next();
    if (diff === undefined) return;
    publish(name, (time) => ({
      e: 'depthUpdate',
      E: time(venue.now()),
      s: market.symbol,
      U: diff.first,
      u: diff.last,
      b: diff.bids.map((level) => levelText(market, level)),
      a: diff.asks.map((level) => levelText(market, level)),
    }));
  };

  const fast = setInterval(() => {
    for (const { name, topic } of active())
      if (topic.market !== undefined && /^depth.*@100ms$/.test(topic.kind)) publishDepth(name, topic.kind, topic.market);
  }, 100);

  const slow = setInterval(() => {
    for (const { name, topic } of active()) publishPaced(name, topic);
    dirtyCandles.clear();
  }, 1000);

  const publishPaced = (name: string, { kind, market }: Topic): void => {
    const make = tickerEventOf(kind);
    if (make !== undefined) {
      if (market !== undefined) publish(name, (time) => make(venue, market, time));
      else publish(name, (time) => venue.exchange.markets().map((each) => make(venue, each, time)));
    } else if (market === undefined) return;
    else if (kind === 'avgPrice') publish(name, (time) => averageEvent(venue, market, time));
    else if (kind.startsWith('kline_') && dirtyCandles.has(market.pair)) {
      const of = klineStream(kind);
      const kline = venue.exchange.currentKline(market.pair, of.interval, of.eastMs);
      if (kline !== undefined) publishKline(market, of, kline, false);
    } else if (kind.startsWith('depth') && !kind.endsWith('@100ms')) publishDepth(name, kind, market);
  };

  const subscribe = (connection: Connection, name: string): boolean => {
    const topic = topicOf(name);
    if (topic === undefined && !listenKeyFormat.test(name)) return false;
    connection.names.add(name);
    const to = subscribers.get(name) ?? new Set();
    subscribers.set(name, to);
    to.add(connection);
    if (topic?.market === undefined) return true;
    const { kind, market } = topic;
    if (kind.startsWith('kline_')) {
      const { interval, eastMs } = klineStream(kind);
      venue.exchange.watchKline(market.pair, interval, eastMs);
    }
    if (/^depth(@|$)/.test(kind) && !feeds.has(name)) feeds.set(name, venue.exchange.depthFeed(market.pair));
    return true;
  };

  const unsubscribe = (connection: Connection, name: string): void => {
    connection.names.delete(name);
    const to = subscribers.get(name);
    to?.delete(connection);
    if (to?.size !== 0) return;
    subscribers.delete(name);
    feeds.delete(name);
  };

  const onMessage = (connection: Connection, text: string): void => {
    const answer = commandAnswer(connection, text, subscribe, unsubscribe);
    connection.socket.send(JSON.stringify(answer));
  };

  venue.onMarketEvent(onMarketEvent);
  venue.onUserEvent(publishUser);
  listenKeys.onStopped((listenKey) => {
    for (const connection of subscribers.get(listenKey) ?? [])
      deliver(connection, listenKey, JSON.stringify({ e: 'listenKeyExpired', E: connection.time(venue.now()), listenKey }));
  });

  return {
    connect(socket, request): void {
      const url = new URL(request.url ?? '/', 'http://exchange');
      const names = url.pathname.startsWith('/ws')
        ? url.pathname.slice(4).split('/')
        : (url.searchParams.get('streams') ?? '').split('/');
      const connection: Connection = {
        socket,
        combined: url.pathname.startsWith('/stream'),
        sync: url.searchParams.get('sync') === '1',
        time: /^micro/i.test(url.searchParams.get('timeUnit') ?? '') ? microseconds : milliseconds,
        names: new Set(),
      };
      keepAlive(socket);
      for (const name of names.map(decodeURIComponent)) if (name !== '') subscribe(connection, name);
      if (connection.sync) {
        sync.add(socket, ({ n, at }) => {
          const data = JSON.stringify({ e: 'holdfastSync', n, E: at });
          socket.send(connection.combined ? `{"stream":"!sync","data":${data}}` : data);
        });
      }
      const isTooFast = makeMessageMeter(messagesPerSecondMost, Date.now);
      const onFrame = (): boolean => {
        if (isTooFast()) socket.close(1008, 'Too many requests');
        return socket.readyState === socket.OPEN;
      };
      socket.on('ping', onFrame);
      socket.on('message', (data) => {
        if (onFrame()) onMessage(connection, String(data));
      });
      socket.on('close', () => {
        for (const name of [...connection.names]) unsubscribe(connection, name);
      });
    },
    setQuiet(quiet, leaves): void {
      leavesOut = leaves;
      if (quiet || !isQuiet) {
        isQuiet = quiet;
        return;
      }
      isQuiet = false;
      for (const event of tradedInQuiet.values()) publishTrade(marketOfPair(event.pair), event, true);
      for (const pair of movedInQuiet) publishBest(marketOfPair(pair));
      tradedInQuiet.clear();
      movedInQuiet.clear();
      sayQuietIsOver();
    },
    stop(): void {
      clearInterval(fast);
      clearInterval(slow);
    },
  };
}

const streamError = (id: unknown, msg: string): Json => ({ error: { code: 2, msg: `Invalid request: ${msg}` }, id });

/** The JSON commands of market streams (web-socket-streams.md, live subscribing). */
function commandAnswer(
  connection: Connection,
  text: string,
  subscribe: (connection: Connection, name: string) => boolean,
  unsubscribe: (connection: Connection, name: string) => void,
): Json {
  let message: Record<string, unknown>;
  try {
    message = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { error: { code: 3, msg: 'Invalid JSON: expected value at line 1 column 1' } };
  }
  const { id, method, params } = message ?? {};
  const isId = id === null || (Number.isSafeInteger(id) && Number(id) >= 0) || (typeof id === 'string' && id.length <= 36);
  if (id !== undefined && !isId) return streamError(null, 'request ID must be an unsigned integer or a string');
  if (method === 'LIST_SUBSCRIPTIONS') return { result: [...connection.names], id: id ?? null };
  if (method === 'SET_PROPERTY' || method === 'GET_PROPERTY') return property(connection, method, params, id);
  if (method !== 'SUBSCRIBE' && method !== 'UNSUBSCRIBE')
    return streamError(
      id ?? null,
      `unknown variant \`${String(method)}\`, expected one of \`SUBSCRIBE\`, \`UNSUBSCRIBE\`, \`LIST_SUBSCRIPTIONS\`, \`SET_PROPERTY\`, \`GET_PROPERTY\``,
    );
  if (!Array.isArray(params) || params.some((name) => typeof name !== 'string'))
    return streamError(id ?? null, 'missing field `params`, expected a list of stream names');
  if (method === 'UNSUBSCRIBE') for (const name of params) unsubscribe(connection, name);
  else {
    if (connection.names.size + params.length > streamsMost)
      return streamError(id ?? null, `too many subscriptions, at most ${streamsMost} streams on a connection`);
    for (const name of params) subscribe(connection, name);
  }
  return { result: null, id: id ?? null };
}

function property(connection: Connection, method: string, params: unknown, id: unknown): Json {
  const [name, value] = Array.isArray(params) ? params : [];
  if (name !== 'combined') return { error: { code: 0, msg: 'Unknown property' }, id: id ?? null };
  if (method === 'GET_PROPERTY') return { result: connection.combined, id: id ?? null };
  if (typeof value !== 'boolean') return { error: { code: 1, msg: 'Invalid value type: expected Boolean' }, id: id ?? null };
  connection.combined = value;
  return { result: null, id: id ?? null };
}
