/**
 * Three further public exchanges for the vault's reference price, each in its own ticker dialect: Kraken (v2 `ticker`),
 * Coinbase Exchange (`ticker`), OKX (`tickers`, `bbo-tbt`). They see the tape's prices with seeded noise of their own.
 */
import type { IncomingMessage } from 'node:http';
import type { Pair } from '@holdfast/domain';
import { formatAmount } from '@holdfast/domain';
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
  ticker: (_, { pair, bid, ask, last, at }) => ({
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
        volume: 1,
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
  ticker: (_, { pair, bid, ask, last, at, sequence }) => ({
    type: 'ticker',
    sequence,
    product_id: withDash(pair),
    price: last,
    open_24h: last,
    volume_24h: size,
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
  ticker(channel, { pair, bid, ask, last, at, sequence }) {
    const arg = { channel, instId: withDash(pair) };
    const ts = String(at);
    if (channel === 'bbo-tbt')
      return { arg, data: [{ asks: [[ask, size, '0', '1']], bids: [[bid, size, '0', '1']], ts, seqId: sequence }] };
    const day = { open24h: last, high24h: last, low24h: last, volCcy24h: size, vol24h: size, sodUtc0: last, sodUtc8: last };
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

export interface References {
  connect(socket: WebSocket, request: IncomingMessage, exchange: string): void;
  setQuiet(quiet: boolean): void;
}

export const isReference = (name: string): name is ReferenceExchange => name in dialects;

export function makeReferences(venue: Venue, seed: number, sync: SyncListeners): References {
  const connections = new Set<Connection>();
  const moved = new Set<Pair>();
  let quiet = false;
  let sequence = 0;

  const pricesOf = (
    quotes: readonly ReferenceQuote[],
    exchange: ReferenceExchange,
    market: MarketDefinition,
    at: number,
  ): Prices => {
    const quote = quotes.find((each) => each.exchange === exchange) as ReferenceQuote;
    const text = (ticks: number): string => formatAmount(BigInt(ticks) * market.tick);
    return { pair: market.pair, bid: text(quote.bid), ask: text(quote.ask), last: text(quote.last), at, sequence };
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

  return {
    connect(socket, request, exchange): void {
      const url = new URL(request.url ?? '/', 'http://exchange');
      const dialect = dialects[exchange as ReferenceExchange];
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
    setQuiet(next): void {
      if (quiet === next) return;
      quiet = next;
      if (quiet) return;
      for (const pair of moved) publish(pair);
      moved.clear();
    },
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
