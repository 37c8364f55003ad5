/**
 * The exchange's core together with its disk and those who listen. Every change goes through here:
 *   V1  commit first, then answer and publish (S1); the tape's position is in the same commit.
 *   V2  Listeners hear events in the core's order.
 */
import { type EpochMs, epochMs } from '@holdfast/domain';
import type { Change, Exchange, MarketDefinition, MarketEvent, MarketTick, UserEvent } from '@holdfast/exchanges/simulated';
import type { Limits } from './limits.ts';
import type { ApiKey, Store } from './store.ts';

export interface Venue {
  readonly exchange: Exchange;
  readonly store: Store;
  readonly limits: Limits;
  readonly keys: Map<string, ApiKey>;
  /** Exchange time. */
  now(): EpochMs;
  market(symbol: string): MarketDefinition | undefined;
  /** Runs one command of a user, commits, publishes, and only then returns. */
  command<T>(act: (at: EpochMs) => T): T;
  /** Applies one step of the tape; commits at once only if something of a user changed. */
  tick(tick: MarketTick): void;
  /** Writes down where the tape is. */
  checkpoint(): void;
  /** Adds a key, or changes the one of that name. */
  addKey(key: ApiKey): void;
  removeKey(apiKey: string): void;
  onMarketEvent(listener: (event: MarketEvent) => void): void;
  onUserEvent(listener: (event: UserEvent) => void): void;
  /** Changes of users (not of the tape alone) so far: says whether something happened. */
  userChanges(): number;
}

export interface VenueParts {
  readonly exchange: Exchange;
  readonly store: Store;
  readonly limits: Limits;
  readonly now: () => EpochMs;
  /** Where the tape is, to be stored with every commit. */
  readonly position: () => Readonly<Record<string, string>>;
}

export function makeVenue({ exchange, store, limits, now, position }: VenueParts): Venue {
  const keys = new Map(store.apiKeys().map((key) => [key.apiKey, key]));
  const marketListeners: ((event: MarketEvent) => void)[] = [];
  const userListeners: ((event: UserEvent) => void)[] = [];
  let userChanges = 0;

  const settle = (): void => {
    const batch = exchange.drain();
    const isOwn = (change: Change): boolean => change.kind !== 'market' && change.kind !== 'counters';
    if (batch.changes.length > 0) store.commit([...batch.changes, ...exchange.checkpoint()], position());
    if (batch.userEvents.length > 0 || batch.changes.some(isOwn)) userChanges += 1;
    for (const event of batch.userEvents) {
      if (isFirstFill(event)) limits.refundOrders(event.userId, 1);
      for (const listener of userListeners) listener(event);
    }
    for (const event of batch.marketEvents) for (const listener of marketListeners) listener(event);
  };

  return {
    exchange,
    store,
    limits,
    keys,
    now,
    market: (symbol) => exchange.bySymbol(symbol),
    command(act) {
      const answer = act(epochMs(Math.floor(now())));
      settle();
      return answer;
    },
    tick(tick): void {
      exchange.tick(tick);
      settle();
    },
    checkpoint: () => store.commit(exchange.checkpoint(), position()),
    addKey(key): void {
      store.commit([], {}, [key]);
      keys.set(key.apiKey, key);
    },
    removeKey(apiKey): void {
      store.dropKey(apiKey);
      keys.delete(apiKey);
    },
    onMarketEvent: (listener) => void marketListeners.push(listener),
    onUserEvent: (listener) => void userListeners.push(listener),
    userChanges: () => userChanges,
  };
}

/** The first fill of an order takes it off the count of unfilled orders (faqs/order_count_decrement.md). */
const isFirstFill = (event: UserEvent): boolean =>
  event.kind === 'execution' && event.trade !== undefined && event.order.executed === event.trade.quantity;
