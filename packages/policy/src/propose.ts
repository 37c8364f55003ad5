/**
 * A first mandate for an account, from what it is worth. Its theft bound is half a percent of the equity: B 0.25 %,
 * S 0.1 %, and O 15 % of the equity times g 1 %.
 */
import {
  type AccountId,
  type Amount,
  type Asset,
  divide,
  draftMandate,
  draftMandatePair,
  type Mandate,
  type MandatePair,
  type OwnerId,
  type Pair,
  roundTo,
  scaleDigits,
  unit,
} from '@holdfast/domain';

export interface MandateProposal {
  readonly owner: OwnerId;
  readonly account: AccountId;
  readonly uid: string;
  readonly quote: Asset;
  /** What the account is worth now, in `quote`. */
  readonly equity: Amount;
  /** Pairs with their prices of now, in `quote`. */
  readonly pairs: readonly { readonly pair: Pair; readonly price: Amount }[];
  /** Unix ms from which it is to count. */
  readonly from: number;
  /** At most 90. */
  readonly days?: number;
}

/** Share of the equity in basis points, on whole 10^-8. */
const shareOf = (equity: bigint, bps: bigint): Amount => cut((equity * bps) / 10_000n);

/** Mandates are signed with few decimals: cut to 10^-8. */
const cut = (value: bigint): Amount => roundTo(value, 10n ** BigInt(scaleDigits - 8), 'down');

const msPerDay = 24 * 60 * 60 * 1000;

export function proposeMandate(of: MandateProposal): Mandate {
  const { equity } = of;
  return draftMandate({
    owner: of.owner,
    account: of.account,
    uid: of.uid,
    nbf: of.from,
    exp: of.from + (of.days ?? 90) * msPerDay,
    quote: of.quote,
    pairs: of.pairs.map((it) => proposePair(it.pair, it.price, equity)),
    turnover24h: shareOf(equity, 7_000n),
    burn24h: shareOf(equity, 25n),
    stopBudget24h: shareOf(equity, 10n),
    maxOpenQuote: shareOf(equity, 1_500n),
    gapBps: 100,
    drawdown24h: shareOf(equity, 2_000n),
    mayCancelStops: true,
  });
}

/** Rules for a pair by its price of now: corridor of a quarter to both sides, orders of 5 % and a position of 20 % of the equity. */
export function proposePair(pair: Pair, price: bigint, equity: bigint): MandatePair {
  const maxOrderQuote = shareOf(equity, 500n);
  const floor = cut((price * 3n) / 4n);
  return draftMandatePair({
    pair,
    maxOrderQuote,
    // At the floor the quote cap allows no more base than this.
    maxOrderBase: cut(divide(maxOrderQuote * unit, floor, 'up') + unit / 10n ** 8n),
    maxPositionQuote: shareOf(equity, 2_000n),
    floor,
    ceiling: cut((price * 5n) / 4n),
    bandBps: 50,
    stopGapBps: 50,
    stressBps: 1500,
  });
}
