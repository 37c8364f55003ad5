/**
 * Before the lines are laid: how much base and quote they need around the price of now, and the capped orders that bring the
 * sub-book there, in pieces. What is missing below the exchange's smallest order is left as it is.
 */
import {
  type Amount,
  baseOf,
  divide,
  type Lots,
  lots,
  type PairRules,
  priceAmount,
  type Quote,
  quantityAmount,
  quoteOf,
  type Side,
  type Ticks,
  toLots,
  unit,
} from '@holdfast/domain';
import { lotsWithin, lowered, raised } from '../dca/arithmetic.ts';
import { held } from '../orders/sub-book.ts';
import { buyCost, cellQuantity, type Edges, edgesOf, grossLots, nearestLine } from './lines.ts';
import { ratioUnit } from './ratio.ts';
import type { GridSettings } from './settings.ts';
import { affordable, isTradable, sellable } from './sizes.ts';
import type { Cell, GridState } from './state.ts';
import { isPaused, place, type Turn } from './turn.ts';

/** The lines around a price: below the empty one they buy, above it they sell. */
export interface Layout {
  readonly empty: number;
  readonly cells: readonly (Edges & { readonly leg: Side })[];
  /** In base; without an upper price also for the lines that are laid later. */
  readonly base: Amount;
  readonly quote: Amount;
}

export function layout(settings: GridSettings, rules: PairRules, price: Ticks): Layout {
  const empty = nearestLine(settings, rules, price);
  const last = settings.upper === null ? empty + settings.activeSellLines : settings.lines - 1;
  const cells: (Edges & { readonly leg: Side })[] = [];
  let [base, quote] = [0n, 0n];
  for (let index = 0; index < last; index++) {
    const edges = edgesOf(settings, rules, index);
    if (edges === null) break;
    const leg = index < empty ? 'buy' : 'sell';
    cells.push({ ...edges, leg });
    if (leg === 'sell') base += quantityAmount(edges.quantity, rules);
    else quote += buyCost(settings, rules, edges.lower, grossLots(settings, edges.quantity));
  }
  return {
    empty,
    cells,
    quote: quote as Amount,
    base: (settings.upper === null ? endless(settings, rules, empty) : base) as Amount,
  };
}

/** Base of all lines from `empty` up, without end: amount / price × r / (r - 1), rounded up. */
function endless(settings: GridSettings, rules: PairRules, empty: number): bigint {
  const edges = edgesOf(settings, rules, empty);
  if (edges === null || settings.spacing.kind !== 'geometric') return 0n;
  const { ratio } = settings.spacing;
  return divide(settings.amount * unit * ratio, priceAmount(edges.lower, rules) * (ratio - ratioUnit), 'up');
}

/** So many times the amount per line is the largest balancing or closing order: never more than all lines together. */
export const pieceLines = ({ balanceOrderLines, upper, lines }: GridSettings): number =>
  upper === null ? balanceOrderLines : Math.min(balanceOrderLines, lines - 1);

/** The largest balancing or closing order at a price, in lots. */
export const pieceLots = (settings: GridSettings, rules: PairRules, price: Ticks): Lots =>
  lots(Math.min(cellQuantity(settings, rules, price) * pieceLines(settings), rules.maxQuantity));

export function planBalancing(turn: Turn): void {
  const { state, settings } = turn;
  if (state.orders.length > 0) return;
  if (turn.quote === undefined) {
    turn.needsQuote = true;
    return;
  }
  if (isPaused(turn)) return;
  if (settings.balance && balanceOnce(turn, turn.quote)) return;
  turn.state = laid(turn, turn.quote);
}

/** Places the next piece of what is missing; false when nothing tradable is. */
function balanceOnce(turn: Turn, quote: Quote): boolean {
  const { state, settings } = turn;
  const { rules, book } = state;
  const { base, quote: money } = layout(settings, rules, quote.last);
  const lacking = base - held(book, baseOf(settings.pair));
  if (lacking > 0n) return buyPiece(turn, quote, lacking);
  const short = money - held(book, quoteOf(settings.pair));
  if (short <= 0n) return false;
  const limit = lowered(quote.bid, settings.slippage);
  const wanted = lotsWithin(divide(short * unit, unit - settings.fee, 'up'), quote.bid, rules) + 1;
  const most = Math.min(wanted, toLots(-lacking as Amount, rules, 'down'), pieceLots(settings, rules, quote.bid));
  return piece(turn, 'sell', sellable(settings, state, lots(most)), limit);
}

function buyPiece(turn: Turn, quote: Quote, lacking: bigint): boolean {
  const { state, settings } = turn;
  const limit = Math.max(raised(quote.ask, settings.slippage), quote.ask) as Ticks;
  const gross = grossLots(settings, toLots(lacking as Amount, state.rules, 'up'));
  const most = Math.min(gross, pieceLots(settings, state.rules, quote.ask));
  return piece(turn, 'buy', affordable(settings, state, lots(most), limit), limit);
}

function piece(turn: Turn, side: Side, quantity: Lots, limit: Ticks): boolean {
  if (!isTradable(turn.state.rules, quantity, limit)) return false;
  place(turn, 'balance', null, { side, order: 'ioc', quantity, limit });
  return true;
}

/** The lines, as the price of now has them. */
function laid({ settings, state }: Turn, quote: Quote): GridState {
  const cells = layout(settings, state.rules, quote.last).cells.map(newCell);
  return { ...state, phase: 'working', cells, startPrice: quote.last, pause: null };
}

export const newCell = (edges: Edges & { readonly leg: Side }): Cell => ({
  ...edges,
  done: 0n as Amount,
  trip: null,
  holdup: null,
  refused: null,
  trips: 0,
  profit: 0n as Amount,
});
