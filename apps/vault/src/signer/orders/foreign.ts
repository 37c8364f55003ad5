/** R10: something happened at the exchange that no order of ours explains, so the key may be used elsewhere. */
import { onForeign } from '@holdfast/policy';
import type { SignerContext } from '../context.ts';
import type { AccountState } from '../state.ts';
import { carryOut } from './rules.ts';

/** Freezes the account or warns, as its mandate says. */
export const foreignActivity = (context: SignerContext, account: AccountState, what: string): void =>
  carryOut(context, onForeign(account.rules, account.mandate, what));
