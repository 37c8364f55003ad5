/** What events say happened, written into the state. Nothing is decided here (plan.ts decides). */
import { type Amount, type BotEvent, type EpochMs, multiply, zero } from '@holdfast/domain';
import { feeValue, putIn, takeOut } from '../dca/arithmetic.ts';
import { askAgainAt } from '../dca/refusals.ts';
import { type OrderNews, tell } from '../orders/live-orders.ts';
import { postFill } from '../orders/sub-book.ts';
import { withDivided, withEntry, withHoldup, withStep, withStop } from './change.ts';
import type { TradeSettings } from './settings.ts';
import type { ExitStep, Part, Role, TradeOrder, TradeState } from './state.ts';

const partOf = {
  entry: 'entry',
  add: 'add',
  'take-profit': 'exit',
  close: 'exit',
  'stop-loss': 'stop',
} as const satisfies Record<Role, Part>;

type Filled = Extract<OrderNews<TradeOrder>, { readonly kind: 'filled' }>;
type Refusal = Extract<OrderNews<TradeOrder>, { readonly kind: 'refused' }>;

/** So often the exchange may refuse a resting stop before it is watched instead. */
const stopTriesMost = 3;

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
      return withHoldup(next, partOf[news.order.role], null);
    case 'filled':
      return filled(settings, next, news, event.at);
    case 'over':
      return ended(settings, next, news.order, news.asked, event.at);
    case 'refused':
      return refused(settings, next, news, event.at);
  }
}

function filled(settings: TradeSettings, state: TradeState, { order, fill, isOver }: Filled, at: EpochMs): TradeState {
  const { book, posted } = postFill(state.book, order.pair, order.side, fill);
  const value = multiply(fill.quantity, fill.price, order.side === 'buy' ? 'up' : 'down');
  const third = posted.third === 0n ? zero : feeValue(value, settings);
  const booked = { ...state, book };
  const next =
    order.side === 'buy'
      ? bought(settings, booked, order, value, posted.base as Amount, (third - posted.quote) as Amount)
      : sold(settings, booked, order, fill.quantity, -posted.base as Amount, (posted.quote - third) as Amount);
  // It ended before its last fill was said.
  return isOver ? ended(settings, next, order, order.cancelling, at) : next;
}

function bought(
  settings: TradeSettings,
  state: TradeState,
  order: TradeOrder,
  value: Amount,
  base: Amount,
  cost: Amount,
): TradeState {
  const held = putIn(state.held, base, cost);
  const next: TradeState = {
    ...state,
    held,
    basis: held,
    bought: (state.bought + base) as Amount,
    spent: (state.spent + cost) as Amount,
  };
  const less = (left: Amount): Amount => (left > value ? left - value : zero) as Amount;
  const asked =
    order.role === 'entry'
      ? withEntry(next, { left: less(next.entry.left) })
      : {
          ...next,
          additions: next.additions.map((it) => (it.number === order.step ? { ...it, left: less(it.left) } : it)),
        };
  return withDivided(settings, asked);
}

/** `given`: base that left, fee in base included. */
function sold(
  settings: TradeSettings,
  state: TradeState,
  order: TradeOrder,
  quantity: Amount,
  given: Amount,
  proceeds: Amount,
): TradeState {
  const { rest: held, cost } = takeOut(state.held, given);
  const next: TradeState = {
    ...state,
    held,
    sold: (state.sold + quantity) as Amount,
    soldCost: (state.soldCost + cost) as Amount,
    proceeds: (state.proceeds + proceeds) as Amount,
  };
  if (order.role === 'stop-loss' && order.twin !== undefined) return withDivided(settings, stopped(settings, next));
  if (order.role !== 'take-profit') return withDivided(settings, next);
  const step = next.steps[order.step] as ExitStep;
  const left = (step.left > quantity ? step.left - quantity : zero) as Amount;
  const done = withStep(next, order.step, { left, sold: (step.sold + quantity) as Amount, over: left === 0n });
  // Its coins were given to other steps while its order could still be filled.
  return step.left < quantity ? withDivided(settings, done) : done;
}

/** The stop of an OCO was triggered, and with it those of all others were. */
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
  order.order === 'ioc' ? 'the order found too little on the other side of the book' : 'the exchange took the order off the book';

/** One more attempt to buy that came to nothing or to too little. */
function counted(state: TradeState, order: TradeOrder): TradeState {
  if (order.role === 'entry') return withEntry(state, { tries: state.entry.tries + 1 });
  if (order.role !== 'add') return state;
  return {
    ...state,
    additions: state.additions.map((it) => (it.number === order.step ? { ...it, tries: it.tries + 1 } : it)),
  };
}

function refused(settings: TradeSettings, state: TradeState, news: Refusal, at: EpochMs): TradeState {
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
  // The vault lets a stop sell what its sub-key bought: coins from elsewhere never become that.
  const isHopeless = how === 'never' || (code === 'E_POS' && settings.entry === 'held');
  if (order.order === 'stop-limit' && (isHopeless || tries + 1 >= stopTriesMost)) return withStop(state, { cannotRest: why });
  const again = askAgainAt(how, at, tries, settings.retryMs);
  return redivided(settings, withHoldup(state, part, { at: again, tries: tries + 1, reason: why }), order);
}
