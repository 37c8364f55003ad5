/**
 * One account at its exchange: keeps the private stream open, carries approved orders out, finds out what became of them,
 * and reads the exchange anew after every start and every lost stream. Only what the exchange says settles anything.
 *
 *   S6  No new order leaves while the account is not `live`: read since the stream was opened, books equal.
 *   S7  An unknown outcome keeps its hold until the exchange knows the order or, after the time in which it could still
 *       arrive, does not.
 */
import type { Amount, Approved, Asset, EpochMs, Pair, PlaceOrder } from '@holdfast/domain';
import {
  buildAccount,
  buildCancel,
  buildMyTrades,
  buildOpenOrders,
  buildPlace,
  buildQuery,
  buildQueryById,
  buildUserStreamSubscribe,
  type Credentials,
  myTradesMax,
  type Outcome,
  orderDoesNotExist,
  readAccount,
  readCancelled,
  readMyTrades,
  readOpenOrders,
  readOrder,
  readPlaced,
  readSide,
  readStreamEvent,
  recvWindowMs,
  type SignedRequest,
  type StreamEvent,
  type TradeReport,
  userStreamPath,
} from '@holdfast/exchanges/trading';
import type { SignerToEgress } from '../frames/frames.ts';
import type { RecordBody } from './records.ts';
import { followedPairs, orderOfTrade, type Settlement } from './settle.ts';
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
  /** Resolves when the exchange has answered, or when there is nothing to cancel yet. */
  cancel(order: KnownOrder): Promise<void>;
  /** Nothing is tried any more. */
  close(): void;
}

/** How long an order that was signed may still arrive at the exchange: its window, one second ahead, one to spare. */
const arrivalMs = recvWindowMs + 2000;
const firstRetryMs = 200;
const longestRetryMs = 5000;
/** A difference of balances counts only when it is still the same after this time. */
const secondLookMs = 1000;
/** How long the stream may take to say a fill that an answer has hinted at. */
const hintMs = 1000;
/** Failures in a row after which nobody waits for the account any more. */
const failuresMax = 5;
/** Trades after which what is accounted for is noted down. */
const tradesNoted = 500;

/** The reading was interrupted; it starts again. */
class Interrupted extends Error {
  override readonly name = 'Interrupted';
}
class Denied extends Error {
  override readonly name = 'Denied';
}

export function createLink(account: AccountState, ports: LinkPorts): AccountLink {
  const { state, clock, upstream, settle } = ports;
  let phase: LinkPhase = 'closed';
  let generation = 0;
  let retryMs = firstRetryMs;
  let failures = 0;
  /** Changes with everything that may change a balance. */
  let activity = 0;
  const cancelling = new Set<string>();
  const resolving = new Set<string>();

  const call = (purpose: Parameters<Upstream['call']>[1], build: (credentials: Credentials) => SignedRequest): Promise<Outcome> =>
    upstream.call(account.account, purpose, build(ports.credentials(account)));

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
        for (const order of account.unclosed.values()) if (order.cancelWanted) void sendCancel(order);
        ports.onSettled();
      },
      (error: unknown) => {
        if (mine !== generation || error instanceof Interrupted) return;
        ports.log(`reading account ${account.account}: ${error instanceof Error ? error.message : String(error)}`);
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

  /** Every `check` throws when something newer has begun. */
  const reconcile = async (check: () => void): Promise<void> => {
    const ask = async <T>(build: (credentials: Credentials) => SignedRequest, reader: (value: unknown) => T): Promise<T> => {
      const outcome = await call('reconcile', build);
      check();
      return reader(demand(outcome));
    };
    const openOrders = await ask(buildOpenOrders, readOpenOrders);
    if (account.balances === null) {
      const balances = Object.fromEntries(await ask(buildAccount, readAccount));
      const orders = openOrders.map((it) => it.exchangeOrderId);
      ports.commit({ kind: 'baseline', account: account.account, balances, orders });
    }
    for (const it of openOrders) {
      const order = state.byUpstreamId.get(it.upstreamId);
      if (order === undefined) unknownOrder(it.symbol, it.exchangeOrderId, it.upstreamId);
      else settle.observed(order, { ...it, at: state.time as EpochMs });
    }
    const resting = new Set(openOrders.map((it) => it.upstreamId));
    for (const order of [...account.unclosed.values()]) {
      if (resting.has(order.upstreamId)) continue;
      await lookUp(order);
      check();
    }
    for (const pair of followedPairs(account)) await readTrades(pair, ask);
    await compareBalances(ask, check);
  };

  type Ask = <T>(build: (credentials: Credentials) => SignedRequest, reader: (value: unknown) => T) => Promise<T>;

  const readTrades = async (pair: Pair, ask: Ask): Promise<void> => {
    const note = (tradeId: bigint): void =>
      ports.commit({ kind: 'trades-known', account: account.account, pair, tradeId: String(tradeId) });
    if (!account.trades.has(pair)) {
      const newest = await ask((it) => buildMyTrades(pair, null, it), readMyTrades);
      note(newest.reduce((max, it) => (BigInt(it.tradeId) > max ? BigInt(it.tradeId) : max), -1n));
      return;
    }
    for (;;) {
      const known = tradesOf(account, pair);
      const page = await ask((it) => buildMyTrades(pair, known.to + 1n, it), readMyTrades);
      const from = known.to;
      let to = from;
      for (const trade of page) {
        const order = orderOfTrade(state, pair, trade.exchangeOrderId);
        if (order !== undefined) settle.traded(order, trade);
        else if (mayBeOurs(pair))
          break; // an order of unknown outcome may turn out to be its owner
        else await unknownTrade(pair, trade, ask);
        to = BigInt(trade.tradeId);
      }
      if (to > from) note(to);
      if (page.length < myTradesMax || to === from) return;
    }
  };

  /** Foreign, or of an order of ours that an older copy of the journal does not have: then it counts. */
  const unknownTrade = async (pair: Pair, trade: TradeReport, ask: Ask): Promise<void> => {
    const { symbol, exchangeOrderId, tradeId } = trade;
    if (account.baselineOrders.has(exchangeOrderId) || account.foreignSeen.has(tradeName(symbol, tradeId))) return;
    const outcome = await ask(
      (it) => buildQueryById(pair, exchangeOrderId, it),
      (value) => ({ side: readSide(value), upstreamId: readOrder(value).upstreamId }),
    );
    if (!ports.isOurs(outcome.upstreamId)) {
      foreignTrade(symbol, exchangeOrderId, tradeId);
      return;
    }
    const { price, quantity, fee, feeAsset } = trade;
    const { side } = outcome;
    ports.commit({ kind: 'recovered', account: account.account, pair, side, tradeId, price, quantity, fee, feeAsset });
    const what = `trade ${tradeId} on ${symbol} is of order ${exchangeOrderId}, which this vault placed and does not remember`;
    settle.foreign(account, tradeName(symbol, tradeId), what);
  };

  const mayBeOurs = (pair: Pair): boolean =>
    [...account.unclosed.values()].some((it) => it.intent.pair === pair && it.exchangeOrderId === null);

  const compareBalances = async (ask: Ask, check: () => void): Promise<void> => {
    let before = '';
    for (let look = 0; look < 5; look += 1) {
      const started = activity;
      const theirs = await ask(buildAccount, readAccount);
      const differences = differencesOf(account.balances ?? new Map(), theirs);
      if (differences.length === 0) return;
      const found = JSON.stringify(differences.map(([asset, change]) => [asset, String(change)]));
      if (found === before && started === activity) {
        for (const [asset, change] of differences) settle.balance(account, asset, change, state.time as EpochMs);
        return;
      }
      before = found;
      await new Promise<void>((resolve) => later(secondLookMs, resolve));
      check();
    }
    throw new Error('the balances kept changing while they were compared');
  };

  const unknownOrder = (symbol: string, exchangeOrderId: string, upstreamId: string): void => {
    if (!ports.isOurs(upstreamId)) foreignOrder(symbol, exchangeOrderId);
    else
      settle.foreign(
        account,
        `order:${symbol}:${exchangeOrderId}`,
        `order ${exchangeOrderId} on ${symbol} was placed by this vault, which does not remember it: look at it at the exchange`,
      );
  };

  const foreignOrder = (symbol: string, exchangeOrderId: string): void => {
    if (account.baselineOrders.has(exchangeOrderId)) return;
    alarm(`order:${symbol}:${exchangeOrderId}`, `order ${exchangeOrderId} on ${symbol} was not placed by this vault`);
  };

  const foreignTrade = (symbol: string, exchangeOrderId: string, tradeId: string): void => {
    if (account.baselineOrders.has(exchangeOrderId)) return;
    alarm(tradeName(symbol, tradeId), `trade ${tradeId} on ${symbol} belongs to order ${exchangeOrderId}, not of this vault`);
  };

  const alarm = (name: string, what: string): void => {
    if (!settle.foreign(account, name, what.slice(0, 200))) return;
    ports.onForeign(account, what);
  };

  /** Asks for one order once and settles what the exchange says. @throws Denied */
  const lookUp = async (order: KnownOrder): Promise<void> => {
    const askedAt = clock.now();
    const outcome = await call('query', (it) => buildQuery(order.intent.pair, order.upstreamId, it));
    if (order.phase === 'closed') return;
    switch (outcome.kind) {
      case 'done': {
        settle.observed(order, { ...readOrder(outcome.value), at: state.time as EpochMs });
        return;
      }
      case 'rejected':
        if (outcome.code !== orderDoesNotExist) throw failureOf(outcome);
        missing(order, askedAt);
        return;
      case 'unknown':
        settle.unknown(order);
        later(backoff(), () => resolve(order));
        return;
    }
  };

  const missing = (order: KnownOrder, askedAt: number): void => {
    const arriveBy = order.decidedOs + arrivalMs;
    if (askedAt <= arriveBy) {
      settle.unknown(order);
      later(Math.max(arriveBy - clock.now(), 0) + 1, () => resolve(order));
      return;
    }
    if (order.phase === 'open') {
      const executed = order.filled as Amount;
      const exchangeOrderId = order.exchangeOrderId ?? '';
      settle.observed(order, { exchangeOrderId, final: 'EXPIRED', executed, at: state.time as EpochMs });
      return;
    }
    settle.rejected(order, 'never-arrived', 'the exchange does not know the order and can no longer receive it');
  };

  /** Finds out what became of an order, asking again until the exchange has said so. */
  const resolve = (order: KnownOrder): void => {
    if (order.phase === 'closed' || resolving.has(order.key)) return;
    resolving.add(order.key);
    lookUp(order).then(
      () => {
        resolving.delete(order.key);
        if (settle.isBehind(order)) read();
        else if (order.phase === 'open' && order.cancelWanted) void sendCancel(order);
      },
      (error: unknown) => {
        resolving.delete(order.key);
        ports.log(`looking up an order: ${error instanceof Error ? error.message : String(error)}`);
        later(backoff(), () => resolve(order));
      },
    );
  };

  const place = (order: KnownOrder, approved: Approved<PlaceOrder>): void => {
    call('place', (it) => buildPlace(approved, order.upstreamId, it))
      .then((outcome) => {
        activity += 1;
        switch (outcome.kind) {
          case 'done': {
            const { exchangeOrderId, at } = readPlaced(outcome.value);
            settle.accepted(order, exchangeOrderId, at);
            return;
          }
          case 'rejected':
            settle.rejected(order, outcome.code, outcome.reason);
            return;
          case 'unknown':
            throw new Error(outcome.reason);
        }
      })
      .catch((error: unknown) => {
        ports.log(`placing an order: ${error instanceof Error ? error.message : String(error)}`);
        settle.unknown(order);
        resolve(order);
      });
  };

  const sendCancel = async (order: KnownOrder): Promise<void> => {
    if (order.phase !== 'open' || cancelling.has(order.key)) return;
    cancelling.add(order.key);
    await call('cancel', (it) => buildCancel(order.intent, order.upstreamId, it))
      .then((outcome) => {
        cancelling.delete(order.key);
        switch (outcome.kind) {
          case 'done':
            settle.observed(order, { ...readCancelled(outcome.value), at: state.time as EpochMs });
            if (settle.isBehind(order)) later(hintMs, () => settle.isBehind(order) && read());
            return;
          case 'rejected':
            settle.cancelRejected(order, outcome.code, outcome.reason);
            resolve(order);
            return;
          case 'unknown':
            resolve(order);
            return;
        }
      })
      .catch((error: unknown) => {
        cancelling.delete(order.key);
        ports.log(`cancelling an order: ${error instanceof Error ? error.message : String(error)}`);
        resolve(order);
      });
  };

  const orderEvent = (event: Extract<StreamEvent, { kind: 'order' }>): void => {
    const order = state.byUpstreamId.get(event.upstreamId);
    if (order === undefined) {
      unknownOrder(event.symbol, event.exchangeOrderId, event.upstreamId);
      if (event.trade !== null) {
        if (!ports.isOurs(event.upstreamId)) foreignTrade(event.symbol, event.exchangeOrderId, event.trade.tradeId);
        if (phase === 'live') read(); // what it moved becomes balance events
      }
      return;
    }
    if (event.trade !== null && settle.traded(order, event.trade)) noteTrades(order.intent.pair);
    settle.observed(order, event);
    if (settle.isBehind(order)) later(hintMs, () => settle.isBehind(order) && read());
  };

  const noteTrades = (pair: Pair): void => {
    const known = tradesOf(account, pair);
    if (phase !== 'live' || known.later.size < tradesNoted) return;
    const newest = [...known.later].reduce((max, id) => (BigInt(id) > max ? BigInt(id) : max), known.to);
    ports.commit({ kind: 'trades-known', account: account.account, pair, tradeId: String(newest) });
  };

  return {
    phase: () => phase,
    open,
    streamOpened: read,
    streamLost: (reason) => {
      ports.log(`private stream of account ${account.account}: ${reason}`);
      generation += 1;
      const mine = generation;
      failures += 1;
      phase = failures > failuresMax ? 'denied' : 'opening';
      later(backoff(), () => {
        if (mine === generation) open();
      });
      ports.onSettled();
    },
    streamEvent: (text) => {
      activity += 1;
      const event = readStreamEvent(text);
      switch (event.kind) {
        case 'order':
          orderEvent(event);
          return;
        case 'balance':
          if (account.balances !== null) settle.balance(account, event.asset, event.change, event.at);
          return;
        case 'terminated':
        case 'other':
          return;
      }
    },
    close: () => {
      generation += 1;
      phase = 'closed';
    },
    reread: () => {
      if (phase === 'live' || phase === 'reading') read();
    },
    place,
    cancel: sendCancel,
  };
}

const tradeName = (symbol: string, tradeId: string): string => `trade:${symbol}:${tradeId}`;

/** The value of an outcome that must be there. @throws Denied, Error */
function demand(outcome: Outcome): unknown {
  if (outcome.kind === 'done') return outcome.value;
  throw failureOf(outcome);
}

const deniedCodes: ReadonlySet<string> = new Set(['-2014', '-2015', '-1022']);

function failureOf(outcome: Exclude<Outcome, { kind: 'done' }>): Error {
  if (outcome.kind === 'unknown') return new Error(outcome.reason);
  const text = `the exchange answered ${outcome.code}: ${outcome.reason}`;
  return deniedCodes.has(outcome.code) ? new Denied(text) : new Error(text);
}

/** What the exchange has more (or less) than our postings say, sorted by asset. */
function differencesOf(ours: ReadonlyMap<Asset, bigint>, theirs: ReadonlyMap<Asset, Amount>): readonly [Asset, Amount][] {
  const assets = [...new Set([...ours.keys(), ...theirs.keys()])].sort();
  return assets
    .map((asset): [Asset, Amount] => [asset, ((theirs.get(asset) ?? 0n) - (ours.get(asset) ?? 0n)) as Amount])
    .filter(([, change]) => change !== 0n);
}
