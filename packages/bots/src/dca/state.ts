/**
 * State of a DCA bot: plain data. Prices of the ladder are ticks and quantities lots of `rules`; orders and fills are
 * amounts, as they cross the border.
 *   D1  `quote` and `base` are what the sub-book holds: they change with fills only (and `kept` never leaves `base`).
 *   D2  Every order that may still exist at the exchange is in `orders`.
 *   D3  base = held by the deal + dust + kept.
 *   D4  A cost moves with its coins: selling part of what is held takes its share of the cost, rounded up.
 */
import type { Amount, BotId, ClientOrderId, ClosedDeal, EpochMs, Lots, PairRules, Side, Ticks } from '@holdfast/domain';
import type { OrderRole } from '../order-name.ts';

/** Coins and what they cost in quote. */
export interface Holding {
  readonly quantity: Amount;
  readonly cost: Amount;
}

export type DcaRole = Extract<OrderRole, 'base' | 'averaging' | 'take-profit' | 'close'>;

/** An order that may exist. */
export interface LiveOrder {
  readonly id: ClientOrderId;
  readonly role: DcaRole;
  /** Index of the ladder's level for averaging orders, else 0. */
  readonly level: number;
  readonly side: Side;
  readonly quantity: Amount;
  readonly limit: Amount;
  readonly filled: Amount;
  /** Trades of it that are posted. */
  readonly trades: readonly string[];
  /** `sent`: no answer yet. `unknown`: the vault is finding out. `ended`: off the book, but a fill of it has still to be said. */
  readonly status: 'sent' | 'open' | 'unknown' | 'ended';
  readonly cancelling: boolean;
  /** A cancel was refused: ask again then, if it is still there. */
  readonly cancelAgainAt: EpochMs | null;
  readonly cancelTries: number;
  /** For `ended`: base that must have been filled. */
  readonly filledMustBe: Amount | null;
}

/** One averaging order of the ladder. */
export interface Level {
  readonly price: Ticks;
  readonly quantity: Lots;
  readonly filled: Amount;
  readonly refused: boolean;
}

/** Something was refused or rejected: the same kind of order waits until `at`. */
export interface Holdup {
  readonly at: EpochMs;
  readonly tries: number;
  readonly reason: string;
}

export type Part = 'entry' | 'averaging' | 'exit';

export interface Deal {
  readonly number: number;
  readonly openedAt: EpochMs;
  readonly phase: 'entering' | 'holding' | 'closing';
  /** Why the deal is closing. */
  readonly ending: 'take-profit' | 'closed' | 'cancelled' | 'too-small' | null;
  /** Number of the next order of the deal. */
  readonly sequence: number;
  /** Base orders that the exchange ended without filling them, or refused. */
  readonly entryTries: number;
  /** Quote paid for the base order so far, before fees. */
  readonly entryValue: Amount;
  /** The base order alone: P0 = cost / quantity. */
  readonly entry: Holding;
  /** What the deal holds, carried dust included, at average cost. */
  readonly held: Holding;
  readonly bought: Amount;
  readonly sold: Amount;
  readonly spent: Amount;
  /** Cost of what was sold. */
  readonly soldCost: Amount;
  readonly proceeds: Amount;
  /** Made when the base order is done. */
  readonly ladder: readonly Level[];
  /** Price that sells the whole position at its target; set with each buy. */
  readonly target: Ticks | null;
  readonly holdups: { readonly [part in Part]: Holdup | null };
}

export interface DcaState {
  readonly v: 1;
  readonly bot: BotId;
  readonly rules: PairRules;
  readonly running: boolean;
  /** Why the bot stopped itself, or null. */
  readonly stoppedBecause: { readonly code: string; readonly reason: string } | null;
  readonly halted: boolean;
  readonly quote: Amount;
  readonly base: Amount;
  readonly dust: Holding;
  readonly kept: Holding;
  readonly dealNumber: number;
  readonly deal: Deal | null;
  readonly orders: readonly LiveOrder[];
  /** Deals in a row that bought nothing. */
  readonly fruitless: number;
  /** No deal starts by itself before. */
  readonly restUntil: EpochMs | null;
  /** A deal was asked for by command and has not opened yet. */
  readonly dealAsked: boolean;
  readonly dealsClosed: number;
  readonly realised: Amount;
  readonly lastClosed: ClosedDeal | null;
}
