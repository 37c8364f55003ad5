/** What events say happened, written into the state. Nothing is decided here (plan.ts decides). */
import { type Amount, type BotEvent, divide, type EpochMs, multiply, type OrderFill, takesAtOnce, zero } from '@holdfast/domain';
import { feeValue, putIn, takeOut } from '../dca/arithmetic.ts';
import { askAgainAt } from '../dca/refusals.ts';
import type { Holding } from '../dca/state.ts';
import { exitQuote, wayOf } from '../orders/direction.ts';
import { givenUp, stopTriesMost } from '../orders/given-up.ts';
import { type OrderNews, tell } from '../orders/live-orders.ts';
import { postFill } from '../orders/sub-book.ts';
import { isTooFar, keptAway } from '../orders/too-far.ts';
import { isOverspent } from './arithmetic.ts';
import { withDivided, withEntry, withHoldup, withStep, withStop } from './change.ts';
import type { TradeSettings } from './settings.ts';
import type { Part, Role, TradeOrder, TradeState } from './state.ts';

const partOf = {
  entry: 'entry',
  add: 'add',
  'take-profit': 'exit',
  close: 'exit',
  'stop-loss': 'stop',
} as const satisfies Record<Role, Part>;

type Filled = Extract<OrderNews<TradeOrder>, { readonly kind: 'filled' }>;
type Refusal = Extract<OrderNews<TradeOrder>, { readonly kind: 'refused' }>;

/** The exchange's word for an order that a filter does not let through, such as MAX_NUM_ALGO_ORDERS. */
const filterFailure = '-1013';

/** A new state for an `order-event` or `refused` of an order that is known; the same state for one that says nothing new. */
export function told(settings: TradeSettings, state: TradeState, event: BotEvent): TradeState {
  const { orders, news } = tell(state.orders, event, settings.retryMs);
  const next = orders === state.orders ? state : { ...state, orders };
  switch (news.kind) {
    case 'nothing':
      return next;
    case 'accepted':
      return withHoldup(news.order.role === 'stop-loss' ? withoutRefusals(next) : next, partOf[news.order.role], null);
    case 'filled':
      return filled(settings, next, news, event.at);
    case 'over':
      return ended(settings, next, news.order, news.asked, event.at);
    case 'refused':
      return refused(settings, next, news, event);
  }
}

/** What a fill of the order took from the sub-book and brought, in what the trade gives and takes; a fee in a third asset counts in the former. */
interface Moved {
  readonly given: Amount;
  readonly taken: Amount;
}

function filled(settings: TradeSettings, state: TradeState, { order, fill, isOver }: Filled, at: EpochMs): TradeState {
  const way = wayOf(settings);
  const { book, posted } = postFill(state.book, order.pair, order.side, fill);
  const isEntry = order.side === way.entry;
  const value = multiply(fill.quantity, fill.price, order.side === 'buy' ? 'up' : 'down');
  const third = posted.third === 0n ? zero : feeValue(way.gives === 'quote' ? value : fill.quantity, settings);
  const [given, taken] = way.gives === 'quote' ? [posted.quote, posted.base] : [posted.base, posted.quote];
  const moved: Moved = isEntry
    ? { given: (third - given) as Amount, taken: taken as Amount }
    : { given: (given - third) as Amount, taken: -taken as Amount };
  const booked = { ...state, book };
  const next = isEntry ? entered(settings, booked, order, fill, value, moved) : exited(settings, booked, order, fill, moved);
  // It ended before its last fill was said.
  return isOver ? ended(settings, next, order, order.cancelling, at) : next;
}

/** `value`: quote without fees. */
function entered(
  settings: TradeSettings,
  state: TradeState,
  order: TradeOrder,
  fill: OrderFill,
  value: Amount,
  { given, taken }: Moved,
): TradeState {
  const held = putIn(state.held, taken, given);
  const next: TradeState = {
    ...state,
    held,
    basis: held,
    bought: (state.bought + taken) as Amount,
    spent: (state.spent + given) as Amount,
  };
  const less = (left: Amount, by: Amount): Amount => (left > by ? left - by : zero) as Amount;
  const asked =
    order.role === 'entry'
      ? withEntry(next, { left: less(next.entry.left, settings.sizeIn === 'base' ? fill.quantity : value) })
      : {
          ...next,
          additions: next.additions.map((it) => (it.number === order.step ? { ...it, left: less(it.left, value) } : it)),
        };
  return withDivided(settings, asked);
}

/** `taken`: what left, `given`: what came back, fees in either. */
function exited(
  settings: TradeSettings,
  state: TradeState,
  order: TradeOrder,
  { quantity }: OrderFill,
  { given, taken }: Moved,
): TradeState {
  const { rest: held, cost } = leftAfter(settings, state.held, taken, given);
  const next: TradeState = {
    ...state,
    held,
    sold: (state.sold + (settings.direction === 'long' ? quantity : taken)) as Amount,
    soldCost: (state.soldCost + cost) as Amount,
    proceeds: (state.proceeds + given) as Amount,
  };
  const isStopped = order.role === 'stop-loss' && (order.twin !== undefined || order.filled >= order.quantity);
  if (isStopped) return withDivided(settings, stopped(settings, next));
  if (order.role !== 'take-profit') return withDivided(settings, next);
  const step = next.steps[order.step];
  if (step === undefined) return withDivided(settings, next);
  const left = (step.left > quantity ? step.left - quantity : zero) as Amount;
  const done = withStep(next, order.step, { left, sold: (step.sold + quantity) as Amount, over: left === 0n });
  // Its coins were given to other steps while its order could still be filled; or it paid more than was meant for it.
  return step.left < quantity || isOverspent(settings, done) ? withDivided(settings, done) : done;
}

/**
 * Of coins that are to come back as many as were sold, those that did are no longer held, nor the quote that they had brought: what of it
 * was not paid for them is profit.
 */
function leftAfter({ direction, profitIn }: TradeSettings, from: Holding, taken: Amount, given: Amount) {
  if (direction === 'long' || profitIn === 'base') return takeOut(from, taken);
  const back = given < from.cost ? given : from.cost;
  const brought = from.cost === 0n ? zero : divide(from.quantity * back, from.cost, 'down');
  const rest = { quantity: (from.quantity - brought) as Amount, cost: (from.cost - back) as Amount };
  return { rest, cost: back };
}

/** A stop has done what it was for, or that of an OCO was triggered, and with it those of all others were. */
const stopped = (settings: TradeSettings, state: TradeState): TradeState =>
  state.exit === null ? { ...state, exit: { ending: 'stop-loss', how: settings.stopLoss?.order ?? 'market' } } : state;

/** Off the book. Not asked for: the same kind of order rests a while. */
function ended(settings: TradeSettings, state: TradeState, order: TradeOrder, asked: boolean, at: EpochMs): TradeState {
  const isTriggered = asked && !order.cancelling && order.role === 'take-profit';
  if (isTriggered) return stopped(settings, state);
  if (asked || order.filled >= order.quantity) return state;
  return rest(settings, counted(state, order), order, at, reasonOfEnd(order));
}

function rest(settings: TradeSettings, state: TradeState, order: TradeOrder, at: EpochMs, reason: string): TradeState {
  const part = partOf[order.role];
  const tries = state.holdups[part]?.tries ?? 0;
  const again = askAgainAt('soon', at, tries, settings.retryMs);
  return redivided(settings, withHoldup(state, part, { at: again, tries: tries + 1, reason }), order);
}

/** What an order of a step left over may be too small for another of its own. */
const redivided = (settings: TradeSettings, state: TradeState, { role }: TradeOrder): TradeState =>
  role === 'take-profit' ? withDivided(settings, state) : state;

const reasonOfEnd = (order: TradeOrder): string =>
  takesAtOnce(order.order)
    ? 'the order found too little on the other side of the book'
    : 'the exchange took the order off the book';

/** One more attempt to buy that came to nothing or to too little. */
function counted(state: TradeState, order: TradeOrder): TradeState {
  if (order.role === 'entry') return withEntry(state, { tries: state.entry.tries + 1 });
  if (order.role !== 'add') return state;
  return {
    ...state,
    additions: state.additions.map((it) => (it.number === order.step ? { ...it, tries: it.tries + 1 } : it)),
  };
}

function withoutRefusals(state: TradeState): TradeState {
  if (state.stop.tooFar === undefined && state.stop.givenUp === undefined) return state;
  const { tooFar: _, givenUp: __, ...stop } = state.stop;
  return { ...state, stop };
}

function refused(settings: TradeSettings, state: TradeState, news: Refusal, event: BotEvent): TradeState {
  const { at } = event;
  const { order, how, code, reason } = news;
  const part = partOf[order.role];
  const tries = state.holdups[part]?.tries ?? 0;
  const why = `${reason} (${code})`;
  if (how === 'never') {
    if (part === 'entry')
      return { ...withEntry(state, { phase: 'over' }), stoppedBecause: state.bought === 0n ? { code, reason } : null };
    if (part === 'add') return { ...state, additions: state.additions.filter(({ number }) => number !== order.step) };
  }
  if (order.twin !== undefined && (how !== 'soon' || code === filterFailure || tries + 1 >= stopTriesMost))
    return withDivided(settings, withHoldup(withStop(state, { cannotPair: why }), part, null));
  const now = event.quotes.get(order.pair);
  if (isTooFar(order, code) && now !== undefined) {
    const way = wayOf(settings);
    const of = { limit: order.limit, price: exitQuote(way, now), at, reason: why };
    return withStop(withHoldup(state, part, null), { tooFar: keptAway(state.stop.tooFar, way, of, state.rules) });
  }
  // The vault lets a stop sell what its sub-key bought: coins from elsewhere never become that.
  const isHopeless = how === 'never' || (code === 'E_POS' && settings.entry === 'held');
  const before = state.stop.givenUp ?? null;
  if (order.order === 'stop-limit' && (isHopeless || before !== null || tries + 1 >= stopTriesMost))
    return withStop(withHoldup(state, part, null), { cannotRest: why, givenUp: isHopeless ? null : givenUp(before, at) });
  const again = askAgainAt(how, at, tries, settings.retryMs);
  return redivided(settings, withHoldup(state, part, { at: again, tries: tries + 1, reason: why }), order);
}
