/**
 * State of a bot that runs a strategy of one's own: plain data.
 *   W1  `book` is what the sub-book holds: it changes with fills only.
 *   W2  A deal goes from the first buy until nothing but dust is held and no order of it can trade.
 */
import type { Amount, BotId, ClosedDeal, EpochMs, PairRules } from '@holdfast/domain';
import type { Holding } from '../dca/state.ts';
import type { LiveOrder } from '../orders/live-orders.ts';
import type { SubBook } from '../orders/sub-book.ts';
import type { StrategyWake, WantedOrder } from './protocol.ts';

export type OwnOrder = LiveOrder & { readonly name: string; readonly deal: number };

export interface OwnDeal {
  readonly number: number;
  readonly openedAt: EpochMs;
  /** Dust carried into it included. */
  readonly held: Holding;
  readonly bought: Amount;
  readonly sold: Amount;
  readonly spent: Amount;
  /** What was sold had cost. */
  readonly cost: Amount;
  readonly proceeds: Amount;
}

export interface OwnState {
  readonly v: 1;
  readonly bot: BotId;
  readonly rules: PairRules;
  readonly running: boolean;
  /** Why the strategy is not asked any more until a person lets it go on. */
  readonly paused: { readonly code: string; readonly reason: string } | null;
  readonly halted: boolean;
  /** Everything is being sold. */
  readonly closing: boolean;
  /** Whether the strategy has been called at all. */
  readonly begun: boolean;
  /** The strategy's own state; null at first. */
  readonly memory: unknown;
  readonly wanted: readonly WantedOrder[];
  readonly wakes: readonly StrategyWake[];
  readonly book: SubBook;
  readonly orders: readonly OwnOrder[];
  readonly sequence: number;
  readonly deal: OwnDeal | null;
  readonly deals: number;
  readonly dealsClosed: number;
  readonly realised: Amount;
  /** Held when no deal is open: less than a lot. */
  readonly dust: Holding;
  /** Why an order by that name waits. */
  readonly holdups: Readonly<Record<string, { readonly at: EpochMs; readonly tries: number; readonly reason: string }>>;
  /** The newest deals that closed. */
  readonly closed: readonly ClosedDeal[];
}
