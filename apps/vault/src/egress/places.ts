/**
 * Where the egress may dial. A simulated vault knows one place, the loopback exchange of its configuration, which plays the
 * reference exchanges as well. A real vault knows the table below, by TLS and nothing else, whoever asks.
 *
 *   E1  A name that leads to an address of a private network is not dialled. (Streams are dialled by the runtime, which
 *       resolves the name itself: there the exchange's certificate is what is checked.)
 */
import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

export const referenceVenues = ['kraken', 'coinbase', 'okx'] as const;
export type ReferenceVenue = (typeof referenceVenues)[number];

export interface Places {
  readonly host: string;
  readonly port: number;
  /** How REST requests are secured; null on the loopback. */
  readonly tls: { readonly lookup: LookupFunction; readonly ca?: string } | null;
  /** Whether the machine's clock counts, and not the exchange's. */
  readonly isReal: boolean;
  /** Address of a path of the exchange's WebSocket API. */
  readonly socket: (path: string) => string;
  readonly reference: Readonly<Record<ReferenceVenue, string>>;
  /** The trading exchange's own public market streams. */
  readonly market: string;
}

const loopbackOrigin = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):(\d{1,5})$/;
const socketPath = /^\/[a-z0-9/_-]{1,64}(\?sync=1)?$/;

/** The places of a simulated vault. @throws RangeError unless `exchange` is a loopback origin */
export function simulatedPlaces(exchange: string): Places {
  const match = loopbackOrigin.exec(exchange);
  if (match === null) throw new RangeError(`a simulated vault dials loopback only, not ${exchange}`);
  const [, host = '', port = ''] = match;
  const at = `ws://${host}:${port}`;
  const feed = (venue: ReferenceVenue): string => `${at}/reference/${venue}?sync=1`;
  return {
    host: host.replace(/[[\]]/g, ''),
    port: Number(port),
    tls: null,
    isReal: false,
    socket: (path) => {
      if (!socketPath.test(path)) throw new RangeError(`${path} is not a path of the WebSocket API`);
      return `${at}${path.includes('?') ? path : `${path}?sync=1`}`;
    },
    reference: { kraken: feed('kraken'), coinbase: feed('coinbase'), okx: feed('okx') },
    market: `${at}/ws?sync=1`,
  };
}

/** Hosts of the exchanges that a real vault trades on (rest-api.md and web-socket-api.md, "General API information"). */
const realHosts: Readonly<Record<string, { readonly host: string; readonly socket: string; readonly market: string }>> = {
  binance: {
    host: 'api.binance.com',
    socket: 'wss://ws-api.binance.com:443',
    market: 'wss://data-stream.binance.vision/ws',
  },
};
/** Public tickers: Kraken WebSocket v2; Coinbase Exchange feed; OKX v5 public channel. */
const realReference: Places['reference'] = {
  kraken: 'wss://ws.kraken.com/v2',
  coinbase: 'wss://ws-feed.exchange.coinbase.com',
  okx: 'wss://ws.okx.com:8443/ws/v5/public',
};

/** The places of a real vault. @throws RangeError unless `exchange` is a name of the table */
export function realPlaces(exchange: string): Places {
  const known = Object.hasOwn(realHosts, exchange) ? realHosts[exchange] : undefined;
  if (known === undefined)
    throw new RangeError(`a real vault trades on ${Object.keys(realHosts).join(', ')}, not on ${exchange}`);
  return {
    host: known.host,
    port: 443,
    tls: { lookup: lookupPublic },
    isReal: true,
    socket: (path) => {
      if (!socketPath.test(path) || path.includes('?')) throw new RangeError(`${path} is not a path of the WebSocket API`);
      return `${known.socket}${path}`;
    },
    reference: realReference,
    market: known.market,
  };
}

const privateNetworks = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  privateNetworks.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
  ['64:ff9b:1::', 48],
] as const)
  privateNetworks.addSubnet(net, bits, 'ipv6');

/** Whether an address is one of the open internet. IPv4 written as IPv6 counts as what it is. */
export function isPublicAddress(address: string): boolean {
  const kind = isIP(address);
  return kind !== 0 && !privateNetworks.check(address, kind === 4 ? 'ipv4' : 'ipv6');
}

/** Resolves a name and gives only addresses of the open internet (E1). */
const lookupPublic: LookupFunction = (name, options, done) => {
  lookup(name, { ...options, all: true }, (error, found) => {
    const open = (found ?? []).filter(({ address }) => isPublicAddress(address));
    const [first] = open;
    if (error !== null) done(error, '', 0);
    else if (first === undefined) done(new Error(`${name} leads to no address of the open internet`), '', 0);
    else if (options.all === true) done(null, open);
    else done(null, first.address, first.family);
  });
};
