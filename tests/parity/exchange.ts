/**
 * The simulated exchange as a process plays it, without its process: the core, its disk in memory, the tape's driver in lockstep,
 * the ring and the streams are those that ship. In place of HTTP and websockets a `fetch` and a `WebSocket` that call them.
 */
import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Amount } from '@holdfast/domain';
import { CandleFeed, type CandleTable } from '@holdfast/exchanges/simulated';
import type { WebSocket as ServerSocket } from 'ws';
import { makeClock } from '../../apps/exchange/src/clock.ts';
import { type Driver, runDriver } from '../../apps/exchange/src/driver.ts';
import { type Hold, makeHold } from '../../apps/exchange/src/hold.ts';
import { createInProcessExchange, type InProcessExchange } from '../../apps/exchange/src/in-process.ts';
import { makeRing, type Ring } from '../../apps/exchange/src/ring.ts';
import { makeSyncListeners } from '../../apps/exchange/src/sockets.ts';
import { makeStreams } from '../../apps/exchange/src/streams.ts';
import { type TapeTerms, tapeMarkets } from '../../apps/exchange/src/tape-markets.ts';

export interface TapedMarket {
  readonly table: CandleTable;
  readonly minNotional: Amount;
}

export interface TapedExchange {
  readonly exchange: InProcessExchange;
  readonly hold: Hold;
  readonly ring: Ring;
  readonly driver: Driver;
  now(): number;
  /** As a program in another process has them. */
  readonly fetch: typeof fetch;
  readonly WebSocket: typeof WebSocket;
  stop(): Promise<void>;
}

/** `to`: first moment that is not played any more, unix ms. */
type PlayedTerms = TapeTerms & { readonly to?: number | undefined };
type Round = { readonly n: number; readonly at: number };

/** Held at its start. @param onRound hears each round after all streams did */
export function tapedExchange(tapes: readonly TapedMarket[], terms: PlayedTerms, onRound: (round: Round) => void): TapedExchange {
  const markets = tapeMarkets(tapes, terms);
  const feed = new CandleFeed(
    markets,
    tapes.map(({ table }) => table),
    { from: terms.from, to: terms.to },
  );
  const clock = makeClock(feed.start, 'max', true, Date.now);
  const exchange = createInProcessExchange({ markets, now: () => clock.now(), seed: terms.seed });
  const { venue, core, listenKeys } = exchange;
  for (const { pair } of markets) {
    core.loadHistory(pair, feed.history(pair));
    core.watchKline(pair, '1m');
  }
  const listeners = makeSyncListeners();
  const streams = makeStreams(venue, listenKeys, listeners);
  const hold = makeHold(true);
  const ring: Ring = makeRing({
    exchange: core,
    firstRound: 0,
    persist: () => undefined,
    tell: (round) => {
      listeners.tell(round);
      onRound(round);
    },
    onChange: () => driver.wake(),
  });
  listeners.onJoin(() => ring.join());
  const driver = runDriver({
    venue,
    feed,
    isLive: false,
    clock,
    ring,
    speed: 'max',
    listeners,
    hold,
    setQuiet: (quiet, leavesOut) => streams.setQuiet(quiet, leavesOut),
  });

  class Socket extends EventEmitter {
    readonly OPEN = 1;
    readyState = 1;
    bufferedAmount = 0;
    readonly #hear: (text: string) => void;
    constructor(hear: (text: string) => void) {
      super();
      this.#hear = hear;
    }
    send(text: string): void {
      queueMicrotask(() => this.readyState === 1 && this.#hear(text));
    }
    ping(): void {}
    close(): void {
      if (this.readyState !== 1) return;
      this.readyState = 3;
      this.emit('close');
    }
  }

  class Line {
    onopen: (() => void) | null = null;
    onmessage: ((message: { readonly data: string }) => void) | null = null;
    onclose: (() => void) | null = null;
    onerror: (() => void) | null = null;
    readonly #far = new Socket((data) => this.onmessage?.({ data }));
    constructor(address: string) {
      const { pathname, search } = new URL(address);
      queueMicrotask(() => {
        this.onopen?.();
        streams.connect(this.#far as unknown as ServerSocket, { url: `${pathname}${search}` } as IncomingMessage);
      });
    }
    close(): void {
      this.#far.close();
    }
  }

  return {
    exchange,
    hold,
    ring,
    driver,
    now: () => clock.now(),
    fetch: async (input) => {
      const { pathname, search } = new URL(String(input));
      const asked = { method: 'GET', path: pathname, query: search.slice(1), headers: {}, body: '' };
      const { status, body } = exchange.request(asked, 'engine');
      return new Response(body, { status });
    },
    WebSocket: Line as unknown as typeof WebSocket,
    async stop() {
      driver.stop();
      await driver.finished;
      streams.stop();
      exchange.close();
    },
  };
}
