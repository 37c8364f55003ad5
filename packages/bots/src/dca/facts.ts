/** What events say happened, written into the state. Nothing is decided here (plan.ts decides). */
import {
  type Amount,
  type BotEvent,
  type EpochMs,
  type GuardCode,
  type Intent,
  idsOf,
  type OrderEvent,
  type OrderFill,
  quantityAmount,
  type RefusalCode,
  unreachable,
} from '@holdfast/domain';
import { twinIn } from '../orders/live-orders.ts';
import { isTooFar, keptAway } from '../orders/too-far.ts';
import { putIn, takeOut } from './arithmetic.ts';
import { hold, termsOf, withDeal, withHoldup, withLegs, withOrder, withoutLegs, withoutOrder } from './change.ts';
import { exitQuote, wayOf } from './direction.ts';
import { afterFill, movedBy } from './fills.ts';
import { restingLevels } from './ladder.ts';
import { askAgainAt, type Patience, patience } from './refusals.ts';
import type { DcaSettings } from './settings.ts';
import type { DcaState, Deal, ExitStep, Level, LiveOrder, Part } from './state.ts';
import { exitSteps } from './targets.ts';

/** What waits when an order of the role is refused. */
const partOf: Readonly<Record<LiveOrder['role'], Part>> = {
  base: 'entry',
  averaging: 'averaging',
  added: 'averaging',
  'take-profit': 'exit',
  close: 'exit',
  'stop-loss': 'stop',
  line: 'exit',
  balance: 'exit',
};

/** A new state for an event of an order that is still known; the same state for one that says nothing new. */
export function orderEvent(settings: DcaSettings, state: DcaState, event: OrderEvent): DcaState {
  const order = state.orders.find(({ id }) => id === event.clientOrderId);
  if (order === undefined) return event.kind === 'cancel-rejected' ? otherLegStays(settings, state, event) : state;
  switch (event.kind) {
    case 'order-accepted':
      return order.status === 'sent' || order.status === 'unknown' ? accepted(state, order) : state;
    case 'order-unknown':
      return order.status === 'sent' ? withOrder(state, order.id, { status: 'unknown' }) : state;
    case 'order-rejected': {
      const reason = `the exchange refused the order: ${event.reason} (${event.code})`;
      const isFilter = event.code === filterFailure;
      const room = isFilter && event.reason.includes(tooManyOrders) ? withRoom(state, order) : state;
      if (order.role === 'stop-loss' || order.twin !== undefined)
        return stopNotTaken(settings, room, order, { how: 'soon', reason, at: event.at, isOfKind: isFilter && room === state });
      return gone(settings, heldUp(settings, room, order, event.at, reason), order);
    }
    case 'order-filled':
      return filled(settings, state, order, event, event.at);
    case 'order-cancelled':
      return ended(settings, state, order, event.filled, event.at, event.cause);
    case 'cancel-rejected':
      return order.cancelling ? cancelRefused(settings, state, order, event.at, 'soon') : state;
    default:
      return unreachable(event);
  }
}

/** The vault or the guard said no. */
export function refused(
  settings: DcaSettings,
  state: DcaState,
  intent: Intent,
  code: RefusalCode | GuardCode,
  reason: string,
  { at, quotes }: Pick<BotEvent, 'at' | 'quotes'>,
): DcaState {
  const ids: readonly string[] = intent.kind === 'cancel-order' ? [intent.clientOrderId] : idsOf(intent);
  const order =
    state.orders.find(({ id }) => ids.includes(id)) ??
    (intent.kind === 'cancel-order' ? state.orders.find(({ twin }) => twin === intent.clientOrderId) : undefined);
  if (order === undefined) return state;
  const how = patience(code);
  if (intent.kind === 'cancel-order') return order.cancelling ? cancelRefused(settings, state, order, at, how) : state;
  if (order.status !== 'sent') return state;
  const without = withoutOrder(state, order.id);
  const part = partOf[order.role];
  if (how === 'never' && part === 'entry') return entryImpossible(settings, without, code, reason);
  // What a person added is not asked for again: the deal and its ladder go on.
  if (order.role === 'added') return without;
  if (how === 'never' && part === 'averaging') return refuseLevel(without, order.level);
  if (part === 'stop' || order.twin !== undefined) {
    const now = quotes.get(settings.pair);
    const why = `${reason} (${code})`;
    if (order.trigger !== null && isTooFar({ order: 'stop-limit', side: order.side }, code) && now !== undefined) {
      const way = wayOf(settings);
      const of = { limit: order.limit, price: exitQuote(way, now), at, reason: why };
      return withDeal(without, { stopTooFar: keptAway(state.deal?.stopTooFar, way, of, state.rules) });
    }
    const isOfKind = order.twin !== undefined && ofPairs.has(code);
    return stopNotTaken(settings, state, order, { how, reason: why, at, isOfKind });
  }
  const tries = state.deal?.holdups[part]?.tries ?? 0;
  const again = askAgainAt(how, at, tries, settings.retryMs);
  return withHoldup(without, part, { at: again, tries: tries + 1, reason: `${reason} (${code})` });
}

/** The exchange's word for an order that a filter does not let through, such as MAX_NUM_ALGO_ORDERS. */
const filterFailure = '-1013';
const tooManyOrders = 'MAX_NUM_ORDERS';
/** So often the exchange may refuse a stop before it is watched instead. */
const stopTriesMost = 3;
/** What the vault may find wrong with a target and a stop together and not with one of them. */
const ofPairs: ReadonlySet<string> = new Set<RefusalCode | GuardCode>(['E_BAND', 'E_CORRIDOR', 'E_OPEN', 'E_BURN', 'E_POS']);

/** Exits go before averaging orders: one of those makes room for an exit that the exchange had no place for. The same state where none can. */
function withRoom(state: DcaState, order: LiveOrder): DcaState {
  const isExit = partOf[order.role] === 'exit' || order.role === 'stop-loss';
  const resting = restingLevels(state).length;
  return isExit && resting > 0 ? withDeal(state, { averagingMost: resting - 1 }) : state;
}

interface Refusal {
  readonly how: Patience;
  readonly reason: string;
  readonly at: EpochMs;
  /** The same would be refused again. */
  readonly isOfKind: boolean;
}

/** A stop, or a target with its stop: asked for again, or given up for the deal: then both rest no more together, or the stop is watched. */
function stopNotTaken(
  settings: DcaSettings,
  state: DcaState,
  order: LiveOrder,
  { how, reason, at, isOfKind }: Refusal,
): DcaState {
  const without = withoutLegs(state, order);
  const tries = state.deal?.holdups.stop?.tries ?? 0;
  if (how === 'never' || isOfKind || (how === 'soon' && tries + 1 >= stopTriesMost)) {
    const given = withHoldup(without, 'stop', null);
    return withDeal(given, order.twin === undefined ? { stopRefused: reason } : { pairingRefused: reason });
  }
  const again = askAgainAt(how, at, tries, settings.retryMs);
  return withHoldup(without, 'stop', { at: again, tries: tries + 1, reason });
}

/** A cancel that named a leg which is gone has done nothing for the other. */
function otherLegStays(settings: DcaSettings, state: DcaState, { clientOrderId, at }: OrderEvent): DcaState {
  const other = state.orders.find(({ twin }) => twin === clientOrderId);
  return other?.cancelling ? cancelRefused(settings, state, other, at, 'soon') : state;
}

function accepted(state: DcaState, order: LiveOrder): DcaState {
  const known = withHoldup(withOrder(state, order.id, { status: 'open' }), partOf[order.role], null);
  return order.role === 'stop-loss' && known.deal?.stopTooFar !== undefined ? withDeal(known, { stopTooFar: undefined }) : known;
}

/** A base order of this shape will never be taken: the bot stops, and keeps the deal only if it has bought already. */
function entryImpossible(settings: DcaSettings, state: DcaState, code: string, reason: string): DcaState {
  const stopped: DcaState = { ...state, running: false, stoppedBecause: { code, reason } };
  const deal = state.deal as Deal;
  if (deal.phase !== 'entering') return stopped;
  return deal.entry.quantity > 0n ? hold(settings, stopped) : withDeal(stopped, { phase: 'closing' });
}

const refuseLevel = (state: DcaState, index: number): DcaState =>
  withDeal(
    state,
    withLevel(state.deal as Deal, index, (level) => ({ ...level, refused: true })),
  );

/** The one level of ladder or pyramid that an order is for, changed. */
function withLevel(deal: Deal, index: number, change: (level: Level) => Level): Pick<Deal, 'ladder' | 'pyramid'> {
  const ladder = deal.ladder.map((level, i) => (i + 1 === index ? change(level) : level));
  if (deal.pyramid === undefined) return { ladder };
  return { ladder, pyramid: deal.pyramid.map((level, i) => (-i - 1 === index ? change(level) : level)) };
}

/** The same kind of order waits, longer with each time in a row. */
function heldUp(settings: DcaSettings, state: DcaState, order: LiveOrder, at: EpochMs, reason: string): DcaState {
  if (order.role === 'added') return state;
  const part = partOf[order.role];
  const tries = state.deal?.holdups[part]?.tries ?? 0;
  return withHoldup(state, part, { at: askAgainAt('soon', at, tries, settings.retryMs), tries: tries + 1, reason });
}

function cancelRefused(settings: DcaSettings, state: DcaState, order: LiveOrder, at: EpochMs, how: Patience): DcaState {
  const cancelAgainAt = askAgainAt(how, at, order.cancelTries, settings.retryMs);
  return withLegs(state, order, { cancelling: false, cancelAgainAt, cancelTries: order.cancelTries + 1 });
}

function filled(settings: DcaSettings, state: DcaState, order: LiveOrder, fill: OrderFill, at: EpochMs): DcaState {
  if (order.trades.includes(fill.tradeId)) return state;
  const isEntry = order.side === wayOf(settings).entry;
  const posted = isEntry ? entered(settings, state, order, fill) : exited(settings, state, order, fill);
  const now: LiveOrder = {
    ...order,
    status: order.status === 'ended' ? 'ended' : 'open',
    filled: (order.filled + fill.quantity) as Amount,
    trades: [...order.trades, fill.tradeId],
  };
  const known = withHoldup(withOrder(posted, order.id, now), partOf[order.role], null);
  if (now.filledMustBe !== null) return now.filled >= now.filledMustBe ? gone(settings, known, now) : known;
  return fill.complete ? ended(settings, known, now, fill.filled, at) : known;
}

/** Takes what a fill of an entry brought, at what it took from the sub-book. */
function entered(settings: DcaSettings, state: DcaState, order: LiveOrder, fill: OrderFill): DcaState {
  const moved = movedBy(settings, order.side, fill);
  const cost = (moved.given + moved.third) as Amount;
  const received = moved.taken;
  const before = state.deal as Deal;
  const isBase = order.role === 'base';
  const deal: Deal = {
    ...before,
    held: putIn(before.held, received, cost),
    bought: (before.bought + received) as Amount,
    spent: (before.spent + cost) as Amount,
    entry: isBase ? putIn(before.entry, received, cost) : before.entry,
    entryValue: isBase ? ((before.entryValue + moved.value) as Amount) : before.entryValue,
    entryBase: isBase ? ((before.entryBase + fill.quantity) as Amount) : before.entryBase,
    lastBuy: order.role === 'added' ? before.lastBuy : fill.price,
    ...(order.role === 'averaging'
      ? withLevel(before, order.level, (level) => ({ ...level, filled: (level.filled + fill.quantity) as Amount }))
      : {}),
  };
  return {
    ...afterFill(state, order.side, moved),
    deal: { ...deal, steps: exitSteps(termsOf(settings, deal), deal, state.rules) },
  };
}

/** Gives back what a fill of an exit took, for what it brought. */
function exited(settings: DcaSettings, state: DcaState, order: LiveOrder, fill: OrderFill): DcaState {
  const moved = movedBy(settings, order.side, fill);
  const proceeds = (moved.given - moved.third) as Amount;
  const deal = state.deal as Deal;
  const { rest, cost } = takeOut(deal.held, moved.taken);
  const counted = order.side === 'sell' ? fill.quantity : moved.taken;
  return {
    ...afterFill(state, order.side, moved),
    realised: (state.realised + proceeds - cost) as Amount,
    deal: {
      ...deal,
      held: rest,
      sold: (deal.sold + counted) as Amount,
      soldCost: (deal.soldCost + cost) as Amount,
      proceeds: (deal.proceeds + proceeds) as Amount,
      steps: order.role === 'take-profit' ? soldAt(deal.steps, order.level, fill.quantity, state) : deal.steps,
      ...(order.role === 'stop-loss' && deal.phase === 'holding' ? stopped : {}),
    },
  };
}

/** The exchange has triggered the stop: what it does not sell is sold at the market. */
const stopped = { phase: 'closing', ending: 'stop-loss', selling: { floor: null } } as const;

/** Counts a sale to its target; one before the last is hit when less than a lot of it is left. `level` 0 is of older states. */
function soldAt(steps: readonly ExitStep[], level: number, quantity: Amount, { rules }: DcaState): readonly ExitStep[] {
  const index = Math.max(level, 1) - 1;
  return steps.map((step, i) => {
    if (i !== index) return step;
    const sold = (step.sold + quantity) as Amount;
    return { ...step, sold, hit: i < steps.length - 1 && sold >= quantityAmount(step.quantity, rules) };
  });
}

/** Off the book. The close can be said before the last fill, so the order stays until its fills add up. */
function ended(
  settings: DcaSettings,
  state: DcaState,
  order: LiveOrder,
  total: Amount,
  at: EpochMs,
  cause: 'cancel' | 'expired' = 'expired',
): DcaState {
  const twin = twinIn(state.orders, order);
  // The exchange ends a leg of an OCO because the other trades or is triggered.
  const isMeant = order.cancelling || (cause === 'expired' && total === 0n && twin !== undefined);
  const held = total < order.quantity && !isMeant ? heldUp(settings, state, order, at, reasonOfEnd(order)) : state;
  // A cancel on its way to this leg does nothing for the other any more.
  const freed = twin !== undefined && cause === 'expired' ? withOrder(held, twin.id, { cancelling: false }) : held;
  if (total <= order.filled) return gone(settings, freed, order);
  return withOrder(freed, order.id, { status: 'ended', filledMustBe: total });
}

const reasonOfEnd = (order: LiveOrder): string =>
  order.isTaking ? 'the order found too little on the other side of the book' : 'the exchange took the order off the book';

/** Forgets an order; a base order that was filled whole opens the way to the ladder. */
function gone(settings: DcaSettings, state: DcaState, order: LiveOrder): DcaState {
  const without = withoutOrder(state, order.id);
  const deal = without.deal as Deal;
  if (order.role !== 'base' || deal.phase !== 'entering') return without;
  return order.filled >= order.quantity ? hold(settings, without) : withDeal(without, { entryTries: deal.entryTries + 1 });
}
