/**
 * Where the public data of an exchange is. Source: rest-api.md and web-socket-streams.md, "General API information".
 */
import type { BinanceMarketDataOptions } from './binance.ts';

const known: Readonly<Record<string, BinanceMarketDataOptions>> = {
  binance: { restUrl: 'https://api.binance.com', streamUrl: 'wss://stream.binance.com:9443' },
};
/** Hosts that serve public data alone: the right ones for who has no account there. */
const publicOnly: Readonly<Record<string, BinanceMarketDataOptions>> = {
  binance: { restUrl: 'https://data-api.binance.vision', streamUrl: 'wss://data-stream.binance.vision' },
};
const loopback = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}$/;

/** What may be named: exchanges of the table, or an origin on this machine. */
export const exchangeHelp = `${Object.keys(known).join(', ')}, or an exchange on this machine such as http://127.0.0.1:8440`;

/** Addresses of the market data of an exchange, by name or as an origin on this machine; undefined for anything else. */
export function marketDataPlaces(exchange: string, use: { readonly hasAccount: boolean }): BinanceMarketDataOptions | undefined {
  const table = use.hasAccount ? known : publicOnly;
  if (Object.hasOwn(table, exchange)) return table[exchange];
  return loopback.test(exchange) ? { restUrl: exchange, streamUrl: exchange.replace(/^http/, 'ws') } : undefined;
}
