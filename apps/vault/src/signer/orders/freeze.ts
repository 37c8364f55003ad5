/** Rightwards: a peer freezes any account or all, a sub-key itself or its own account. */

import { isInForce, type Restriction } from '../conditions.ts';
import type { Caller, SignerContext } from '../context.ts';
import { needAccount } from '../context.ts';
import { parseFreeze } from '../parse.ts';
import { type Answer, Refused } from '../refused.ts';
import type { Allowance } from './allowance.ts';

/** Journals a restriction, then cancels what it stops; `after` runs once it is durable. In force at once. */
export function restrictAccounts(context: SignerContext, to: Restriction, after: () => void): void {
  const { state, commit } = context;
  commit({ kind: 'frozen', ...to }, () => {
    cancelWanted(context);
    after();
  });
  for (const account of to.account === null ? state.accounts.keys() : [to.account]) context.onRestricted(account, to);
}

/** Sends the cancels that conditions want; what is on its way is cancelled when the exchange has it. */
export function cancelWanted({ state, links }: SignerContext): readonly Promise<void>[] {
  const cancels: Promise<void>[] = [];
  for (const account of state.accounts.values())
    for (const order of account.unclosed.values()) {
      const link = links.get(account.account);
      if (order.cancelWanted && link !== undefined) cancels.push(link.cancel(order));
    }
  return cancels;
}

/** Freezing again what is frozen, by one caller: beyond it nothing more is recorded and no owner told. */
export const repeatedFreezes = { most: 20, perMinute: 6 };

/** @throws Refused, ParameterError */
export function acceptFreeze(
  context: SignerContext,
  { caller, repeats }: { readonly caller: Caller; readonly repeats: Allowance },
  body: string,
  answer: Answer,
): void {
  const { state } = context;
  const carryOut = (to: Restriction, after: () => void): void => {
    if (isInForce(state, to) && !repeats.take(to.by)) context.whenDurable(after);
    else restrictAccounts(context, to, after);
  };
  const { reason, account, condition } = parseFreeze(body);
  if (account !== null) needAccount(state, account);
  const rest = { pair: null, condition, reason, automatic: false };
  if (caller.kind === 'peer') {
    const to = { ...rest, account, subKey: null, by: caller.name };
    carryOut(to, () => answer(200, { frozen: account ?? 'all' }));
    return;
  }
  const grant = state.grants.get(caller.subKey)!;
  if (!grant.alive) throw new Refused('E_REVOKED', `the sub-key of bot ${grant.bot} is revoked`);
  if (account !== null && account !== grant.account) throw new Refused('E_RIGHT', `account ${account} is not the sub-key’s`);
  const subKey = account === null ? grant.subKey : null;
  const to = { ...rest, account: grant.account, subKey, by: `the sub-key of bot ${grant.bot}` };
  carryOut(to, () => answer(200, { frozen: account ?? grant.subKey }));
}
