/**
 * Three further public exchanges for the vault's reference price, each in its own ticker dialect: Kraken (v2 `ticker`),
 * Coinbase Exchange (`ticker`), OKX (`tickers`, `bbo-tbt`). They see the tape's prices with seeded noise of their own.
 */
import type { IncomingMessage } from 'node:http';
import { type Amount, divide, epochMs, formatAmount, type Pair } from '@holdfast/domain';
import {
  type MarketDefinition,
  type ReferenceExchange,
  type ReferenceQuote,
  referenceQuotes,
} from '@holdfast/exchanges/simulated';
import type { WebSocket } from 'ws';
import { keepAlive, type SyncListeners } from './sockets.ts';
import type { Venue } from './venue.ts';

type Message = Record<string, unknown>;

interface Prices {
  readonly pair: Pair;
  readonly bid: string;
  readonly ask: string;
  readonly last: string;
  /** Of 24 h, in base and in quote. */
  readonly volume: string;
  readonly quoteVolume: string;
  readonly at: number;
  readonly sequence: number;
}

interface Dialect {
  readonly exchange: ReferenceExchange;
  /** Pairs and channel that a message subscribes to (or no longer); undefined when it does neither. */
  read(message: Message): { readonly on: boolean; readonly channel: string; readonly pairs: readonly string[] } | undefined;
  /** What is answered to a subscription. */
  answer(message: Message, channel: string, pair: string, isKnown: boolean, at: number): readonly unknown[];
  readonly channels: readonly string[];
  ticker(channel: string, prices: Prices): unknown;
}

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []);
const withSlash = (name: string): string => name.replace('-', '/');
const withDash = (name: string): string => name.replace('/', '-');
const iso = (at: number): string => new Date(at).toISOString();
const size = '1.00000000';

const kraken: Dialect = {
  exchange: 'kraken',
  read(message) {
    const params = (message.params ?? {}) as Message;
    if (message.method !== 'subscribe' && message.method !== 'unsubscribe') return undefined;
    return { on: message.method === 'subscribe', channel: String(params.channel), pairs: texts(params.symbol) };
  },
  channels: ['ticker'],
  answer(message, channel, pair, isKnown, now) {
    const at = iso(now);
    const base = {
      method: message.method,
      success: isKnown,
      time_in: at,
      time_out: at,
      ...('req_id' in message ? { req_id: message.req_id } : {}),
    };
    return [
      isKnown
        ? { ...base, result: { channel, snapshot: true, symbol: pair } }
        : { ...base, error: `Currency pair not supported ${pair}`, symbol: pair },
    ];
  },
  ticker: (_, { pair, bid, ask, last, volume, at }) => ({
    channel: 'ticker',
    type: 'update',
    data: [
      {
        symbol: pair,
        bid: Number(bid),
        bid_qty: 1,
        ask: Number(ask),
        ask_qty: 1,
        last: Number(last),
        volume: Number(volume),
        vwap: Number(last),
        low: Number(last),
        high: Number(last),
        change: 0,
        change_pct: 0,
        timestamp: iso(at),
      },
    ],
  }),
};

const coinbase: Dialect = {
  exchange: 'coinbase',
  read(message) {
    if (message.type !== 'subscribe' && message.type !== 'unsubscribe') return undefined;
    const ofChannels = (Array.isArray(message.channels) ? message.channels : []).flatMap((each) =>
      typeof each === 'object' && each !== null ? texts((each as Message).product_ids) : [],
    );
    const pairs = [...texts(message.product_ids), ...ofChannels].map(withSlash);
    return { on: message.type === 'subscribe', channel: 'ticker', pairs };
  },
  channels: ['ticker'],
  answer: (_, channel, pair, isKnown) =>
    !isKnown
      ? [{ type: 'error', message: 'Failed to subscribe', reason: `${withDash(pair)} is not a valid product` }]
      : [{ type: 'subscriptions', channels: [{ name: channel, product_ids: [withDash(pair)], account_ids: null }] }],
  ticker: (_, { pair, bid, ask, last, volume, at, sequence }) => ({
    type: 'ticker',
    sequence,
    product_id: withDash(pair),
    price: last,
    open_24h: last,
    volume_24h: volume,
    low_24h: last,
    high_24h: last,
    volume_30d: size,
    best_bid: bid,
    best_bid_size: size,
    best_ask: ask,
    best_ask_size: size,
    side: 'buy',
    time: iso(at),
    trade_id: sequence,
    last_size: size,
  }),
};

const okx: Dialect = {
  exchange: 'okx',
  read(message) {
    if (message.op !== 'subscribe' && message.op !== 'unsubscribe') return undefined;
    const args = (Array.isArray(message.args) ? message.args : []) as Message[];
    const channel = String(args[0]?.channel ?? '');
    return { on: message.op === 'subscribe', channel, pairs: args.map((each) => withSlash(String(each.instId))) };
  },
  channels: ['tickers', 'bbo-tbt'],
  answer: (message, channel, pair, isKnown) =>
    !isKnown
      ? [
          {
            event: 'error',
            code: '60018',
            msg: `Wrong URL or channel:${channel},instId:${withDash(pair)} doesn't exist.`,
            connId: 'a4d3ae55',
          },
        ]
      : [{ event: message.op, arg: { channel, instId: withDash(pair) }, connId: 'a4d3ae55' }],
  ticker(channel, { pair, bid, ask, last, volume, quoteVolume, at, sequence }) {
    const arg = { channel, instId: withDash(pair) };
    const ts = String(at);
    if (channel === 'bbo-tbt')
      return { arg, data: [{ asks: [[ask, size, '0', '1']], bids: [[bid, size, '0', '1']], ts, seqId: sequence }] };
    const day = {
      open24h: last,
      high24h: last,
      low24h: last,
      volCcy24h: quoteVolume,
      vol24h: volume,
      sodUtc0: last,
      sodUtc8: last,
    };
    const best = { askPx: ask, askSz: size, bidPx: bid, bidSz: size };
    return { arg, data: [{ instType: 'SPOT', instId: withDash(pair), last, lastSz: size, ...best, ...day, ts }] };
  },
};

const dialects: Readonly<Record<ReferenceExchange, Dialect>> = { kraken, coinbase, okx };

interface Connection {
  readonly socket: WebSocket;
  readonly dialect: Dialect;
  readonly sync: boolean;
  /** "channel pair" */
  readonly wanted: Set<string>;
}

/** What one of the three says that is not so. */
export type Lie =
  | { readonly kind: 'shift'; readonly bps: number }
  /** In quote. */
  | { readonly kind: 'price'; readonly price: Amount }
  /** Its connections end and none is accepted. */
  | { readonly kind: 'stopped' };

export interface References {
  connect(socket: WebSocket, request: IncomingMessage, exchange: string): void;
  setQuiet(quiet: boolean): void;
  /** One of the three lies from now on, about one pair or all (`null`); null: it is honest again. It says so at once. */
  lie(exchange: ReferenceExchange, pair: Pair | null, lie: Lie | null): void;
}

export const isReference = (name: string): name is ReferenceExchange => name in dialects;

export function makeReferences(venue: Venue, seed: number, sync: SyncListeners): References {
  const connections = new Set<Connection>();
  const moved = new Set<Pair>();
  /** By `exchange pair`, `exchange *` for all pairs. */
  const lies = new Map<string, Lie>();
  const volumes = dayVolumes(venue);
  let quiet = false;
  let sequence = 0;

  const lieOf = (exchange: ReferenceExchange, pair: Pair): Lie | undefined =>
    lies.get(`${exchange} ${pair}`) ?? lies.get(`${exchange} *`);

  const pricesOf = (
    quotes: readonly ReferenceQuote[],
    exchange: ReferenceExchange,
    market: MarketDefinition,
    at: number,
  ): Prices => {
    const honest = quotes.find((each) => each.exchange === exchange) as ReferenceQuote;
    const quote = told(honest, lieOf(exchange, market.pair), market);
    const text = (ticks: number): string => formatAmount(BigInt(ticks) * market.tick);
    const said = { bid: text(quote.bid), ask: text(quote.ask), last: text(quote.last) };
    return { pair: market.pair, ...said, ...volumes(market.pair, at), at, sequence };
  };

  const publish = (pair: Pair): void => {
    const market = venue.exchange.market(pair);
    const price = venue.exchange.last(pair);
    if (market === undefined || price === 0 || connections.size === 0) return;
    sequence += 1;
    const at = venue.now();
    const quotes = referenceQuotes(seed, pair, at, price);
    for (const { socket, dialect, wanted, sync: inStep } of connections) {
      if (quiet && inStep) continue;
      for (const each of wanted) {
        const [channel = '', name] = each.split(' ');
        if (name !== pair || socket.readyState !== socket.OPEN) continue;
        socket.send(JSON.stringify(dialect.ticker(channel, pricesOf(quotes, dialect.exchange, market, at))));
      }
    }
  };

  venue.onMarketEvent((event) => {
    if (event.kind !== 'trade') return;
    if (quiet) moved.add(event.pair);
    publish(event.pair);
  });

  const onMessage = (connection: Connection, message: Message): void => {
    const { socket, dialect } = connection;
    if (message.method === 'ping') socket.send(JSON.stringify({ method: 'pong' }));
    const asked = dialect.read(message);
    for (const name of asked?.pairs ?? []) {
      const market = venue.exchange.market(name as Pair);
      const channel = asked?.channel ?? '';
      const isKnown = market !== undefined && dialect.channels.includes(channel);
      for (const answer of dialect.answer(message, channel, name, isKnown, venue.now())) socket.send(JSON.stringify(answer));
      const key = `${channel} ${name}`;
      if (asked?.on !== true || !isKnown) connection.wanted.delete(key);
      else {
        connection.wanted.add(key);
        sendCurrent(connection, channel, market);
        if (connection.sync) sync.ask();
      }
    }
  };

  const sendCurrent = ({ socket, dialect }: Connection, channel: string, market: MarketDefinition): void => {
    const price = venue.exchange.last(market.pair);
    if (price === 0) return;
    const at = venue.now();
    const quotes = referenceQuotes(seed, market.pair, at, price);
    socket.send(JSON.stringify(dialect.ticker(channel, pricesOf(quotes, dialect.exchange, market, at))));
  };

  const sayAgain = (connection: Connection, wanted: string): void => {
    const [channel = '', name] = wanted.split(' ');
    const market = venue.exchange.market(name as Pair);
    if (market !== undefined && connection.socket.readyState === connection.socket.OPEN) sendCurrent(connection, channel, market);
  };

  return {
    connect(socket, request, exchange): void {
      const url = new URL(request.url ?? '/', 'http://exchange');
      const dialect = dialects[exchange as ReferenceExchange];
      if (lies.get(`${exchange} *`)?.kind === 'stopped') {
        socket.terminate();
        return;
      }
      const connection: Connection = { socket, dialect, sync: url.searchParams.get('sync') === '1', wanted: new Set() };
      connections.add(connection);
      keepAlive(socket);
      if (connection.sync) sync.add(socket, ({ n, at }) => socket.send(JSON.stringify({ e: 'holdfastSync', n, E: at })));
      socket.on('message', (data) => {
        const text = String(data);
        if (text === 'ping') socket.send('pong');
        else onMessage(connection, parsed(text));
      });
      socket.on('close', () => connections.delete(connection));
    },
    lie(exchange, pair, lie): void {
      const key = `${exchange} ${pair ?? '*'}`;
      if (lie === null) lies.delete(key);
      else lies.set(key, lie);
      for (const connection of connections) {
        if (connection.dialect.exchange !== exchange) continue;
        if (lie?.kind === 'stopped') connection.socket.terminate();
        else for (const each of connection.wanted) sayAgain(connection, each);
      }
    },
    setQuiet(next): void {
      if (quiet === next) return;
      quiet = next;
      if (quiet) return;
      for (const pair of moved) publish(pair);
      moved.clear();
    },
  };
}

/** What is said in the place of an honest quote. */
function told(honest: ReferenceQuote, lie: Lie | undefined, { tick }: MarketDefinition): ReferenceQuote {
  if (lie === undefined || lie.kind === 'stopped') return honest;
  const last = lie.kind === 'price' ? Number(divide(lie.price, tick, 'down')) : Math.round(honest.last * (1 + lie.bps / 10_000));
  const half = Math.max(1, Math.round((honest.ask - honest.bid) / 2));
  return { ...honest, last, bid: Math.max(1, last - half), ask: Math.max(1, last - half) + 2 * half };
}

/** 24 h volumes of a pair, counted once in a minute of the exchange's time. */
function dayVolumes({ exchange }: Venue): (pair: Pair, at: number) => { readonly volume: string; readonly quoteVolume: string } {
  const known = new Map<Pair, { readonly minute: number; readonly volume: string; readonly quoteVolume: string }>();
  return (pair, at) => {
    const minute = Math.floor(at / 60_000);
    const held = known.get(pair);
    if (held?.minute === minute) return held;
    const day = exchange.dayStatistics(pair, epochMs(at));
    const made = { minute, volume: formatAmount(day.volume), quoteVolume: formatAmount(day.quoteVolume) };
    known.set(pair, made);
    return made;
  };
}

function parsed(text: string): Message {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Message) : {};
  } catch {
    return {};
  }
}
