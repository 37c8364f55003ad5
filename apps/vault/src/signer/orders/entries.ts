/** What new risk must pass besides its limits: rules that look at the account and at the whole vault, the key, the clock. */
import { multiply, type PlaceOrder } from '@holdfast/domain';
import { beforeEntry, beforeVaultEntry } from '@holdfast/policy';
import type { Stop } from '../conditions.ts';
import type { SignerContext } from '../context.ts';
import type { AccountState } from '../state.ts';
import { carryOut } from './rules.ts';

/** Why this entry is refused by itself, or null. What freezes more than this entry is carried out, and counts for it already. */
export function entryFault(context: SignerContext, account: AccountState, order: PlaceOrder): Stop | null {
  const { state } = context;
  const { mandate, rules } = account;
  const { fault } = context.limitsOf(account.account);
  if (fault !== null) return fault;
  const skew = context.clockFault();
  if (skew !== '') return { kind: 'refused', code: 'E_TIME', reason: skew };
  const full = context.diskFault();
  if (full !== '') return { kind: 'refused', code: 'E_AUDIT', reason: full };
  if (mandate === null) return null;
  // 0: connected before the exchange said its time; the next record sets it.
  if (rules.aliveAt > 0) carryOut(context, beforeEntry(rules, mandate, state.time));
  const { volume24h, volume5m } = context.venueOf(order.pair);
  if (volume24h === null && volume5m === null) return null;
  const quote = multiply(order.quantity, order.limit, 'up');
  const entry = { account: account.account, owner: mandate.owner, pair: order.pair, side: order.side, quote };
  const found = beforeVaultEntry(state.vaultRules, mandate, entry, { volume24h, volume5m }, state.time);
  carryOut(context, found);
  const denied = found.find(({ action }) => action === 'deny');
  return denied === undefined ? null : { kind: 'refused', code: 'E_RATE', reason: denied.reason };
}
