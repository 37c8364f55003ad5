/**
 * State of a signal bot: plain data. Orders and fills are amounts; prices that are watched are ticks of `rules`.
 *   S1  `book` is what the sub-book holds: it changes with fills only.
 *   S2  Every order that may still exist at the exchange is in `orders`.
 *   S3  A long never sells more than it bought and the dust carried into it; a short never buys back more than whole lots of what it sold.
 *   S4  While a way out is asked for, no way in goes on.
 */
import type {
  Amount,
  BotId,
  ClosedDeal,
  Direction,
  EpochMs,
  PairRules,
  SignalExits,
  SignalTarget,
  Ticks,
} from '@holdfast/domain';
import type { Holding } from '../dca/state.ts';
import type { GivenUp } from '../orders/given-up.ts';
import type { LiveOrder } from '../orders/live-orders.ts';
import type { SubBook } from '../orders/sub-book.ts';

export type Ending = 'take-profit' | 'stop-loss' | 'closed';
export type Role = 'entry' | 'take-profit' | 'stop' | 'exit';
/** `step`: index of the target for a take profit, else 0. */
export type SignalOrder = LiveOrder & { readonly role: Role; readonly step: number };

/** What has been asked for and is not done. */
export interface EntryTask {
  readonly direction: Direction;
  /** Base still to be had, whole lots. */
  readonly left: Amount;
  /** Null at the market. */
  readonly limit: Ticks | null;
  /** A limit that was not filled by then is taken off. */
  readonly until: EpochMs | null;
  /** What the message says of them; the rest is the bot's own, or what the position has already. */
  readonly exits: SignalExits;
  readonly tries: number;
  readonly at: EpochMs | null;
  readonly reason: string | null;
}
export interface ExitTask {
  /** Base still to go; null: all. */
  readonly left: Amount | null;
  /** Coins stay, the position is forgotten. */
  readonly drop: boolean;
  /** The take profit step that it carries out; null for a signal, a stop or a command. */
  readonly step: number | null;
  readonly ending: Ending;
  readonly tries: number;
  readonly at: EpochMs | null;
  readonly reason: string | null;
}

export interface Target extends SignalTarget {
  readonly over: boolean;
  /** Best price since the target was reached, where it trails. */
  readonly peak: Ticks | null;
}

/** A position from its first order to its end. Short: `held` is the base that is owed, and its cost what its sale brought. */
export interface Position {
  readonly number: number;
  readonly direction: Direction;
  readonly openedAt: EpochMs;
  readonly sequence: number;
  readonly held: Holding;
  /** Entries alone, without fees: price = value / base. */
  readonly entered: { readonly base: Amount; readonly value: Amount };
  readonly firstEntry: { readonly base: Amount; readonly value: Amount };
  readonly entries: number;
  readonly lastEntryPrice: Ticks | null;
  readonly targets: readonly Target[];
  readonly stop: SignalExits['stop'];
  /** Best price since the entry, where the stop trails. */
  readonly peak: Ticks | null;
  /** Why the stop cannot rest at the exchange, or null. */
  readonly stopCannotRest: string | null;
  /** When it is asked for again nevertheless; null where it never is. */
  readonly stopGivenUp?: GivenUp | null;
  /** Why it cannot rest together with the targets, if that was refused. */
  readonly stopCannotPair?: string;
  readonly protectAgainAt: EpochMs | null;
  readonly protectTries: number;
  readonly bought: Amount;
  readonly sold: Amount;
  readonly spent: Amount;
  readonly received: Amount;
  /** Cost of what left the position. */
  readonly cost: Amount;
  readonly proceeds: Amount;
  /** What the newest exit was. */
  readonly lastExit: Ending;
}

export interface SignalState {
  readonly v: 1;
  readonly bot: BotId;
  readonly rules: PairRules;
  readonly running: boolean;
  readonly stoppedBecause: { readonly code: string; readonly reason: string } | null;
  readonly halted: boolean;
  readonly book: SubBook;
  /** What a long left below the smallest order; the next long sells it. */
  readonly dust: Holding;
  readonly kept: Holding;
  readonly number: number;
  readonly position: Position | null;
  readonly exit: ExitTask | null;
  readonly entry: EntryTask | null;
  readonly orders: readonly SignalOrder[];
  readonly lastEntryAt: EpochMs | null;
  readonly dealsClosed: number;
  readonly realised: Amount;
  /** The newest few that ended, oldest first. */
  readonly closed: readonly ClosedDeal[];
  /** Id of the newest signal and what was made of it. */
  readonly lastSignal: { readonly id: string; readonly at: EpochMs; readonly what: string } | null;
}
