/**
 * One account at its exchange: keeps the private stream open, carries approved orders out, finds out what became of them,
 * and reads the exchange anew after every start and every lost stream. Only what the exchange says settles anything.
 *
 *   S6  No new order leaves while the account is not `live`: read since the stream was opened, books equal.
 *   S7  An unknown outcome keeps its hold until the exchange knows the order or, after the time in which it could still
 *       arrive, does not.
 */
import type { Approved, Pair, PlaceOco, PlaceOrder } from '@holdfast/domain';
import {
  buildUserStreamSubscribe,
  type Credentials,
  MalformedReply,
  readStreamEvent,
  type StreamEvent,
  userStreamPath,
} from '@holdfast/exchanges/trading';
import type { SignerToEgress } from '../frames/frames.ts';
import { createForeign } from './link/foreign.ts';
import { createOrders, type OcoLegs } from './link/orders.ts';
import { type Call, Denied, Interrupted, messageOf } from './link/outcomes.ts';
import { createReconcile } from './link/reconcile.ts';
import type { RecordBody } from './records.ts';
import type { Settlement } from './settle.ts';
import { type AccountState, type KnownOrder, type SignerState, tradesOf } from './state.ts';
import type { Upstream } from './upstream.ts';

/** The operating system's clock and its timers. */
export interface ClockPort {
  /** Unix ms. */
  now(): number;
  /** Runs `act` once after `ms`. */
  after(ms: number, act: () => void): void;
}

export interface LinkPorts {
  readonly state: SignerState;
  readonly clock: ClockPort;
  readonly upstream: Upstream;
  readonly settle: Settlement;
  readonly sendToEgress: (frame: SignerToEgress) => void;
  readonly commit: (body: RecordBody) => void;
  readonly credentials: (account: AccountState) => Credentials;
  readonly isSimulated: boolean;
  /** Whether this vault made the id, also when it does not remember the order. */
  readonly isOurs: (upstreamId: string) => boolean;
  /** Something at the exchange that no order of ours explains. */
  readonly onForeign: (account: AccountState, what: string) => void;
  /** The account became live, or can no longer become so. */
  readonly onSettled: () => void;
  readonly log: (message: string) => void;
}

/** `denied`: the exchange refuses the key, or the stream could not be opened for a while; it is tried on and on. */
export type LinkPhase = 'closed' | 'opening' | 'reading' | 'live' | 'denied';

export interface AccountLink {
  readonly phase: () => LinkPhase;
  /** Opens the private stream; reading follows when it is open. */
  open(): void;
  streamOpened(): void;
  streamLost(reason: string): void;
  streamEvent(text: string): void;
  /** Reads the exchange again, e.g. because the mandate has new pairs. */
  reread(): void;
  place(order: KnownOrder, approved: Approved<PlaceOrder>): void;
  placeOco(legs: OcoLegs, approved: Approved<PlaceOco>): void;
  /** Resolves when the exchange has answered, or when there is nothing to cancel yet. */
  cancel(order: KnownOrder): Promise<void>;
  /** Nothing is tried any more. */
  close(): void;
}

const firstRetryMs = 200;
const longestRetryMs = 5000;
/** Failures in a row after which nobody waits for the account any more. */
const failuresMax = 5;
/** Least time between two readings of the account because of events that could not be read. */
const doubtMs = 5000;
/** Unknown things of a stream that are said, each once. */
const unknownSaidMax = 100;
/** Trades after which what is accounted for is noted down. */
const tradesNoted = 500;

export function createLink(account: AccountState, ports: LinkPorts): AccountLink {
  const { state, clock, upstream, settle } = ports;
  let phase: LinkPhase = 'closed';
  let generation = 0;
  let retryMs = firstRetryMs;
  let failures = 0;
  /** Changes with everything that may change a balance. */
  let activity = 0;
  let doubtedAt = Number.NEGATIVE_INFINITY;
  const unknownSaid = new Set<string>();

  const call: Call = (purpose, build) => upstream.call(account.account, purpose, build(ports.credentials(account)));

  const later = (ms: number, act: () => void): void => clock.after(ms, act);

  const open = (): void => {
    generation += 1;
    phase = failures > failuresMax ? 'denied' : 'opening';
    ports.sendToEgress({
      kind: 'open-stream',
      account: account.account,
      path: ports.isSimulated ? `${userStreamPath}?sync=1` : userStreamPath,
      message: buildUserStreamSubscribe(ports.credentials(account)),
    });
  };

  const backoff = (): number => {
    const wait = retryMs;
    retryMs = Math.min(2 * retryMs, longestRetryMs);
    return wait;
  };

  const read = (): void => {
    generation += 1;
    const mine = generation;
    phase = 'reading';
    const check = (): void => {
      if (mine !== generation) throw new Interrupted();
    };
    reconcile(check).then(
      () => {
        if (mine !== generation) return;
        phase = 'live';
        retryMs = firstRetryMs;
        failures = 0;
        for (const order of account.unclosed.values()) if (order.cancelWanted) void orders.cancel(order);
        ports.onSettled();
      },
      (error: unknown) => {
        if (mine !== generation || error instanceof Interrupted) return;
        ports.log(`reading account ${account.account}: ${messageOf(error)}`);
        if (error instanceof Denied) {
          phase = 'denied';
          ports.onSettled();
        }
        later(backoff(), () => {
          if (mine === generation) read();
        });
      },
    );
  };

  const moved = (): void => {
    activity += 1;
  };
  const foreign = createForeign(account, ports);
  const orders = createOrders({ ...ports, call, later, backoff, read, moved });
  const { lookUp } = orders;
  const reconcile = createReconcile(account, { ...ports, call, later, foreign, lookUp, activity: () => activity });

  const orderEvent = (event: Extract<StreamEvent, { kind: 'order' }>): void => {
    const order = state.byUpstreamId.get(event.upstreamId);
    if (order === undefined) {
      foreign.order(event.symbol, event.exchangeOrderId, event.upstreamId);
      if (event.trade !== null) {
        if (!ports.isOurs(event.upstreamId)) foreign.trade(event.symbol, event.exchangeOrderId, event.trade.tradeId);
        if (phase === 'live') read(); // what it moved becomes balance events
      }
      return;
    }
    if (event.trade !== null && settle.traded(order, event.trade)) noteTrades(order.intent.pair);
    settle.observed(order, event);
    orders.awaitFills(order);
  };

  const noteTrades = (pair: Pair): void => {
    const known = tradesOf(account, pair);
    if (phase !== 'live' || known.later.size < tradesNoted) return;
    const newest = [...known.later].reduce((max, id) => (BigInt(id) > max ? BigInt(id) : max), known.to);
    ports.commit({ kind: 'trades-known', account: account.account, pair, tradeId: String(newest) });
  };

  const lost = (reason: string): void => {
    ports.log(`private stream of account ${account.account}: ${reason}`);
    generation += 1;
    const mine = generation;
    failures += 1;
    phase = failures > failuresMax ? 'denied' : 'opening';
    later(backoff(), () => {
      if (mine === generation) open();
    });
    ports.onSettled();
  };

  const sayOnce = (what: string): void => {
    if (unknownSaid.has(what) || unknownSaid.size >= unknownSaidMax) return;
    unknownSaid.add(what);
    ports.log(`private stream of account ${account.account}: ${what}`);
  };

  /** What cannot be read may have been a fill: no order leaves (S6) until the exchange has been read again. */
  const doubt = (reason: string): void => {
    sayOnce(`an event that cannot be read (${reason}); the account is read anew`);
    if (phase !== 'live' && phase !== 'reading') return;
    generation += 1;
    const mine = generation;
    phase = 'reading';
    later(Math.max(doubtedAt + doubtMs - clock.now(), 0), () => {
      if (mine !== generation) return;
      doubtedAt = clock.now();
      read();
    });
  };

  const take = (event: StreamEvent): void => {
    switch (event.kind) {
      case 'order':
        orderEvent(event);
        return;
      case 'balance':
        if (account.balances !== null) settle.balance(account, event.asset, event.change, event.at);
        return;
      case 'terminated':
        lost('the exchange ended the subscription');
        return;
      case 'other':
        if (event.unknown !== '') sayOnce(`${event.unknown} is not known here and was passed over`);
        return;
    }
  };

  return {
    phase: () => phase,
    open,
    streamOpened: read,
    streamLost: lost,
    streamEvent: (text) => {
      moved();
      let event: StreamEvent;
      try {
        event = readStreamEvent(text);
      } catch (error) {
        if (!(error instanceof MalformedReply)) throw error;
        doubt(error.message);
        return;
      }
      take(event);
    },
    close: () => {
      generation += 1;
      phase = 'closed';
    },
    reread: () => {
      if (phase === 'live' || phase === 'reading') read();
    },
    place: orders.place,
    placeOco: orders.placeOco,
    cancel: orders.cancel,
  };
}
