/**
 * What has changed, gathered from the engine's notices and handed on at most four times a second, however fast the market
 * runs: of prices and the forming candle the newest per pair counts, candles that closed are kept apart, topics are joined.
 */
import type { CandleEvent, ChangedEvent, EngineNotice, StatusEvent, TickEvent } from '@holdfast/contracts';

export type LiveEvent =
  | { readonly event: 'tick'; readonly data: TickEvent }
  | { readonly event: 'candle'; readonly data: CandleEvent }
  | { readonly event: 'changed'; readonly data: ChangedEvent }
  | { readonly event: 'status'; readonly data: StatusEvent };

type Topic = ChangedEvent['topics'][number];

export interface Hub {
  notice(notice: EngineNotice): void;
  changed(topics: readonly Topic[]): void;
  /** To all listeners now. */
  say(event: LiveEvent): void;
  listen(listener: (event: LiveEvent) => void): () => void;
  /** Hands on what was gathered. */
  flush(): void;
  readonly listeners: number;
}

/** More candles than this closed since the last flush: listeners are told to read them again. */
const closedCandlesMost = 20;

export function makeHub(): Hub {
  const listeners = new Set<(event: LiveEvent) => void>();
  const topics = new Set<Topic>();
  const ticks = new Map<string, TickEvent>();
  const forming = new Map<string, CandleEvent>();
  let closed: CandleEvent[] = [];
  const say = (event: LiveEvent): void => {
    for (const listener of listeners) listener(event);
  };
  function keepCandle(candle: CandleEvent): void {
    if (!candle.closed) {
      forming.set(candle.pair, candle);
      return;
    }
    forming.delete(candle.pair);
    closed.push(candle);
    if (closed.length <= closedCandlesMost) return;
    closed = [];
    topics.add('candles');
  }
  return {
    notice(notice) {
      for (const topic of notice.changed) topics.add(topic);
      if (notice.tick !== undefined) ticks.set(notice.tick.pair, notice.tick);
      if (notice.candle !== undefined) keepCandle(notice.candle);
    },
    changed: (added) => {
      for (const topic of added) topics.add(topic);
    },
    say,
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    flush() {
      if (topics.has('orders')) topics.add('verdicts'); // each order of ours began with a verdict
      const candles = [...closed, ...forming.values()];
      const joined = [...topics];
      const events: LiveEvent[] = [
        ...candles.map((data): LiveEvent => ({ event: 'candle', data })),
        ...[...ticks.values()].map((data): LiveEvent => ({ event: 'tick', data })),
        ...(joined.length > 0 ? [{ event: 'changed', data: { topics: joined } } as const] : []),
      ];
      closed = [];
      forming.clear();
      ticks.clear();
      topics.clear();
      for (const event of events) say(event);
    },
    get listeners() {
      return listeners.size;
    },
  };
}
