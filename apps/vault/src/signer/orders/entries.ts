/** What new risk must pass besides its limits: rules that look at the account and at the whole vault, the key, the clock. */
import { multiply, type PlaceOrder } from '@holdfast/domain';
import { beforeEntry, beforeVaultEntry } from '@holdfast/policy';
import type { Stop } from '../conditions.ts';
import type { SignerContext } from '../context.ts';
import type { AccountState } from '../state.ts';
import { carryOut } from './rules.ts';

/** Why no entry passes at all, or null. What freezes more than this entry is carried out, and counts for it already. */
export function entryFault(context: SignerContext, account: AccountState): Stop | null {
  const { state } = context;
  const { mandate, rules } = account;
  const { fault } = context.limitsOf(account.account);
  if (fault !== null) return fault;
  const skew = context.clockFault();
  if (skew !== '') return { kind: 'refused', code: 'E_TIME', reason: skew };
  const full = context.diskFault();
  if (full !== '') return { kind: 'refused', code: 'E_AUDIT', reason: full };
  // 0: connected before the exchange said its time; the next record sets it.
  if (mandate !== null && rules.aliveAt > 0) carryOut(context, beforeEntry(rules, mandate, state.time));
  return null;
}

/**
 * Why an entry that the judge let through is refused by what the whole vault does, or null (custody 3.5: after the judge, so
 * that what is hostile by itself is named so and counts for R9).
 */
export function crowdFault(
  context: SignerContext,
  account: AccountState,
  order: Pick<PlaceOrder, 'pair' | 'side' | 'quantity' | 'limit'>,
): Stop | null {
  const { state } = context;
  const { mandate } = account;
  const { volume24h, volume5m } = context.venueOf(order.pair);
  if (mandate === null || (volume24h === null && volume5m === null)) return null;
  const quote = multiply(order.quantity, order.limit, 'up');
  const entry = { account: account.account, owner: mandate.owner, pair: order.pair, side: order.side, quote };
  const found = beforeVaultEntry(state.vaultRules, mandate, entry, { volume24h, volume5m }, state.time);
  carryOut(context, found);
  const denied = found.find(({ action }) => action === 'deny');
  return denied === undefined ? null : { kind: 'refused', code: 'E_RATE', reason: denied.reason };
}
