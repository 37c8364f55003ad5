/** May a peer start this grant at once? Only what lies inside the owner's mandate; the rest is a widening and needs the owner. */
import {
  type Amount,
  formatAmount,
  type GrantRequest,
  type Mandate,
  type Pair,
  quoteOf,
  type RefusalCode,
} from '@holdfast/domain';
import { proposePair } from './propose.ts';

export type GrantJudgement =
  | { readonly kind: 'inside' }
  | { readonly kind: 'outside'; readonly code: RefusalCode; readonly reason: string };

/** Compares a grant with the mandate field by field; the first that is wider refuses. */
export function judgeGrant(mandate: Mandate | null, request: GrantRequest, now: number): GrantJudgement {
  if (mandate === null) return outside('E_RIGHT', `account ${request.account} has no mandate`);
  if (request.account !== mandate.account)
    return outside('E_RIGHT', `the mandate is of account ${mandate.account}, not of ${request.account}`);
  if (now > mandate.exp) return outside('E_MANDATE_EXP', `the mandate of account ${request.account} has ended`);
  if (request.pairs.length === 0) return outside('E_RIGHT', 'a grant names at least one pair');
  for (const pair of request.pairs)
    if (!mandate.pairs.some((it) => it.pair === pair)) return outside('E_RIGHT', `${pair} is not in the mandate`);
  const largest = largestOrder(mandate, request);
  if (request.maxOrderQuote > largest)
    return outside(
      'E_RIGHT',
      `an order of ${formatAmount(request.maxOrderQuote)} is more than the mandate's ${formatAmount(largest)}`,
    );
  if (request.turnover24h > mandate.turnover24h)
    return outside(
      'E_RIGHT',
      `a turnover of ${formatAmount(request.turnover24h)} is more than the mandate's ${formatAmount(mandate.turnover24h)}`,
    );
  if (request.rights.includes('cancel-stops') && !mandate.mayCancelStops)
    return outside('E_RIGHT', 'the mandate gives nobody the right to cancel protective stops');
  return { kind: 'inside' };
}

const largestOrder = (mandate: Mandate, request: GrantRequest): bigint =>
  mandate.pairs.reduce((most, it) => (request.pairs.includes(it.pair) && it.maxOrderQuote > most ? it.maxOrderQuote : most), 0n);

export interface WideningTerms {
  /** Hash of the mandate it is to replace. */
  readonly prev: string;
  /** What the account is worth, in the mandate's quote: sizes new pairs. */
  readonly equity: Amount;
  /** Prices of now, for the corridors of new pairs. */
  readonly prices: (pair: Pair) => Amount | undefined;
}

/**
 * The smallest widening of a mandate that contains a grant, to be proposed to the owner; null when a pair has no price or
 * is not counted in the mandate's quote. Of a grant that lies inside it answers the mandate itself.
 */
export function mandateFor(mandate: Mandate, request: GrantRequest, terms: WideningTerms, now: number): Mandate | null {
  if (judgeGrant(mandate, request, now).kind === 'inside') return mandate;
  if (request.account !== mandate.account || request.pairs.length === 0) return null;
  const pairs = [...mandate.pairs];
  for (const pair of request.pairs) {
    if (pairs.some((it) => it.pair === pair)) continue;
    const price = terms.prices(pair);
    if (price === undefined || quoteOf(pair) !== mandate.quote) return null;
    const proposed = proposePair(pair, price, terms.equity);
    pairs.push({ ...proposed, maxOrderQuote: lesser(proposed.maxOrderQuote, request.maxOrderQuote) });
  }
  const widened = pairs.map((it) => {
    // One pair of the grant with the size asked for is enough; all of them would be wider than needed.
    const grows = it.pair === request.pairs[0] && request.maxOrderQuote > largestOrder({ ...mandate, pairs }, request);
    return grows ? { ...it, maxOrderQuote: request.maxOrderQuote } : it;
  });
  return {
    ...mandate,
    seq: mandate.seq + 1,
    prev: terms.prev,
    nbf: now,
    exp: now > mandate.exp ? now + (mandate.exp - mandate.nbf) : mandate.exp,
    pairs: widened,
    turnover24h: request.turnover24h > mandate.turnover24h ? request.turnover24h : mandate.turnover24h,
    mayCancelStops: mandate.mayCancelStops || request.rights.includes('cancel-stops'),
  };
}

const lesser = (a: Amount, b: Amount): Amount => (a < b ? a : b);

const outside = (code: RefusalCode, reason: string): GrantJudgement => ({ kind: 'outside', code, reason });
