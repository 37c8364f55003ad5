/**
 * State of a DCA bot: plain data. Prices of the ladder are ticks and quantities lots of `rules`; orders and fills are
 * amounts, as they cross the border. Words are those of a long deal, which buys with quote and sells: where a field of it is base
 * that is bought, held, sold, dust or kept, that of a short deal is quote that its sales brought; and where it is quote that was
 * spent, that coins cost or that sales earned, it is base.
 *   D1  `quote` and `base` are what the sub-book holds: they change with fills, and with what is kept when a person
 *       has it released.
 *   D2  Every order that may still exist at the exchange is in `orders`.
 *   D3  base (of a short bot quote) = held by the deal + dust + kept.
 *   D4  A cost moves with its coins: selling part of what is held takes its share of the cost, rounded up.
 */
import type { Amount, BotId, ClientOrderId, ClosedDeal, EpochMs, Lots, PairRules, Side, Ticks } from '@holdfast/domain';
import type { OrderRole } from '../order-name.ts';
import type { TooFar } from '../orders/too-far.ts';

/** Coins and what they cost in quote. */
export interface Holding {
  readonly quantity: Amount;
  readonly cost: Amount;
}

/** An order that may exist. */
export interface LiveOrder {
  readonly id: ClientOrderId;
  readonly role: OrderRole;
  /** Index of the ladder's level for averaging orders (of the pyramid's from -1 down) and of the target for take profits, from 1; else 0. */
  readonly level: number;
  readonly side: Side;
  readonly quantity: Amount;
  readonly limit: Amount;
  /** Takes what the book has and does not rest. */
  readonly isTaking: boolean;
  /** In quote; of a protective stop only. */
  readonly trigger: Amount | null;
  /** When a resting base order is to be priced anew. */
  readonly repriceAt: EpochMs | null;
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
  /** Of a leg of an OCO: the other leg. */
  readonly twin?: ClientOrderId | undefined;
}

/** One averaging order of the ladder. */
export interface Level {
  readonly price: Ticks;
  readonly quantity: Lots;
  readonly filled: Amount;
  readonly refused: boolean;
}

/** One target of the take profit. The last takes what is left, whatever its `quantity` says. */
export interface ExitStep {
  readonly price: Ticks;
  readonly quantity: Lots;
  readonly sold: Amount;
  /** Its quantity is sold; what is bought later goes to the steps after it. */
  readonly hit: boolean;
}

/** Something was refused or rejected: the same kind of order waits until `at`. */
export interface Holdup {
  readonly at: EpochMs;
  readonly tries: number;
  readonly reason: string;
}

export type Part = 'entry' | 'averaging' | 'exit' | 'stop';

/** What sizes of a deal are counted with: what the bot had to give when it opened, and a factor of 10^-18. */
export interface Sizing {
  readonly funds: Amount;
  readonly scale: bigint;
}

/** Settings of one deal that a person changed while it ran. Percentages as counts of 10^-18 of one. */
export interface DealEdits {
  readonly takeProfit?: bigint;
  readonly trailing?: bigint;
  readonly stopLoss?: bigint;
  readonly averagingOrders?: number;
  readonly note?: string;
}

export type Ending = 'take-profit' | 'closed' | 'cancelled' | 'too-small' | 'stop-loss' | 'timed-out' | 'condition';

export interface Deal {
  readonly number: number;
  readonly openedAt: EpochMs;
  readonly phase: 'entering' | 'holding' | 'closing';
  /** Why the deal is closing. */
  readonly ending: Ending | null;
  /** Closing at the market, at `floor` or better; below it the deal goes on. */
  readonly selling: { readonly floor: Ticks | null } | null;
  readonly sizing: Sizing;
  readonly edits: DealEdits;
  /** Number of the next order of the deal. */
  readonly sequence: number;
  /** Base orders that the exchange ended without filling them, or refused. */
  readonly entryTries: number;
  /** Quote paid for the base order so far, before fees, and base bought, before fees. */
  readonly entryValue: Amount;
  readonly entryBase: Amount;
  /** The base order alone: P0 = cost / quantity. */
  readonly entry: Holding;
  /** What the deal holds, carried dust included, at average cost; see the head for what that is in a short deal. */
  readonly held: Holding;
  readonly bought: Amount;
  readonly sold: Amount;
  readonly spent: Amount;
  /** Cost of what was sold. */
  readonly soldCost: Amount;
  readonly proceeds: Amount;
  /** Made when the base order is done. */
  readonly ladder: readonly Level[];
  /** Orders on the side of profit, where the settings have any; the `level` of their live orders counts down from -1. */
  readonly pyramid?: readonly Level[];
  /** Price of the last buy of base order or ladder. */
  readonly lastBuy: Amount | null;
  /** Targets of the take profit; set with each entry. */
  readonly steps: readonly ExitStep[];
  /** Best price of an exit since the last target was reached; null while nothing is trailed. */
  readonly trail: Ticks | null;
  /** How far a trailing stop has moved to the side of profit, in ticks. */
  readonly lift: number;
  /** Since when the price is at the stop. */
  readonly stopSince: EpochMs | null;
  /** Why the vault will never take a stop of this deal. */
  readonly stopRefused: string | null;
  /** The band of the vault kept the stop away. */
  readonly stopTooFar?: TooFar | undefined;
  /** So many averaging orders rest at most, since the exchange had no place for an exit beside more. */
  readonly averagingMost?: number | undefined;
  /** Why targets and stop of this deal do not rest together, where the vault or the exchange said so. */
  readonly pairingRefused?: string | undefined;
  /** Funds that a person adds, not ordered yet; `limit` null for the market. */
  readonly adding: { readonly quote: Amount; readonly limit: Ticks | null } | null;
  /** The target that a person wants taken at the market, from 1. */
  readonly closingStep?: number | undefined;
  /** Added orders that rest are to go. */
  readonly dropsAdded: boolean;
  readonly holdups: { readonly [part in Part]: Holdup | null };
}

export interface DcaState {
  readonly v: 2;
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
  /** Price when the bot began to look, where settings count from it. */
  readonly startedAt?: Ticks | undefined;
  /** Set while a bot of several deals steps it: by itself a deal opens at this price or further on the side of loss. */
  readonly beyond?: Ticks;
  /** No deal starts by itself before. */
  readonly restUntil: EpochMs | null;
  /** The start conditions held; the deal opens then. */
  readonly startAt: EpochMs | null;
  /** When signals came that conditions wait for, unix ms by name. */
  readonly heard?: Readonly<Record<string, number>>;
  /** A deal was asked for by command and has not opened yet. */
  readonly dealAsked: boolean;
  readonly dealsClosed: number;
  /** Deals that bought something, and those in a row that lost, since the bot was resumed. */
  readonly dealsInRow: number;
  readonly lossesInRow: number;
  /** Profit of all exits, in the asset that deals give. */
  readonly realised: Amount;
  /** Of a short bot: profit of its closed deals in quote. */
  readonly earned?: Amount;
  readonly lastClosed: ClosedDeal | null;
}
