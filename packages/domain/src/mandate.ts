/**
 * What the owner signs about trading: one mandate per account. Amounts of money are in `quote` unless said otherwise;
 * `…24h` are rolling windows, never calendar days. The canonical text (`owner-act.ts`) has exactly these keys.
 */
import type { Branded } from './brand.ts';
import { type Amount, amount } from './money.ts';
import type { AccountId, AllowedKind, Side } from './order.ts';
import type { Asset, Pair } from './pair.ts';

/** Whose money it is: a name of 1 to 40 letters, digits, _ or -. */
export type OwnerId = Branded<string, 'OwnerId'>;
export const ownerId = (name: string): OwnerId => name as OwnerId;

/** What may be done on an account at all. */
export interface Mandate {
  readonly v: 1;
  readonly owner: OwnerId;
  readonly account: AccountId;
  /** Fingerprint of the exchange's uid as `VaultAccount.uid` shows it, so that it counts for no other account. */
  readonly uid: string;
  /** Rises by one with each mandate of the account; `prev` is the SHA-256 in hex of the one replaced, '' for the first. */
  readonly seq: number;
  readonly prev: string;
  /** Not before and not after, unix ms of the exchange's clock; at most 90 days apart. */
  readonly nbf: number;
  readonly exp: number;
  /** Asset that totals are counted in. */
  readonly quote: Asset;
  readonly pairs: readonly MandatePair[];
  /** Limits that the pairs of a group share, on top of the totals. May be empty: a pair's `group` is then ''. */
  readonly groups: readonly MandateGroup[];
  /** T */
  readonly turnover24h: Amount;
  /** B: given away against the reference price, fees included. */
  readonly burn24h: Amount;
  readonly burn7d: Amount;
  /** S: what protective stops may give away by their gap. */
  readonly stopBudget24h: Amount;
  readonly ordersPerMinute: number;
  readonly orders24h: number;
  readonly openOrders: number;
  /** O: sum of all resting entries. */
  readonly maxOpenQuote: Amount;
  /** g: how far the market may jump through a resting order before it is cancelled, in basis points. */
  readonly gapBps: number;
  /** R12: loss of the account's equity in 24 h that freezes. 0: not watched. */
  readonly drawdown24h: Amount;
  readonly foreign: 'freeze' | 'alarm';
  /** Whether a grant may have the right to cancel protective stops. */
  readonly mayCancelStops: boolean;
  readonly rules: MandateRules;
}

export interface MandateGroup {
  /** 1 to 20 letters, digits, _ or -. */
  readonly name: string;
  readonly turnover24h: Amount;
  readonly burn24h: Amount;
}

export interface MandatePair {
  readonly pair: Pair;
  /** Name of one of `groups`, or ''. */
  readonly group: string;
  readonly sides: readonly Side[];
  readonly orders: readonly AllowedKind[];
  readonly maxOrderQuote: Amount;
  readonly maxOrderBase: Amount;
  /** P: what the sub-keys together may hold of it, bought through this vault, at cost. */
  readonly maxPositionQuote: Amount;
  /** Static corridor of prices, in quote. */
  readonly floor: Amount;
  readonly ceiling: Amount;
  /** How far a limit may lie on the adverse side of the reference price, in basis points. */
  readonly bandBps: number;
  /** How far the limit of a protective stop may lie beyond its trigger, in basis points. */
  readonly stopGapBps: number;
  /** s: the fall of the price that the portal prints as market risk, in basis points. */
  readonly stressBps: number;
  /** Most base that may be sold in rolling 24 h beyond the position this vault bought. 0: only what was bought. */
  readonly maxSellHeldBase24h: Amount;
  /** Fewest exchanges other than the trading one that must agree on the reference price. */
  readonly minSources: number;
}

/** Thresholds of the anomaly rules R1 to R12 (custody 3.8). A threshold of 0 switches its rule off. */
export interface MandateRules {
  /** R1 */
  readonly dormantDays: number;
  /** R2: times the account's own 30-day 99th percentile of orders per minute. */
  readonly paceFactor: number;
  /** R3: share of the caps, in basis points, for `firstTradeMinutes` after the first order in a pair. */
  readonly firstTradeBps: number;
  readonly firstTradeMinutes: number;
  /** R4: so many accounts on one side of one pair whose 24 h volume is below `thinVolumeQuote`, within 10 minutes. */
  readonly thinAccounts: number;
  readonly thinVolumeQuote: Amount;
  /** R5: share of the exchange's 5-minute volume, in basis points. */
  readonly flowShareBps: number;
  /** R6 */
  readonly roundTrips: number;
  readonly roundTripMinutes: number;
  /** R9: refused intents of the hostile kind in one minute. */
  readonly deniedPerMinute: number;
}

/** Custody 3.8's thresholds. */
export const defaultRules: MandateRules = {
  dormantDays: 14,
  paceFactor: 5,
  firstTradeBps: 500,
  firstTradeMinutes: 60,
  thinAccounts: 3,
  thinVolumeQuote: amount('5000000'),
  flowShareBps: 500,
  roundTrips: 3,
  roundTripMinutes: 10,
  deniedPerMinute: 3,
};

/** All rules off, e.g. to measure the caps alone. */
export const noRules: MandateRules = {
  dormantDays: 0,
  paceFactor: 0,
  firstTradeBps: 0,
  firstTradeMinutes: 0,
  thinAccounts: 0,
  thinVolumeQuote: amount('0'),
  flowShareBps: 0,
  roundTrips: 0,
  roundTripMinutes: 0,
  deniedPerMinute: 0,
};

/** The owner of a simulated vault that was made without naming one. */
export const firstOwner = ownerId('owner');

type Given<Whole, Needed extends keyof Whole> = Pick<Whole, Needed> & Partial<Omit<Whole, Needed>>;

/** The longest that a mandate may run, in ms. */
const longestMs = 90 * 86_400_000;

/** A mandate with custody's defaults for what is not given: `burn7d` 2.5 times and `stopBudget24h` once the burn of a day. */
export const draftMandate = (
  given: Given<Mandate, 'account' | 'exp' | 'quote' | 'pairs' | 'turnover24h' | 'burn24h'>,
): Mandate => ({
  v: 1,
  owner: firstOwner,
  uid: '',
  seq: 1,
  prev: '',
  nbf: Math.max(0, given.exp - longestMs),
  groups: [],
  burn7d: ((given.burn24h * 5n) / 2n) as Amount,
  stopBudget24h: given.burn24h,
  ordersPerMinute: 60,
  orders24h: 10_000,
  openOrders: 40,
  maxOpenQuote: given.turnover24h,
  gapBps: 100,
  drawdown24h: amount('0'),
  foreign: 'alarm',
  mayCancelStops: true,
  rules: defaultRules,
  ...given,
});

/** A pair of a mandate with defaults for what is not given: a position of at most ten orders. */
export const draftMandatePair = (
  given: Given<MandatePair, 'pair' | 'maxOrderQuote' | 'maxOrderBase' | 'floor' | 'ceiling'>,
): MandatePair => ({
  group: '',
  sides: ['buy', 'sell'],
  orders: ['limit', 'post-only', 'ioc', 'stop-limit'],
  bandBps: 50,
  maxPositionQuote: (given.maxOrderQuote * 10n) as Amount,
  stopGapBps: 100,
  stressBps: 1500,
  maxSellHeldBase24h: amount('0'),
  minSources: 3,
  ...given,
});
