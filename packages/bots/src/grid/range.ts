/**
 * The range follows the price: trailing shifts it by a line and drops the farthest one, expansion adds a line and drops none, and
 * without an upper price lines are added above as coins allow.
 */
import { type PairRules, priceAmount, type Quote, quantityAmount, type Side, type Ticks } from '@holdfast/domain';
import { newCell } from './balance.ts';
import { edgesOf, linePrice } from './lines.ts';
import type { GridSettings } from './settings.ts';
import { spareBase } from './sizes.ts';
import type { Cell, GridState } from './state.ts';
import { plus } from './trips.ts';
import type { Turn } from './turn.ts';

/** Prices at which the range moves next; null: never. */
export interface Moves {
  readonly trailUp: Ticks | null;
  readonly trailDown: Ticks | null;
  readonly expandUp: Ticks | null;
  readonly expandDown: Ticks | null;
}

export function movesOf(settings: GridSettings, state: GridState): Moves {
  const { rules, cells } = state;
  const [lowest, highest] = [cells[0], cells.at(-1)];
  if (lowest === undefined || highest === undefined) return { trailUp: null, trailDown: null, expandUp: null, expandDown: null };
  const above = linePrice(settings, rules, highest.index + 2);
  const below = linePrice(settings, rules, lowest.index - 1);
  const { trailing, expansion } = settings;
  return {
    trailUp: above !== null && within(trailing.up, above, rules, 'up') ? above : null,
    trailDown: below !== null && within(trailing.down, below, rules, 'down') ? below : null,
    expandUp: above !== null && within(expansion.up, above, rules, 'up') ? above : null,
    // The line that is added buys below the lowest one, so it must lie there before the price does.
    expandDown: below !== null && within(expansion.down, below, rules, 'down') ? lowest.lower : null,
  };
}

function within(until: bigint | 'unbounded' | null, price: Ticks, rules: PairRules, way: 'up' | 'down'): boolean {
  if (until === null || until === 'unbounded') return until !== null;
  const amount = priceAmount(price, rules);
  return way === 'up' ? amount <= until : amount >= until;
}

/** Moves the range as far as it can now; gives the index of a cell whose order must go first, or null. */
export function moveRange(turn: Turn, { last }: Quote): number | null {
  const { settings } = turn;
  for (;;) {
    const { state } = turn;
    const moves = movesOf(settings, state);
    const [lowest, highest] = [state.cells[0], state.cells.at(-1)];
    if (lowest === undefined || highest === undefined) return null;
    if (moves.expandUp !== null && last >= moves.expandUp) {
      if (!added(turn, highest.index + 1, 'buy')) return null;
    } else if (moves.expandDown !== null && last <= moves.expandDown) {
      if (!added(turn, lowest.index - 1, 'buy')) return null;
    } else if (moves.trailUp !== null && last >= moves.trailUp && isIdle(lowest, 'buy')) {
      if (isLive(state, lowest)) return lowest.index;
      if (!shifted(turn, lowest, highest.index + 1, 'buy')) return null;
    } else if (moves.trailDown !== null && last <= moves.trailDown && isIdle(highest, 'sell')) {
      if (isLive(state, highest)) return highest.index;
      if (!shifted(turn, highest, lowest.index - 1, 'sell')) return null;
    } else if (!extended(turn, highest)) return null;
  }
}

/** What has begun to trade is brought to its end first. */
const isIdle = (cell: Cell, leg: Side): boolean => cell.leg === leg && cell.done === 0n;

const isLive = (state: GridState, cell: Cell): boolean => state.orders.some((order) => order.cell === cell.index);

function added(turn: Turn, index: number, leg: Side): boolean {
  const edges = edgesOf(turn.settings, turn.state.rules, index);
  if (edges === null) return false;
  const cell = newCell({ ...edges, leg });
  const { cells } = turn.state;
  const isAbove = index > (cells[0]?.index ?? index);
  turn.state = { ...turn.state, cells: isAbove ? [...cells, cell] : [cell, ...cells] };
  return true;
}

/** Drops the farthest cell and adds one on the other side; an unfinished trip of it counts with what belongs to no cell. */
function shifted(turn: Turn, dropped: Cell, index: number, leg: Side): boolean {
  if (!added(turn, index, leg)) return false;
  const { state } = turn;
  turn.state = {
    ...state,
    cells: state.cells.filter((cell) => cell.index !== dropped.index),
    loose: dropped.trip === null ? state.loose : plus(state.loose, dropped.trip.moved),
  };
  return true;
}

/** Without an upper price: lines above as long as fewer rest than may and coins are left that no line counts on. */
function extended(turn: Turn, highest: Cell): boolean {
  const { settings, state } = turn;
  if (settings.upper !== null) return false;
  if (state.cells.filter(({ leg }) => leg === 'sell').length >= settings.activeSellLines) return false;
  const edges = edgesOf(settings, state.rules, highest.index + 1);
  if (edges === null || spareBase(state, settings.pair) < quantityAmount(edges.quantity, state.rules)) return false;
  return added(turn, highest.index + 1, 'sell');
}
