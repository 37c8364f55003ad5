/**
 * Live events of the server. Ticks and candles go past React straight to whoever draws them; the rest becomes "read
 * again", gathered for a second, so that a market at full speed does not flood the server with questions.
 */
import type { CandleEvent, ChangedEvent, Status, StatusEvent, TickEvent } from '@holdfast/contracts';
import type { QueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useSyncExternalStore } from 'react';

type Topic = ChangedEvent['topics'][number];

const queriesOf: Readonly<Record<Topic, readonly string[]>> = {
  bots: ['status', 'bot'],
  deals: ['status', 'bot', 'deals', 'statistics'],
  orders: ['bot', 'fills', 'report'],
  fills: ['bot', 'fills'],
  equity: ['equity', 'status'],
  events: ['log'],
  candles: [],
  status: ['status'],
  verdicts: ['verdicts'],
};

const gatherMs = 1_000;
const reconnectMs = 3_000;

export class LiveFeed {
  #client: QueryClient;
  #source: EventSource | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #gather: ReturnType<typeof setTimeout> | undefined;
  #stale = new Set<string>();
  #ticks = new Map<string, TickEvent>();
  #watchers = new Set<() => void>();
  #candleWatchers = new Set<(candle: CandleEvent) => void>();
  #connected = false;
  #wasConnected = false;

  constructor(client: QueryClient) {
    this.#client = client;
  }

  /** Connects, and stays connected until the returned function is called. */
  open(): () => void {
    this.#connect();
    return () => {
      clearTimeout(this.#retry);
      clearTimeout(this.#gather);
      this.#source?.close();
    };
  }

  /** Whether events arrive; undefined before the first answer. */
  connected = (): boolean | undefined => (this.#connected ? true : this.#wasConnected ? false : undefined);
  tick = (pair: string): TickEvent | undefined => this.#ticks.get(pair);

  watch = (onChange: () => void): (() => void) => {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  };

  watchCandles = (onCandle: (candle: CandleEvent) => void): (() => void) => {
    this.#candleWatchers.add(onCandle);
    return () => this.#candleWatchers.delete(onCandle);
  };

  #connect(): void {
    const source = new EventSource('/api/events');
    this.#source = source;
    source.addEventListener('open', () => this.#setConnected(true));
    source.addEventListener('error', () => this.#lost(source));
    source.addEventListener('tick', ({ data }) => this.#onTick(JSON.parse(data)));
    source.addEventListener('candle', ({ data }) => {
      for (const watcher of this.#candleWatchers) watcher(JSON.parse(data));
    });
    source.addEventListener('changed', ({ data }) => this.#onChanged(JSON.parse(data)));
    source.addEventListener('status', ({ data }) => this.#onStatus(JSON.parse(data)));
  }

  #onTick(tick: TickEvent): void {
    this.#ticks.set(tick.pair, tick);
    this.#tell();
  }

  #onChanged({ topics }: ChangedEvent): void {
    for (const topic of topics) for (const query of queriesOf[topic] ?? []) this.#stale.add(query);
    this.#gather ??= setTimeout(() => this.#readAgain(), gatherMs);
  }

  #readAgain(): void {
    this.#gather = undefined;
    for (const query of this.#stale) void this.#client.invalidateQueries({ queryKey: [query] });
    this.#stale.clear();
  }

  #onStatus({ clock, vault, engine, processes }: StatusEvent): void {
    this.#client.setQueryData<Status>(
      ['status'],
      (old) => old && { ...old, clock, processes, vault: { ...old.vault, ...vault }, engine: { ...old.engine, ...engine } },
    );
  }

  /** What was missed while the line was down has to be read. */
  #setConnected(connected: boolean): void {
    if (connected && !this.#connected) this.#catchUp();
    this.#wasConnected ||= connected;
    this.#connected = connected;
    this.#tell();
  }

  #catchUp(): void {
    const all = this.#wasConnected;
    void this.#client.invalidateQueries({ predicate: ({ state }) => all || state.status === 'error' });
  }

  /** A browser gives up after an answer that is not 200; we do not. */
  #lost(source: EventSource): void {
    this.#setConnected(false);
    if (source.readyState !== EventSource.CLOSED || source !== this.#source) return;
    this.#retry = setTimeout(() => this.#connect(), reconnectMs);
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

export const LiveContext = createContext<LiveFeed | undefined>(undefined);

export function useLive(): LiveFeed {
  const feed = useContext(LiveContext);
  if (feed === undefined) throw new Error('no live feed around this component');
  return feed;
}

export function useConnected(): boolean | undefined {
  const feed = useLive();
  return useSyncExternalStore(feed.watch, feed.connected);
}

/** The newest price of a pair that was said live; undefined before the first. */
export function useTick(pair: string | undefined): TickEvent | undefined {
  const feed = useLive();
  return useSyncExternalStore(feed.watch, () => (pair === undefined ? undefined : feed.tick(pair)));
}

export function useCandleEvents(pair: string | undefined, onCandle: (candle: CandleEvent) => void): void {
  const feed = useLive();
  useEffect(
    () =>
      feed.watchCandles((candle) => {
        if (candle.pair === pair) onCandle(candle);
      }),
    [feed, pair, onCandle],
  );
}
