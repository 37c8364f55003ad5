/** One order with all that judges it, and what the judgement can be. */
import type {
  Amount,
  Approved,
  Grant,
  GrantRight,
  Mandate,
  MandateGroup,
  MandatePair,
  PlaceOrder,
  PlacingIntent,
  RefusalCode,
} from '@holdfast/domain';
import type { AccountBook } from './book.ts';
import type { Hold } from './holds.ts';

export interface ReferencePrice {
  readonly price: Amount;
  readonly sources: number;
  readonly ageMs: number;
}

/** What holds of the account besides its mandate. None of it binds exits at the reference price. */
export interface Circumstances {
  /** Share of T, B, O and order sizes that entries may use, in basis points: 1000 in probation, 5000 for a key without IP restriction. */
  readonly scaleBps?: number;
  /** R3: share of T, B, O, P and order sizes that entries in the order's pair may use, in basis points. */
  readonly pairScaleBps?: number;
  /** Why only exits pass; '' when all may. */
  readonly reduceOnly?: string;
  /** What open entries may give away by now beyond the burn that they hold, as `unheldBurn` says, in quote. */
  readonly unheldBurn?: bigint;
  /** Mid price of the trading exchange itself. Without a reference price, `ioc` exits are judged by it. */
  readonly venuePrice?: Amount;
  /** How many orders are placed together with this one, itself included; 1 unless said. */
  readonly orders?: number;
}

export type Judgement<T extends PlacingIntent = PlaceOrder> =
  | { readonly kind: 'approved'; readonly order: Approved<T>; readonly hold: Hold }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly reason: string };

export type Refusal = Extract<Judgement, { kind: 'refused' }>;
export type GrantTerms = Pick<Grant, 'subKey' | 'pairs' | 'maxOrderQuote' | 'turnover24h' | 'alive'> & {
  readonly rights: readonly GrantRight[];
};

/** One order with all that judges it. */
export interface Case {
  readonly book: AccountBook;
  readonly mandate: Mandate;
  readonly rules: MandatePair;
  /** The limits of the pair's group, if it is in one. */
  readonly group: MandateGroup | undefined;
  readonly grant: GrantTerms;
  readonly order: PlaceOrder;
  readonly reference: bigint;
  readonly isExit: boolean;
  /** Base that one order may have. */
  readonly maxBase: bigint;
  readonly scaleBps: bigint;
  readonly pairScaleBps: bigint;
  readonly unheldBurn: bigint;
  readonly orders: number;
  readonly now: number;
}

export const refuse = (code: RefusalCode, reason: string): Refusal => ({ kind: 'refused', code, reason });
