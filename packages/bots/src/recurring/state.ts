/**
 * State of recurring buys: plain data.
 *   U1  `book` is what the sub-book holds: it changes with fills only.
 *   U2  `pending` is quote that was due and has not been spent, fees not counted.
 */
import type { Amount, BotId, ClosedDeal, EpochMs, PairRules } from '@holdfast/domain';
import type { Holding } from '../dca/state.ts';
import type { LiveOrder } from '../orders/live-orders.ts';
import type { SubBook } from '../orders/sub-book.ts';

export interface Purchase {
  readonly number: number;
  readonly openedAt: EpochMs;
  readonly tries: number;
  readonly bought: Amount;
  readonly spent: Amount;
  /** In quote; absent in states of earlier versions. */
  readonly fees?: Amount;
}

export interface RecurringState {
  readonly v: 1;
  readonly bot: BotId;
  readonly rules: PairRules;
  readonly running: boolean;
  readonly stoppedBecause: { readonly code: string; readonly reason: string } | null;
  readonly halted: boolean;
  readonly book: SubBook;
  readonly orders: readonly LiveOrder[];
  readonly sequence: number;
  /** Next time of the schedule; null before the first event. */
  readonly nextAt: EpochMs | null;
  readonly pending: Amount;
  /** A purchase that is going on. */
  readonly purchase: Purchase | null;
  readonly purchasesBegun: number;
  readonly purchasesDone: number;
  /** Times of the schedule that came and were not bought at, and why the newest was not. */
  readonly skipped: number;
  readonly skippedBecause: string | null;
  readonly holdup: { readonly at: EpochMs; readonly tries: number; readonly reason: string } | null;
  readonly held: Holding;
  readonly lastClosed: ClosedDeal | null;
}
