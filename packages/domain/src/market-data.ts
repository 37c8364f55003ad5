/** Port of public market data, implemented once per exchange in packages/exchanges/market-data. */
import type { Candle } from './candle.ts';
import type { Amount } from './money.ts';
import type { EpochMs } from './order.ts';
import type { Pair, PairRules } from './pair.ts';

export type MarketEvent =
  | { readonly kind: 'trade'; readonly pair: Pair; readonly at: EpochMs; readonly price: Amount; readonly quantity: Amount }
  | { readonly kind: 'best'; readonly pair: Pair; readonly bid: Amount; readonly ask: Amount }
  | { readonly kind: 'candle'; readonly pair: Pair; readonly interval: string; readonly candle: Candle; readonly closed: boolean }
  | { readonly kind: 'pair-status'; readonly pair: Pair; readonly halted: boolean }
  /** Simulated exchanges only: everything up to round `n` has been said; its time is `at`. */
  | { readonly kind: 'sync'; readonly n: number; readonly at: EpochMs }
  /** Simulated exchanges only: what was said before is of a stretch in which, by the engine's own promise, nobody wakes. */
  | { readonly kind: 'quiet-over' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'disconnected' };

export interface MarketDataPort {
  rules(pairs: readonly Pair[]): Promise<readonly PairRules[]>;
  /** Oldest first, closed candles only. */
  candles(pair: Pair, interval: string, limit: number): Promise<readonly Candle[]>;
  /** Last trade and best prices of now, as events; a price that there is not yet is left out. */
  prices(pairs: readonly Pair[]): Promise<readonly MarketEvent[]>;
  serverTime(): Promise<EpochMs>;
  /** Streams trades, best prices and one-minute candles; reconnects by itself until the returned function is called. */
  subscribe(pairs: readonly Pair[], listener: (event: MarketEvent) => void): () => void;
}
