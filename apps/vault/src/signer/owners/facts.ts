/** What is shown of an account's owner, key and waiting changes. */
import type { AccountId, VaultAccount, VaultPending } from '@holdfast/domain';
import type { SignerState } from '../state.ts';
import { ownedOf } from './apply.ts';
import { ageOf } from './limits.ts';
import { type PendingChange, pendingOf } from './state.ts';

type OwnedFacts = Pick<VaultAccount, 'owner' | 'exchange' | 'uid' | 'key' | 'pending'>;

/** `now`: operating system's clock, unix ms. */
export function ownedFacts(state: SignerState, account: AccountId, now: number): OwnedFacts {
  const { owner, exchange, uid, key } = ownedOf(state, account);
  return {
    owner,
    exchange,
    uid,
    key:
      key === null
        ? null
        : { bornAt: key.bornAt, checkedAt: key.checkedAt, ipRestricted: key.ipRestricted, age: ageOf(key, now) },
    pending: pendingOf(state.owners, owner)
      .filter((it) => it.account === account)
      .map(shownPending),
  };
}

export const shownPending = ({ id, what, from }: PendingChange): VaultPending => ({ id, what, from });
