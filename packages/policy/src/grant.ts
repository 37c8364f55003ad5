/** May a peer start this grant at once? Only what lies inside the owner's mandate; the rest is a widening and needs the owner. */
import { formatAmount, type GrantRequest, type Mandate, type RefusalCode } from '@holdfast/domain';

export type GrantJudgement =
  | { readonly kind: 'inside' }
  | { readonly kind: 'outside'; readonly code: RefusalCode; readonly reason: string };

/** Compares a grant with the mandate field by field; the first that is wider refuses. */
export function judgeGrant(mandate: Mandate | null, request: GrantRequest, now: number): GrantJudgement {
  if (mandate === null) return outside('E_RIGHT', `account ${request.account} has no mandate`);
  if (now > mandate.exp) return outside('E_MANDATE_EXP', `the mandate of account ${request.account} has ended`);
  if (request.pairs.length === 0) return outside('E_RIGHT', 'a grant names at least one pair');
  let largest = 0n;
  for (const pair of request.pairs) {
    const rules = mandate.pairs.find((it) => it.pair === pair);
    if (rules === undefined) return outside('E_RIGHT', `${pair} is not in the mandate`);
    if (rules.maxOrderQuote > largest) largest = rules.maxOrderQuote;
  }
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
  return { kind: 'inside' };
}

const outside = (code: RefusalCode, reason: string): GrantJudgement => ({ kind: 'outside', code, reason });
