/** What events say happened, written into the state. Nothing is decided here (plan.ts decides). */
import { type Amount, type BotEvent, type EpochMs, multiply, type OrderFill, subtract, zero } from '@holdfast/domain';
import { feeValue, putIn, takeOut } from '../dca/arithmetic.ts';
import { askAgainAt } from '../dca/refusals.ts';
import type { Holding } from '../dca/state.ts';
import { givenUp, stopTriesMost } from '../orders/given-up.ts';
import { type OrderNews, tell } from '../orders/live-orders.ts';
import { postFill } from '../orders/sub-book.ts';
import type { SignalSettings } from './settings.ts';
import { onTick } from './sizes.ts';
import type { EntryTask, ExitTask, Position, SignalOrder, SignalState } from './state.ts';

/** The exchange's word for an order that a filter does not let through, such as MAX_NUM_ALGO_ORDERS. */
const filterFailure = '-1013';

export const withPosition = (state: SignalState, change: Partial<Position>): SignalState =>
  state.position === null ? state : { ...state, position: { ...state.position, ...change } };

const withEntry = (state: SignalState, change: Partial<EntryTask>): SignalState =>
  state.entry === null ? state : { ...state, entry: { ...state.entry, ...change } };

const withExit = (state: SignalState, change: Partial<ExitTask>): SignalState =>
  state.exit === null ? state : { ...state, exit: { ...state.exit, ...change } };

/** A new state for an `order-event` or `refused` of an order that is known; the same state for one that says nothing new. */
export function told(settings: SignalSettings, state: SignalState, event: BotEvent): SignalState {
  const { orders, news } = tell(state.orders, event, settings.retryMs);
  const next = orders === state.orders ? state : { ...state, orders };
  switch (news.kind) {
    case 'nothing':
      return next;
    case 'accepted':
      return news.order.role === 'stop' ? withoutRefusals(next) : next;
    case 'filled': {
      const counted = filled(settings, next, news.order, news.fill);
      const short = news.isOver && news.order.order === 'ioc' && news.order.filled < news.order.quantity;
      return short ? again(settings, counted, news.order, event.at, unfilled) : counted;
    }
    case 'over':
      return news.asked || news.order.filled >= news.order.quantity
        ? next
        : again(settings, next, news.order, event.at, unfilled);
    case 'refused':
      return refused(settings, next, news, event.at);
  }
}

const endingOf: Partial<Record<SignalOrder['role'], Position['lastExit']>> = { 'take-profit': 'take-profit', stop: 'stop-loss' };

const unfilled = 'the order was not filled as a whole';

function filled(settings: SignalSettings, state: SignalState, order: SignalOrder, fill: OrderFill): SignalState {
  const { book, posted } = postFill(state.book, order.pair, order.side, fill);
  const { position } = state;
  if (position === null) return { ...state, book };
  const value = multiply(fill.quantity, fill.price, order.side === 'buy' ? 'up' : 'down');
  const third = posted.third === 0n ? zero : feeValue(value, settings);
  const moved = { base: abs(posted.base), quote: third === 0n ? abs(posted.quote) : withThird(order, posted.quote, third) };
  const sums = {
    bought: (position.bought + (order.side === 'buy' ? moved.base : 0n)) as Amount,
    sold: (position.sold + (order.side === 'sell' ? fill.quantity : 0n)) as Amount,
    spent: (position.spent + (order.side === 'buy' ? moved.quote : 0n)) as Amount,
    received: (position.received + (order.side === 'sell' ? moved.quote : 0n)) as Amount,
  };
  const next = { ...state, book };
  return order.role === 'entry'
    ? entered(withPosition(next, sums), fill, value, moved)
    : left(withPosition(next, sums), order, fill, moved);
}

const abs = (value: bigint): Amount => (value < 0n ? -value : value) as Amount;
/** What a fee in a third asset is worth is part of what a buy costs and a sale brings. */
const withThird = ({ side }: SignalOrder, quote: bigint, third: Amount): Amount =>
  (side === 'buy' ? abs(quote) + third : abs(quote) - third) as Amount;

interface Moved {
  readonly base: Amount;
  readonly quote: Amount;
}

function entered(state: SignalState, fill: OrderFill, value: Amount, { base, quote }: Moved): SignalState {
  const position = state.position as Position;
  const grown = (of: Position['entered']) => ({
    base: (of.base + fill.quantity) as Amount,
    value: (of.value + value) as Amount,
  });
  const next = withPosition(state, {
    held: putIn(position.held, base, quote),
    entered: grown(position.entered),
    firstEntry: position.entries <= 1 ? grown(position.firstEntry) : position.firstEntry,
    lastEntryPrice: onTick(fill.price, state.rules, 'down'),
    stopCannotRest: null,
    protectTries: 0,
  });
  return withEntry(next, { left: less(state.entry?.left ?? zero, fill.quantity) });
}

const less = (from: Amount, by: Amount): Amount => (from > by ? subtract(from, by) : zero);

/** Coins or debt that left the position, with their share of what they cost or brought. */
function left(state: SignalState, order: SignalOrder, fill: OrderFill, { base, quote }: Moved): SignalState {
  const position = state.position as Position;
  const out = position.direction === 'long' ? (order.side === 'sell' ? abs(base) : zero) : base;
  const part = (out > position.held.quantity ? position.held.quantity : out) as Amount;
  const { rest, cost } = takeOut(position.held, part);
  const held: Holding = rest;
  const [spent, brought] = position.direction === 'long' ? [cost, quote] : [quote, cost];
  const targets = position.targets.map((target, index) =>
    order.role === 'take-profit' && index === order.step && order.filled >= order.quantity ? { ...target, over: true } : target,
  );
  const next = withPosition(state, {
    held,
    targets,
    cost: (position.cost + spent) as Amount,
    proceeds: (position.proceeds + brought) as Amount,
    lastExit: endingOf[order.role] ?? state.exit?.ending ?? 'closed',
  });
  const realised = (state.realised + brought - spent) as Amount;
  const task = state.exit;
  return task?.left === null || task === null
    ? { ...next, realised }
    : withExit({ ...next, realised }, { left: less(task.left, fill.quantity) });
}

/** The same is asked again after a rest, rising with each try. */
function again(settings: SignalSettings, state: SignalState, order: SignalOrder, at: EpochMs, reason: string): SignalState {
  switch (order.role) {
    case 'entry': {
      const tries = state.entry?.tries ?? 0;
      return withEntry(state, { tries: tries + 1, at: askAgainAt('soon', at, tries, settings.retryMs), reason });
    }
    case 'exit': {
      const tries = state.exit?.tries ?? 0;
      return withExit(state, { tries: tries + 1, at: askAgainAt('soon', at, tries, settings.retryMs), reason });
    }
    default: {
      const tries = state.position?.protectTries ?? 0;
      return withPosition(state, { protectTries: tries + 1, protectAgainAt: askAgainAt('soon', at, tries, settings.retryMs) });
    }
  }
}

/** A stop that was refused before rests now. */
const withoutRefusals = (state: SignalState): SignalState =>
  state.position?.stopGivenUp ? withPosition(state, { protectTries: 0, stopGivenUp: null }) : state;

function refused(
  settings: SignalSettings,
  state: SignalState,
  { order, how, code, reason }: Extract<OrderNews<SignalOrder>, { readonly kind: 'refused' }>,
  at: EpochMs,
): SignalState {
  const why = `${reason} (${code})`;
  const wait = (tries: number): EpochMs => askAgainAt(how === 'never' ? 'later' : how, at, tries, settings.retryMs);
  switch (order.role) {
    case 'entry': {
      // A signal is of its moment: an entry that has to wait for a person or a limit is not made later. Another bot's order may be gone in seconds.
      const tries = (state.entry?.tries ?? 0) + 1;
      const isInTheWay = code === 'E_STATE' && tries < settings.entryAttempts;
      if (how !== 'soon' && !isInTheWay) return { ...state, entry: null, stoppedBecause: { code, reason } };
      return withEntry(state, { tries, at: askAgainAt('soon', at, tries - 1, settings.retryMs), reason: why });
    }
    case 'exit': {
      const tries = state.exit?.tries ?? 0;
      return withExit(state, { tries: tries + 1, at: wait(tries), reason: why });
    }
    default: {
      const tries = (state.position?.protectTries ?? 0) + 1;
      if (order.twin !== undefined && (how !== 'soon' || code === filterFailure || tries >= stopTriesMost))
        return withPosition(state, { protectTries: 0, protectAgainAt: null, stopCannotPair: why });
      const waiting = withPosition(state, { protectTries: tries, protectAgainAt: wait(tries) });
      const before = state.position?.stopGivenUp ?? null;
      if (order.role !== 'stop' || (how !== 'never' && tries < stopTriesMost)) return waiting;
      return withPosition(waiting, { stopCannotRest: why, stopGivenUp: how === 'never' ? null : givenUp(before, at) });
    }
  }
}
