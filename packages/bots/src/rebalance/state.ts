/**
 * State of a rebalancing bot: plain data.
 *   G3  `book` is what the sub-book holds: it changes with fills only.
 *   G4  A run sells first; what it buys with is what has come in.
 */
import type { BotId, EpochMs, Pair, PairRules } from '@holdfast/domain';
import type { LiveOrder } from '../orders/live-orders.ts';
import type { SubBook } from '../orders/sub-book.ts';

export interface Run {
  readonly number: number;
  readonly startedAt: EpochMs;
  readonly why: 'time' | 'threshold' | 'command';
  readonly phase: 'selling' | 'buying';
  /** Rounds of orders of this phase so far. */
  readonly tries: number;
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
  readonly holdup: { readonly at: EpochMs; readonly tries: number; readonly reason: string } | null;
}
