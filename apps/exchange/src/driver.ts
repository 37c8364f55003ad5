/** Plays the tape into the exchange: waits for its time, in lockstep for the ring, and writes the position down. */
import type { TickFeed } from '@holdfast/exchanges/simulated';
import type { Clock, Speed } from './clock.ts';
import type { Hold } from './hold.ts';
import type { Ring } from './ring.ts';
import type { SyncListeners } from './sockets.ts';
import type { Venue } from './venue.ts';

export interface Driver {
  readonly finished: Promise<void>;
  stop(): void;
  /** Something happened that the loop may be waiting for. */
  wake(): void;
  ended(): boolean;
}

export interface DriverParts {
  readonly venue: Venue;
  readonly feed: TickFeed;
  /** The feed has no end: when it has nothing, more comes. */
  readonly isLive: boolean;
  readonly clock: Clock;
  /** Undefined: free run. */
  readonly ring: Ring | undefined;
  readonly speed: Speed;
  readonly listeners: SyncListeners;
  /** `leavesOut`: those in lockstep need not hear the single ticks of the quiet stretch. */
  readonly setQuiet: (quiet: boolean, leavesOut: boolean) => void;
  readonly hold: Hold;
}

const checkpointEveryMs = 1000;
const repeatEveryMs = 250;
const sliceMs = 8;
const backlogBytesMost = 4_000_000;
/** Faster than this nobody watches single ticks: in quiet stretches they are left out for those in lockstep. */
const watchableSpeedMost = 600;

export function runDriver({ venue, feed, isLive, clock, ring, speed, listeners, setQuiet, hold }: DriverParts): Driver {
  let stopped = false;
  let ended = false;
  let wakeUp: (() => void) | undefined;
  let ticksSinceCheckpoint = false;
  let changesAtRound = -1;
  const conflates = speed === 'max' || speed > watchableSpeedMost;

  const wake = (): void => wakeUp?.();
  const wait = (ms: number | undefined): Promise<void> =>
    new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => wakeUp?.(), ms);
      wakeUp = (): void => {
        clearTimeout(timer);
        wakeUp = undefined;
        resolve();
      };
    });

  const checkpoint = (): void => {
    venue.checkpoint();
    ticksSinceCheckpoint = false;
  };
  const beginRound = (): void => {
    setQuiet(false, false);
    changesAtRound = venue.userChanges();
    if (ring === undefined) return;
    ring.begin(venue.now());
  };
  const hasNews = (): boolean => venue.userChanges() !== changesAtRound;

  /** In lockstep: whether time may not move yet. */
  const mustWait = (): boolean => {
    if (ring === undefined) return false;
    if (!ring.hasEngine() || ring.isOpen()) return true;
    if (!hasNews() && !ring.isAsked()) return false;
    beginRound();
    return true;
  };

  const playOne = (): void => {
    const tick = feed.next();
    if (tick === undefined) return;
    const quiet = ring?.isQuiet(tick) === true;
    clock.reached(tick.at);
    clock.setNext(feed.peek()?.at);
    setQuiet(quiet, quiet && conflates);
    venue.tick(tick);
    ticksSinceCheckpoint = true;
    if (ring !== undefined && (!quiet || hasNews())) beginRound();
  };

  /** Time has come to where the tape is to wait: a round tells it, so that who waits for a time is called. */
  const holdHere = (at: number): void => {
    clock.reached(at);
    hold.begin();
    beginRound();
  };

  const loop = async (): Promise<void> => {
    let sliceEnd = performance.now() + sliceMs;
    clock.setNext(feed.peek()?.at);
    while (!stopped) {
      if (mustWait() || hold.isHeld()) {
        await wait(undefined);
        continue;
      }
      const next = feed.peek();
      if (next === undefined && isLive) {
        await wait(undefined);
        continue;
      }
      if (next === undefined) {
        if (!ended && ring !== undefined) beginRound();
        if (!ended) checkpoint();
        ended = true;
        clock.setNext(undefined);
        await wait(undefined);
        continue;
      }
      const heldAt = hold.nextAt();
      const holdsFirst = heldAt !== undefined && heldAt < next.at;
      const waitMs = clock.waitFor(holdsFirst ? heldAt : next.at);
      if (waitMs > 1) {
        await wait(waitMs);
        sliceEnd = performance.now() + sliceMs;
        continue;
      }
      if (holdsFirst) holdHere(heldAt);
      else playOne();
      if (performance.now() < sliceEnd) continue;
      await new Promise<void>((resolve) => setImmediate(resolve));
      while (!stopped && listeners.backlog() > backlogBytesMost) await wait(5);
      sliceEnd = performance.now() + sliceMs;
    }
  };

  const repeat = setInterval(() => ring?.repeat(), repeatEveryMs);
  const keep = setInterval(() => {
    if (ticksSinceCheckpoint) checkpoint();
  }, checkpointEveryMs);
  venue.onUserEvent(wake);

  return {
    finished: loop(),
    stop(): void {
      stopped = true;
      clearInterval(repeat);
      clearInterval(keep);
      checkpoint();
      wake();
    },
    wake,
    ended: () => ended,
  };
}
