/** One order at its exchange: carried out, cancelled, and looked for until the exchange has said what became of it. */
import type { Amount, Approved, EpochMs, PlaceOco, PlaceOrder } from '@holdfast/domain';
import {
  buildCancel,
  buildCancelOco,
  buildPlace,
  buildPlaceOco,
  buildQuery,
  orderDoesNotExist,
  readCancelled,
  readCancelledOco,
  readOrder,
  readPlaced,
  readPlacedOco,
  recvWindowMs,
} from '@holdfast/exchanges/trading';
import type { LinkPorts } from '../link.ts';
import { type KnownOrder, twinOf } from '../state.ts';
import { type Call, failureOf, messageOf } from './outcomes.ts';

/** How long an order that was signed may still arrive at the exchange: its window, one second ahead, one to spare. */
const arrivalMs = recvWindowMs + 2000;
/** How long the stream may take to say a fill that an answer has hinted at. */
const hintMs = 1000;

export interface OrdersPorts extends Pick<LinkPorts, 'state' | 'clock' | 'settle' | 'log'> {
  readonly call: Call;
  readonly later: (ms: number, act: () => void) => void;
  /** How long to wait before the next try, longer each time. */
  readonly backoff: () => number;
  /** Reads the exchange anew. */
  readonly read: () => void;
  /** Something happened that may change a balance. */
  readonly moved: () => void;
}

/** Both legs of one OCO. */
export interface OcoLegs {
  readonly limit: KnownOrder;
  readonly stop: KnownOrder;
}

export interface OrdersAtExchange {
  place(order: KnownOrder, approved: Approved<PlaceOrder>): void;
  placeOco(legs: OcoLegs, approved: Approved<PlaceOco>): void;
  /** Resolves when the exchange has answered, or when there is nothing to cancel yet. */
  cancel(order: KnownOrder): Promise<void>;
  /** Asks for one order once and settles what the exchange says. @throws Denied */
  lookUp(order: KnownOrder): Promise<void>;
  /** Reads the exchange anew unless the stream says in time what it has hinted at. */
  awaitFills(order: KnownOrder): void;
}

export function createOrders({ state, clock, settle, log, call, later, backoff, read, moved }: OrdersPorts): OrdersAtExchange {
  const cancelling = new Set<string>();
  const resolving = new Set<string>();

  const awaitFills = (order: KnownOrder): void => {
    if (settle.isBehind(order)) later(hintMs, () => settle.isBehind(order) && read());
  };

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
        else if (order.phase === 'open' && order.cancelWanted) void cancel(order);
      },
      (error: unknown) => {
        resolving.delete(order.key);
        log(`looking up an order: ${messageOf(error)}`);
        later(backoff(), () => resolve(order));
      },
    );
  };

  const place = (order: KnownOrder, approved: Approved<PlaceOrder>): void => {
    call('place', (it) => buildPlace(approved, order.upstreamId, it))
      .then((outcome) => {
        moved();
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
        log(`placing an order: ${messageOf(error)}`);
        settle.unknown(order);
        resolve(order);
      });
  };

  const placeOco = ({ limit, stop }: OcoLegs, approved: Approved<PlaceOco>): void => {
    const ids = { list: limit.oco?.upstreamId ?? '', limit: limit.upstreamId, stop: stop.upstreamId };
    call('place', (it) => buildPlaceOco(approved, ids, it))
      .then((outcome) => {
        moved();
        switch (outcome.kind) {
          case 'done': {
            const placed = readPlacedOco(outcome.value);
            for (const leg of [limit, stop]) {
              const report = placed.find(({ upstreamId }) => upstreamId === leg.upstreamId);
              if (report === undefined) throw new Error(`the exchange did not name leg ${leg.upstreamId}`);
              settle.accepted(leg, report.exchangeOrderId, report.at);
            }
            return;
          }
          case 'rejected':
            for (const leg of [limit, stop]) settle.rejected(leg, outcome.code, outcome.reason);
            return;
          case 'unknown':
            throw new Error(outcome.reason);
        }
      })
      .catch((error: unknown) => {
        log(`placing an OCO: ${messageOf(error)}`);
        for (const leg of [limit, stop]) {
          settle.unknown(leg);
          resolve(leg);
        }
      });
  };

  /** What the exchange said became of the orders that a cancel was to end. */
  const observeCancelled = (order: KnownOrder, value: unknown): void => {
    if (order.oco === null) {
      settle.observed(order, { ...readCancelled(value), at: state.time as EpochMs });
      awaitFills(order);
      return;
    }
    for (const report of readCancelledOco(value)) {
      const leg = state.byUpstreamId.get(report.upstreamId);
      if (leg === undefined) continue;
      settle.observed(leg, { ...report, at: state.time as EpochMs });
      awaitFills(leg);
    }
  };

  const cancel = async (order: KnownOrder): Promise<void> => {
    const { oco } = order;
    const key = oco?.upstreamId ?? order.key;
    if (order.phase !== 'open' || cancelling.has(key)) return;
    cancelling.add(key);
    const findOut = (): void => {
      cancelling.delete(key);
      for (const it of [order, twinOf(state, order)]) if (it !== undefined) resolve(it);
    };
    await call('cancel', (it) =>
      oco === null ? buildCancel(order.intent, order.upstreamId, it) : buildCancelOco(order.intent.pair, oco.upstreamId, it),
    )
      .then((outcome) => {
        switch (outcome.kind) {
          case 'done':
            cancelling.delete(key);
            observeCancelled(order, outcome.value);
            return;
          case 'rejected':
            settle.cancelRejected(order, outcome.code, outcome.reason);
            findOut();
            return;
          case 'unknown':
            findOut();
            return;
        }
      })
      .catch((error: unknown) => {
        log(`cancelling an order: ${messageOf(error)}`);
        findOut();
      });
  };

  return { place, placeOco, cancel, lookUp, awaitFills };
}
