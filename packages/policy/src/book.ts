/**
 * What of an account's limits is held or spent. Holds are made before an order is signed, replaced by what was really
 * spent at each fill and freed at the close (`holds.ts`). The book is owned by the signer, which changes it only while it
 * applies a journal record; reading the journal again gives the same book.
 *
 *   P1  What is held plus what was spent in the window never passes the mandate's turnover, burn and stop budget, whatever
 *       the order of intents, fills, cancels and restarts (fees up to `feeBps`, fills within their limits). Burn that a
 *       jump of the reference price adds at a fill is beyond it, once: at most the open entries times the jump (`recount.ts`).
 *   P2  A buy also holds the turnover and burn of selling again what it buys. That hold stays with the position and
 *       moves to the order that sells it, so an exit never asks for turnover.
 *   P3  An exit counts at what its position cost: market gains are nobody's allowance.
 *   P4  Base that is on sale is never on sale twice.
 *   P5  With nothing open and no position, nothing is held.
 *   P6  Of the two legs of an OCO the hold is made once, large enough for either.
 *
 * Amounts are counts of 10^-18, base or quote as named.
 */
import {
  type AccountId,
  type Amount,
  divide,
  type Mandate,
  type MandateGroup,
  type MandatePair,
  type OrderKind,
  type Pair,
  type Side,
  type SubKeyId,
} from '@holdfast/domain';
import { type RollingWindow, rollingWindow, sumAt } from './window.ts';

/** Highest fee rate assumed when holding, in basis points (custody 3.6). */
export const feeBps = 10n;
/** What an entry holds for giving away at its exit, in basis points of its cost; the same under every mandate, so that a wider one never holds more. */
export const exitBandBps = 50n;
export const minuteMs = 60 * 1000;
export const dayMs = 24 * 60 * minuteMs;

/** An open order: what is left of its hold. */
export interface OpenOrder {
  readonly subKey: SubKeyId;
  readonly pair: Pair;
  readonly side: Side;
  readonly order: OrderKind;
  readonly limit: bigint;
  readonly trigger: bigint | null;
  /** Reference price of the decision. */
  readonly reference: bigint;
  left: bigint;
  exitLeft: bigint;
  turnover: bigint;
  burn: bigint;
  exitTurnover: bigint;
  exitBurn: bigint;
  extraBurn: bigint;
  stop: bigint;
  /** Key of the other leg, while both are open (`twins.ts`). */
  twin: string | null;
  /** Whether what both legs may spend is counted here; always of an order without a twin. */
  carries: boolean;
}

/** Base that a sub-key bought and has not sold, with what is held for selling it. */
export interface Position {
  base: bigint;
  /** Of `base`, what open sells have on offer. */
  onSale: bigint;
  /** What the base that is not on sale cost, in quote. */
  exitTurnover: bigint;
  exitBurn: bigint;
}

/** A fill until the reference price after it is known (`recount.ts`). */
export interface RecentFill {
  readonly pair: Pair;
  readonly side: Side;
  readonly price: bigint;
  /** Base; what a conditional exit sold is not in it. */
  readonly quantity: bigint;
  /** When, on the exchange's clock. */
  readonly at: number;
  /** Quote that it counted as an open entry. */
  readonly entry: bigint;
  /** What it brought more than its position had cost, in quote: gains are nobody's allowance (P3). */
  readonly gain: bigint;
  /** What is counted of it as given away, in quote. */
  given: bigint;
  /** Whether a reference price after it was heard. */
  heard: boolean;
}

export interface KeyBook {
  readonly turnover: RollingWindow;
  turnoverHeld: bigint;
}

export interface PairBook {
  readonly turnover: RollingWindow;
  readonly burn: RollingWindow;
  turnoverHeld: bigint;
  burnHeld: bigint;
  /** Quote that the sub-keys' positions cost, with what open buys may add. */
  cost: bigint;
  /** Quote of open entries. */
  openQuote: bigint;
  /** Base from before the vault that was sold, and that is on sale. */
  readonly heldSold: RollingWindow;
  heldOnSale: bigint;
}

export interface AccountBook {
  readonly account: AccountId;
  readonly turnover: RollingWindow;
  readonly burn: RollingWindow;
  readonly burn7d: RollingWindow;
  readonly stops: RollingWindow;
  readonly placed: RollingWindow;
  readonly placedDay: RollingWindow;
  turnoverHeld: bigint;
  burnHeld: bigint;
  stopsHeld: bigint;
  /** Quote of open entries. */
  openQuote: bigint;
  readonly open: Map<string, OpenOrder>;
  readonly recent: RecentFill[];
  readonly positions: Map<string, Position>;
  readonly keys: Map<SubKeyId, KeyBook>;
  readonly pairs: Map<Pair, PairBook>;
  /** Last rules of pairs that the mandate no longer has: exits are judged by them. */
  readonly retired: Map<Pair, RetiredPair>;
}

export interface RetiredPair {
  readonly rules: MandatePair;
  /** The limits of its group then. */
  readonly group: MandateGroup | undefined;
}

export const accountBook = (account: AccountId): AccountBook => ({
  account,
  turnover: rollingWindow(dayMs),
  burn: rollingWindow(dayMs),
  burn7d: rollingWindow(7 * dayMs),
  stops: rollingWindow(dayMs),
  placed: rollingWindow(minuteMs),
  placedDay: rollingWindow(dayMs),
  turnoverHeld: 0n,
  burnHeld: 0n,
  stopsHeld: 0n,
  openQuote: 0n,
  open: new Map(),
  recent: [],
  positions: new Map(),
  keys: new Map(),
  pairs: new Map(),
  retired: new Map(),
});

/**
 * To be called when `after` takes the place of `before`: pairs that were dropped stay known by their last rules, so that
 * positions in them can be sold and go on counting in their group.
 */
export function adoptMandate(book: AccountBook, before: Mandate | null, after: Mandate): void {
  for (const rules of before?.pairs ?? [])
    book.retired.set(rules.pair, { rules, group: before?.groups.find((it) => it.name === rules.group) });
  for (const { pair } of after.pairs) book.retired.delete(pair);
}

/** Turnover of the account held or spent in the 24 h before `now`, in quote. */
export const turnoverUsed = (book: AccountBook, now: number): Amount => (book.turnoverHeld + sumAt(book.turnover, now)) as Amount;
/** Burn of the account held or spent in the 24 h before `now`, in quote. */
export const burnUsed = (book: AccountBook, now: number): Amount => (book.burnHeld + sumAt(book.burn, now)) as Amount;
/** Burn of the account held, or spent in the seven days before `now`, in quote. */
export const weekBurnUsed = (book: AccountBook, now: number): Amount => (book.burnHeld + sumAt(book.burn7d, now)) as Amount;
/** Burn of the account spent in the 24 h before `now`, holds left out, in quote. */
export const burnSpent = (book: AccountBook, now: number): Amount => sumAt(book.burn, now) as Amount;
/** Stop budget held or spent in the 24 h before `now`, in quote. */
export const stopsUsed = (book: AccountBook, now: number): Amount => (book.stopsHeld + sumAt(book.stops, now)) as Amount;
/** Quote of all open entries. */
export const openQuoteUsed = (book: AccountBook): Amount => book.openQuote as Amount;

/** Turnover of one sub-key held or spent in the 24 h before `now`, in quote. */
export function keyTurnoverUsed(book: AccountBook, subKey: SubKeyId, now: number): Amount {
  const key = book.keys.get(subKey);
  return (key === undefined ? 0n : key.turnoverHeld + sumAt(key.turnover, now)) as Amount;
}

/** What a pair holds or spent in the 24 h before `now`, in quote; `cost`: of positions and of open buys. */
export function pairUsed(book: AccountBook, pair: Pair, now: number): PairUse {
  const found = book.pairs.get(pair);
  if (found === undefined) return nothingUsed;
  return {
    turnover: found.turnoverHeld + sumAt(found.turnover, now),
    burn: found.burnHeld + sumAt(found.burn, now),
    cost: found.cost,
    openQuote: found.openQuote,
  };
}

export interface PairUse {
  readonly turnover: bigint;
  readonly burn: bigint;
  readonly cost: bigint;
  readonly openQuote: bigint;
}

const nothingUsed: PairUse = Object.freeze({ turnover: 0n, burn: 0n, cost: 0n, openQuote: 0n });

/** Turnover and burn of all pairs of a group, dropped ones included. */
export function groupUsed(book: AccountBook, mandate: Mandate, group: string, now: number): Pick<PairUse, 'turnover' | 'burn'> {
  let turnover = 0n;
  let burn = 0n;
  const add = (rules: MandatePair): void => {
    if (rules.group !== group) return;
    const used = pairUsed(book, rules.pair, now);
    turnover += used.turnover;
    burn += used.burn;
  };
  for (const rules of mandate.pairs) add(rules);
  for (const { rules } of book.retired.values()) if (!mandate.pairs.some((it) => it.pair === rules.pair)) add(rules);
  return { turnover, burn };
}

/** Base of coins from before the vault that is on sale or was sold in the 24 h before `now`. */
export function heldBaseUsed(book: AccountBook, pair: Pair, now: number): bigint {
  const found = book.pairs.get(pair);
  return found === undefined ? 0n : found.heldOnSale + sumAt(found.heldSold, now);
}

export const ordersLastMinute = (book: AccountBook, now: number): number => Number(sumAt(book.placed, now));
export const ordersLastDay = (book: AccountBook, now: number): number => Number(sumAt(book.placedDay, now));

const nothing: Position = Object.freeze({ base: 0n, onSale: 0n, exitTurnover: 0n, exitBurn: 0n });
const positionKey = (subKey: SubKeyId, pair: Pair): string => `${subKey} ${pair}`;

/** The position of a sub-key in a pair; do not change it. */
export const positionOf = (book: AccountBook, subKey: SubKeyId, pair: Pair): Position =>
  book.positions.get(positionKey(subKey, pair)) ?? nothing;

/** Base of the position that no open sell offers yet. */
export const freeBase = (position: Position): bigint => position.base - position.onSale;

/** What a position holds for selling `base` of it; all of it for the last of it. */
export function exitShare(position: Position, base: bigint): { readonly turnover: bigint; readonly burn: bigint } {
  const free = freeBase(position);
  if (base >= free) return { turnover: position.exitTurnover, burn: position.exitBurn };
  return { turnover: (position.exitTurnover * base) / free, burn: (position.exitBurn * base) / free };
}

/** Fee assumed on a notional, in quote. */
export const assumedFee = (quote: bigint): bigint => divide(quote * feeBps, 10_000n, 'up');

export const ownPosition = (book: AccountBook, subKey: SubKeyId, pair: Pair): Position =>
  own(book.positions, positionKey(subKey, pair), () => ({ base: 0n, onSale: 0n, exitTurnover: 0n, exitBurn: 0n }));

export const ownKey = (book: AccountBook, subKey: SubKeyId): KeyBook =>
  own(book.keys, subKey, () => ({ turnover: rollingWindow(dayMs), turnoverHeld: 0n }));

export const ownPair = (book: AccountBook, pair: Pair): PairBook =>
  own(book.pairs, pair, () => ({
    turnover: rollingWindow(dayMs),
    burn: rollingWindow(dayMs),
    turnoverHeld: 0n,
    burnHeld: 0n,
    cost: 0n,
    openQuote: 0n,
    heldSold: rollingWindow(dayMs),
    heldOnSale: 0n,
  }));

/** Changes what is held of turnover and burn, in quote. */
export function changeHeld(book: AccountBook, pair: Pair, subKey: SubKeyId, turnover: bigint, burn: bigint): void {
  const of = ownPair(book, pair);
  book.turnoverHeld += turnover;
  of.turnoverHeld += turnover;
  ownKey(book, subKey).turnoverHeld += turnover;
  book.burnHeld += burn;
  of.burnHeld += burn;
}

function own<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
