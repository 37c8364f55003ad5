/** R10: something happened at the exchange that no order of ours explains, so the key may be used elsewhere. */
import type { SignerContext } from '../context.ts';
import type { AccountState } from '../state.ts';
import { restrictAccounts } from './freeze.ts';

/** Freezes the account when its mandate says so. */
export function foreignActivity(context: SignerContext, account: AccountState, what: string): void {
  if (account.mandate?.foreign !== 'freeze' || account.standing.condition === 'frozen') return;
  const reason = `foreign activity: ${what}; if it was not you, delete the key at the exchange`.slice(0, 200);
  const to = { account: account.account, subKey: null, pair: null, condition: 'frozen' as const, reason, automatic: true };
  restrictAccounts(context, { ...to, by: 'rule R10' }, () => undefined);
}
