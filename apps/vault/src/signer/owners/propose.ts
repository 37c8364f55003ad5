/** What a program may lay before the owner when it asked for more than the mandate allows. */
import { type Amount, type GrantRequest, type Mandate, multiply, type Pair, pair } from '@holdfast/domain';
import { mandateFor } from '@holdfast/policy';
import type { SignerContext } from '../context.ts';
import type { AccountState } from '../state.ts';

/** The smallest widening that contains the grant, or null when there is no mandate or no price to make one from. */
export function widenedFor(context: SignerContext, account: AccountState, request: GrantRequest): Mandate | null {
  const { mandate, mandateHash } = account;
  if (mandate === null) return null;
  const prices = (of: Pair): Amount | undefined => context.referenceOf(of)?.price;
  const terms = { prev: mandateHash, equity: equityOf(account, mandate, prices), prices };
  return mandateFor(mandate, request, terms, context.state.time);
}

/** What the account is worth in the mandate's quote; assets without a price count nothing. */
function equityOf(account: AccountState, { quote }: Mandate, prices: (of: Pair) => Amount | undefined): Amount {
  let sum = 0n;
  for (const [asset, total] of account.balances ?? []) {
    const price = asset === quote ? null : prices(pair(`${asset}/${quote}`));
    if (price === null) sum += total;
    else if (price !== undefined) sum += multiply(total, price, 'down');
  }
  return sum as Amount;
}
