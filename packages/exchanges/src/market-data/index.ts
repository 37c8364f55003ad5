export { type BinanceMarketDataOptions, binanceMarketData } from './binance.ts';
export { MarketDataError } from './error.ts';
export { exchangeHelp, marketDataPlaces } from './hosts.ts';
