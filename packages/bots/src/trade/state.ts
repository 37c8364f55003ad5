/**
 * State of a trade: plain data. Prices that are watched are ticks of `rules`; orders and fills are amounts. Words are those of a long
 * trade, which buys with quote and sells: where a field of it is base that is bought, held or sold, that of a short trade is quote that
 * its sales brought and that it pays for coins; and where it is quote that coins cost or brought, it is base. Steps count base in both.
 *   R1  `book` is what the sub-book holds: it changes with fills only.
 *   R2  Every order that may still exist at the exchange is in `orders`.
 *   R3  What the steps have left is never more than whole lots of `held`, or than `held` pays for at their prices.
 */
import type { Amount, BotId, ClosedDeal, EpochMs, PairRules, Ticks } from '@holdfast/domain';
import type { Holding } from '../dca/state.ts';
import type { GivenUp } from '../orders/given-up.ts';
import type { LiveOrder } from '../orders/live-orders.ts';
import type { SubBook } from '../orders/sub-book.ts';
import type { TooFar } from '../orders/too-far.ts';
import type { Target, TradeSettings } from './settings.ts';

export type Role = 'entry' | 'add' | 'take-profit' | 'stop-loss' | 'close';

/** `step` of an order whose step an edit has taken away: it is cancelled, and what it trades until then counts for none. */
export const ofNoStep = -1;

/** `step`: index into `steps` for a take profit and its stop, number of the request for added funds, else 0. */
export type TradeOrder = LiveOrder & { readonly role: Role; readonly step: number };

/** A part of the position with its own way out: a take profit of the settings, or a reduction that was asked for. */
export interface ExitStep extends Target {
  readonly kind: 'target' | 'reduce';
  /** Base that it has still to sell, or to buy back. */
  readonly left: Amount;
  /** Base that it has. */
  readonly sold: Amount;
  /** Best last price since its target was reached, where it trails. */
  readonly peak: Ticks | null;
  /** It trades at the market now. */
  readonly due: boolean;
  readonly over: boolean;
}

/** Funds that were added by command, and have not been traded yet. */
export interface Addition {
  readonly number: number;
  /** In quote. */
  readonly left: Amount;
  /** Null for the market. */
  readonly limit: Amount | null;
  readonly tries: number;
}

/** Something was refused or rejected: the same part waits until `at`. */
export interface Holdup {
  readonly at: EpochMs;
  readonly tries: number;
  readonly reason: string;
}

export type Part = 'entry' | 'add' | 'stop' | 'exit';
export type Ending = ClosedDeal['ending'];

export interface TradeState {
  readonly v: 1;
  readonly bot: BotId;
  readonly rules: PairRules;
  /** Settings that an edit put in the place of the first ones. */
  readonly edited: TradeSettings | null;
  readonly halted: boolean;
  /** What the owner has noted on it. */
  readonly note?: string;
  readonly startedAt: EpochMs | null;
  readonly book: SubBook;
  readonly orders: readonly TradeOrder[];
  /** Number of the next order. */
  readonly sequence: number;
  readonly entry: {
    /** `waiting` for its trigger, `working` on its order. */
    readonly phase: 'waiting' | 'working' | 'over';
    /** Where a trailing entry has begun to follow: the lowest last price since, of a short trade the highest. */
    readonly low: Ticks | null;
    /** Since when the trigger is reached, where that must last. */
    readonly since?: EpochMs | null;
    /** What is still to be entered with, before fees, in what the size is in. */
    readonly left: Amount;
    readonly tries: number;
    /** Its order has other terms since an edit. */
    readonly renew: boolean;
  };
  readonly additions: readonly Addition[];
  readonly held: Holding;
  /** `held` as it was after the newest entry: what percentages count from. */
  readonly basis: Holding;
  readonly bought: Amount;
  readonly sold: Amount;
  readonly spent: Amount;
  readonly soldCost: Amount;
  readonly proceeds: Amount;
  readonly steps: readonly ExitStep[];
  readonly stop: {
    /** Best last price since something is held. */
    readonly peak: Ticks | null;
    /** The price is at or below the stop since then (only where it has a timeout). */
    readonly since: EpochMs | null;
    /** Why the stop cannot rest at the exchange, or null. */
    readonly cannotRest: string | null;
    /** When it is asked for again nevertheless; null where it never is. */
    readonly givenUp?: GivenUp | null;
    /** The band of the vault kept it away. */
    readonly tooFar?: TooFar;
    /** Why it cannot rest together with the take profits, if that was refused. */
    readonly cannotPair?: string;
  };
  /** The way out of all that is held; null while the steps and the stop decide. */
  readonly exit: { readonly ending: Ending; readonly how: 'market' | 'limit' | 'keep' } | null;
  readonly holdups: { readonly [part in Part]: Holdup | null };
  /** Why the trade came to nothing, or null. */
  readonly stoppedBecause: { readonly code: string; readonly reason: string } | null;
  readonly closed: ClosedDeal | null;
}
