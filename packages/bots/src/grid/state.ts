/**
 * State of a grid bot: plain data. Prices of lines are ticks and quantities of cells lots of `rules`; orders and fills are amounts.
 *   G1  `book` is what the sub-book holds: it changes with fills only.
 *   G2  Every order that may still exist at the exchange is in `orders`; no two of them lie on one line.
 *   G3  What was allotted, what round trips gained, what open ones moved and what `loose` moved is what `book` holds, exactly.
 */
import type { Amount, BotId, ClosedDeal, EpochMs, PairRules, Side, Ticks } from '@holdfast/domain';
import type { LiveOrder } from '../orders/live-orders.ts';
import type { SubBook } from '../orders/sub-book.ts';
import type { Edges } from './lines.ts';
import type { StopAction } from './settings.ts';

/** What fills moved: base and quote with fees taken from them; `third` is the worth in quote of fees in a third asset. */
export interface Moved {
  readonly bought: Amount;
  readonly sold: Amount;
  readonly spent: Amount;
  readonly proceeds: Amount;
  readonly third: Amount;
  /** All fees, counted in quote. */
  readonly fees: Amount;
}

/** One buy and one sale of a cell, in either order. */
export interface Trip {
  readonly number: number;
  readonly first: Side;
  readonly openedAt: EpochMs;
  readonly moved: Moved;
}

/** Something was refused or rejected: the same waits until `at`. */
export interface Holdup {
  readonly at: EpochMs;
  readonly tries: number;
  readonly reason: string;
}

export interface Cell extends Edges {
  /** What it waits for: to buy at its lower line or to sell at its upper one. */
  readonly leg: Side;
  /** Base of this leg that has traded, before fees. */
  readonly done: Amount;
  readonly trip: Trip | null;
  readonly holdup: Holdup | null;
  /** The vault will never have it: the line is left out. */
  readonly refused: { readonly code: string; readonly reason: string } | null;
  readonly trips: number;
  /** Of finished trips, in quote. */
  readonly profit: Amount;
}

export interface GridOrder extends LiveOrder {
  readonly role: 'line' | 'balance' | 'close';
  /** Index of the cell, null unless the role is `line`. */
  readonly cell: number | null;
  /** Number of the trip, or of the round for what belongs to no cell. */
  readonly number: number;
}

export interface Ending {
  readonly action: StopAction;
  readonly code: string;
  readonly reason: string;
}

export interface GridState {
  readonly v: 1;
  readonly bot: BotId;
  readonly rules: PairRules;
  /** `balancing`: coins and money are brought to what the lines need. `ending`: orders go, then what the action says. */
  readonly phase: 'balancing' | 'working' | 'ending' | 'stopped';
  /** Why it ends or has ended. */
  readonly ending: Ending | null;
  readonly halted: boolean;
  readonly allotted: SubBook;
  readonly book: SubBook;
  /** By index, without gaps. */
  readonly cells: readonly Cell[];
  readonly orders: readonly GridOrder[];
  /** What balancing, closing and legs of dropped cells moved since the round began. */
  readonly loose: Moved;
  /** Sums of all that moved outside of round trips in earlier rounds. */
  readonly looseBefore: { readonly base: bigint; readonly quote: bigint };
  /** Sums of finished trips. */
  readonly gained: { readonly base: bigint; readonly quote: bigint };
  /** A round lasts from one laying of the lines to their end; its number is that of its balancing and closing orders. */
  readonly round: number;
  readonly roundStartedAt: EpochMs | null;
  /** Last price when the lines were laid; null before. */
  readonly startPrice: Ticks | null;
  readonly nextNumber: number;
  readonly sequence: number;
  /** No order is placed before. */
  readonly pause: Holdup | null;
  readonly trips: number;
  /** Profit of all that closed, in quote. */
  readonly realised: Amount;
  /** The newest that closed, oldest first. */
  readonly closed: readonly ClosedDeal[];
}
