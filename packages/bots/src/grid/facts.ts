/** What events say happened, written into the state. Nothing is decided here (plan.ts decides). */
import {
  type Amount,
  type BotEvent,
  type EpochMs,
  type Lots,
  lots,
  type OrderFill,
  type PairRules,
  quantityAmount,
  toLots,
  zero,
} from '@holdfast/domain';
import { askAgainAt, type Patience } from '../dca/refusals.ts';
import { type OrderNews, tell } from '../orders/live-orders.ts';
import { postFill } from '../orders/sub-book.ts';
import { edgesWithRules } from './lines.ts';
import type { GridSettings } from './settings.ts';
import { isTradable, wantedLots } from './sizes.ts';
import type { Cell, GridOrder, GridState, Holdup } from './state.ts';
import { closeTrip, movedBy, nothingMoved, plus } from './trips.ts';

export const withCell = (state: GridState, index: number, change: Partial<Cell>): GridState => ({
  ...state,
  cells: state.cells.map((cell) => (cell.index === index ? { ...cell, ...change } : cell)),
});

/** A new state for what an event says of an order; the same state for one that says nothing new. */
export function orderFacts(settings: GridSettings, state: GridState, event: BotEvent): GridState {
  const told = tell(state.orders, event, settings.retryMs);
  if (told.orders === state.orders && told.news.kind === 'nothing') return state;
  return heard(settings, { ...state, orders: told.orders }, told.news, event.at);
}

function heard(settings: GridSettings, state: GridState, news: OrderNews<GridOrder>, at: EpochMs): GridState {
  switch (news.kind) {
    case 'nothing':
      return state;
    case 'accepted':
      return accepted(state, news.order, at);
    case 'filled':
      return filled(settings, state, news, at);
    case 'over':
      return over(settings, state, news.order, news.asked, at);
    case 'refused':
      return refused(settings, state, news, at);
  }
}

const cellOf = (state: GridState, order: GridOrder): Cell | undefined =>
  order.cell === null ? undefined : state.cells.find(({ index }) => index === order.cell);

/** The cell that an order still counts for: a line may have been dropped and laid again meanwhile. */
const ownCell = (state: GridState, order: GridOrder): Cell | undefined => {
  const cell = cellOf(state, order);
  return cell !== undefined && cell.leg === order.side ? cell : undefined;
};

function accepted(state: GridState, order: GridOrder, at: EpochMs): GridState {
  const pause = state.pause !== null && at >= state.pause.at ? null : state.pause;
  const cell = ownCell(state, order);
  const calm = pause === state.pause ? state : { ...state, pause };
  // An order that only takes what is there has shown nothing by being taken in.
  if (cell === undefined || cell.holdup === null || order.order === 'ioc') return calm;
  return withCell(calm, cell.index, { holdup: null });
}

function filled(
  settings: GridSettings,
  state: GridState,
  { order, fill, isOver }: { readonly order: GridOrder; readonly fill: OrderFill; readonly isOver: boolean },
  at: EpochMs,
): GridState {
  const { book, posted } = postFill(state.book, order.pair, order.side, fill);
  const moved = movedBy(settings, order.pair, order.side, fill, posted);
  const now: GridState = { ...state, book };
  const cell = ownCell(now, order);
  if (cell === undefined) {
    const calm = order.cell === null ? { ...now, pause: null } : now;
    return { ...calm, loose: plus(now.loose, moved) };
  }
  const trip = cell.trip ?? { number: order.number, first: order.side, openedAt: at, moved: nothingMoved };
  const after = withCell(now, cell.index, {
    trip: { ...trip, moved: plus(trip.moved, moved) },
    done: (cell.done + fill.quantity) as Amount,
    holdup: null,
  });
  return isOver ? turned(settings, after, cell.index, order.filled >= order.quantity, at) : after;
}

/** Off the book; what the bot did not ask for is tried again after a wait. */
function over(settings: GridSettings, state: GridState, order: GridOrder, asked: boolean, at: EpochMs): GridState {
  const cell = ownCell(state, order);
  const reason =
    order.order === 'ioc'
      ? 'the order found too little on the other side of the book'
      : 'the exchange took the order off the book';
  if (cell === undefined)
    return asked || order.cell !== null ? state : { ...state, pause: wait(settings, state.pause, at, reason) };
  const after = asked ? state : withCell(state, cell.index, { holdup: wait(settings, cell.holdup, at, reason) });
  return turned(settings, after, cell.index, false, at);
}

function wait(settings: GridSettings, before: Holdup | null, at: EpochMs, reason: string, how: Patience = 'soon'): Holdup {
  const tries = before?.tries ?? 0;
  return { at: askAgainAt(how, at, tries, settings.retryMs), tries: tries + 1, reason };
}

/** These are about the one order, E_STATE as another bot's is in its way; all others concern every order of the bot. */
const ofTheLine: ReadonlySet<string> = new Set(['E_BAND', 'E_CORRIDOR', 'E_SIZE', 'E_PARAM', 'E_DUPLICATE', 'E_STATE']);

function refused(
  settings: GridSettings,
  state: GridState,
  { order, how, code, reason }: Extract<OrderNews<GridOrder>, { kind: 'refused' }>,
  at: EpochMs,
): GridState {
  const text = `${reason} (${code})`;
  const cell = ownCell(state, order);
  const isOfLine = cell !== undefined && (ofTheLine.has(code) || !code.startsWith('E_'));
  if (isOfLine && how !== 'never') return withCell(state, cell.index, { holdup: wait(settings, cell.holdup, at, text, how) });
  if (cell !== undefined && how === 'never') return withCell(state, cell.index, { refused: { code, reason } });
  // Orders that were on their way together are refused together: that counts as one try.
  if (state.pause !== null && at < state.pause.at) return state;
  if (how === 'never' && order.role === 'balance') return { ...state, phase: 'ending', ending: { action: 'stop', code, reason } };
  return { ...state, pause: wait(settings, state.pause, at, text, how === 'never' ? 'later' : how) };
}

/** After an order ended: a leg that is whole, or of which too little is left for an order, gives way to the other one. */
export function turned(settings: GridSettings, state: GridState, index: number, whole: boolean, at: EpochMs): GridState {
  const cell = state.cells.find((it) => it.index === index) as Cell;
  if (cell.done === 0n || cell.trip === null) return state;
  const price = cell.leg === 'buy' ? cell.lower : cell.upper;
  if (!whole && isTradable(state.rules, restLots(settings, state, cell), price)) return state;
  const leg = cell.leg === 'buy' ? 'sell' : 'buy';
  const after = withCell(state, index, { leg, done: zero });
  return cell.trip.first === cell.leg ? after : closeTrip(settings, after, cell, cell.trip, at);
}

/** What is still to trade of a cell's leg. */
export function restLots(settings: GridSettings, state: GridState, cell: Cell): Lots {
  const rest = wantedLots(settings, state, cell) - toLots(cell.done, state.rules, 'down');
  return lots(Math.max(rest, 0));
}

export function withRules(state: GridState, rules: PairRules): GridState {
  const cells = state.cells.map((cell) => ({ ...cell, ...edgesWithRules(cell, state.rules, rules) }));
  const startPrice =
    state.startPrice === null
      ? null
      : edgesWithRules({ index: 0, lower: state.startPrice, upper: state.startPrice, quantity: lots(0) }, state.rules, rules)
          .lower;
  return { ...state, rules, cells, startPrice };
}

export const cellBase = (state: GridState, cell: Cell): Amount => quantityAmount(cell.quantity, state.rules);
