/**
 * State of a rebalancing bot: plain data.
 *   G3  `book` is what the sub-book holds: it changes with fills only.
 *   G4  A run sells first; what it buys with is what has come in.
 *   G5  A run ends with no order of its own left; each pair that it traded is then one closed deal.
 */
import type { Amount, BotId, ClosedDeal, EpochMs, Pair, PairRules } from '@holdfast/domain';
import type { LiveOrder } from '../orders/live-orders.ts';
import type { SubBook } from '../orders/sub-book.ts';

/** What a run has traded of one pair. Amounts as in `ClosedDeal`. */
export interface Trade {
  /** Of the deal that it becomes. */
  readonly number: number;
  readonly openedAt: EpochMs;
  readonly bought: Amount;
  readonly sold: Amount;
  readonly spent: Amount;
  readonly cost: Amount;
  readonly proceeds: Amount;
  /** In quote; absent in states of earlier versions. */
  readonly fees?: Amount;
}

export interface Run {
  readonly number: number;
  readonly startedAt: EpochMs;
  readonly why: 'time' | 'threshold' | 'command';
  readonly phase: 'selling' | 'buying';
  /** Rounds of orders of this phase so far. */
  readonly tries: number;
  readonly trades: Readonly<Record<Pair, Trade>>;
}

export interface RebalanceState {
  readonly v: 1;
  readonly bot: BotId;
  readonly rules: Readonly<Record<Pair, PairRules>>;
  readonly running: boolean;
  readonly stoppedBecause: { readonly code: string; readonly reason: string } | null;
  readonly halted: readonly Pair[];
  readonly book: SubBook;
  readonly orders: readonly LiveOrder[];
  readonly sequence: number;
  readonly nextAt: EpochMs | null;
  readonly run: Run | null;
  readonly runs: number;
  /** Deals numbered so far. */
  readonly deals: number;
  /** What the coins held have cost, in quote, by asset; what was there at the start counts at its first price. Null before that. */
  readonly costs: Readonly<Record<string, Amount>> | null;
  readonly realised: Amount;
  readonly dealsClosed: number;
  /** The newest ones, oldest first. */
  readonly closed: readonly ClosedDeal[];
  readonly holdup: { readonly at: EpochMs; readonly tries: number; readonly reason: string } | null;
}
