/**
 * What a grid bot does now, from its state alone. Doing it twice does nothing the second time.
 *   P1  Two live orders never lie on one line, and no order of the bot can trade with another one of it.
 *   P2  The bot never sells more base nor reserves more quote than its sub-book has.
 *   P3  At most `activeBuyLines` and `activeSellLines` rest, those nearest to the price; the others are cancelled.
 */
import { lots, priceAmount, type Quote, type Side, type Ticks } from '@holdfast/domain';
import { lowered, raised } from '../dca/arithmetic.ts';
import { planBalancing } from './balance.ts';
import { beginEnding, planEnding } from './ending.ts';
import { restLots } from './facts.ts';
import { moveRange } from './range.ts';
import type { GridSettings } from './settings.ts';
import { affordable, isTradable, sellable } from './sizes.ts';
import type { Cell, Ending, GridOrder, GridState } from './state.ts';
import { cancel, isPaused, place, type Turn } from './turn.ts';

/** Acts until nothing is left to do. */
export function plan(turn: Turn): void {
  for (let before: GridState | undefined; before !== turn.state; ) {
    before = turn.state;
    if (before.phase === 'stopped') return;
    if (before.phase === 'ending') planEnding(turn);
    else {
      const reached = stopReached(turn);
      if (reached !== null) turn.state = beginEnding(before, reached);
      else if (before.phase === 'balancing') planBalancing(turn);
      else planWorking(turn);
    }
  }
}

function stopReached({ settings, state, quote }: Turn): Ending | null {
  if (quote === undefined) return null;
  const last = priceAmount(quote.last, state.rules);
  const { upper, lower } = settings.stops;
  const words = (side: string) => `the ${side} stop price was reached`;
  if (upper !== null && last >= upper.price) return { action: upper.action, code: 'stop-price', reason: words('upper') };
  if (lower !== null && last <= lower.price) return { action: lower.action, code: 'stop-price', reason: words('lower') };
  return null;
}

function planWorking(turn: Turn): void {
  if (turn.quote === undefined) {
    turn.needsQuote = true;
    return;
  }
  const leaving = moveRange(turn, turn.quote);
  const wanted = wantedCells(turn.settings, turn.state).filter(({ index }) => index !== leaving);
  for (const order of turn.state.orders) if (!isWanted(wanted, order)) cancel(turn, order);
  for (const { index } of wanted) placeLine(turn, turn.quote, index);
}

/** The lines that should rest, nearest to the price first. */
export function wantedCells(settings: GridSettings, state: GridState): readonly Cell[] {
  const fit = state.cells.filter(({ refused }) => refused === null);
  const buys = fit.filter(({ leg }) => leg === 'buy').slice(-settings.activeBuyLines);
  const sells = fit.filter(({ leg }) => leg === 'sell').slice(0, settings.activeSellLines);
  return [...buys.reverse(), ...sells];
}

const isWanted = (wanted: readonly Cell[], order: GridOrder): boolean =>
  wanted.some((cell) => cell.index === order.cell && cell.leg === order.side);

/** The line that an order lies on. */
export const lineOf = ({ cell, side }: Pick<GridOrder, 'cell' | 'side'>): number | null =>
  cell === null ? null : side === 'buy' ? cell : cell + 1;

/** Whether one of the bot's own orders lies on that line, or would trade with an order at `limit`. */
function isInTheWay(state: GridState, line: number, side: Side, limit: Ticks): boolean {
  const price = priceAmount(limit, state.rules);
  return state.orders.some(
    (order) => lineOf(order) === line || (order.side !== side && (side === 'buy' ? order.limit <= price : order.limit >= price)),
  );
}

function placeLine(turn: Turn, quote: Quote, index: number): void {
  const { settings, state, at } = turn;
  const cell = state.cells.find((it) => it.index === index) as Cell;
  if (state.orders.some((order) => order.cell === index)) return;
  if (isPaused(turn) || (cell.holdup !== null && at < cell.holdup.at)) return;
  if (state.orders.length >= state.rules.maxOrders) return;
  const { leg: side } = cell;
  const { limit, takes } = limitOf(settings, cell, quote);
  if (isInTheWay(state, side === 'buy' ? index : index + 1, side, limit)) return;
  const rest = restLots(settings, state, cell);
  const most = lots(Math.min(rest, state.rules.maxQuantity));
  const quantity = side === 'buy' ? affordable(settings, state, most, limit) : sellable(settings, state, most);
  if (!isTradable(state.rules, quantity, limit)) return;
  place(turn, 'line', cell, { side, order: takes ? 'ioc' : 'limit', quantity, limit });
}

/** A line that the price has passed is taken at the market, no further from it than the slippage. */
function limitOf(settings: GridSettings, cell: Cell, { bid, ask }: Quote): { readonly limit: Ticks; readonly takes: boolean } {
  if (cell.leg === 'buy') {
    const takes = cell.lower >= ask;
    return { takes, limit: takes ? (Math.min(cell.lower, Math.max(raised(ask, settings.slippage), ask)) as Ticks) : cell.lower };
  }
  const takes = cell.upper <= bid;
  return { takes, limit: takes ? (Math.max(cell.upper, Math.min(lowered(bid, settings.slippage), bid)) as Ticks) : cell.upper };
}
