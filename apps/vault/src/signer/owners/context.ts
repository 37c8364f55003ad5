/** What the parts that serve owners share. */
import type { AccountId, OwnerAct, OwnerId, OwnerProof } from '@holdfast/domain';
import type { SignerContext } from '../context.ts';
import type { RelyingParty } from '../crypto/webauthn.ts';
import { Refused } from '../refused.ts';
import type { AccountState } from '../state.ts';
import { ownedOf } from './apply.ts';
import type { KeyWatch } from './key-watch.ts';
import type { Notices } from './notices.ts';
import type { PendingWatch } from './pending.ts';
import type { ActResult } from './records.ts';
import type { OwnedAccount } from './state.ts';
import type { Tickets } from './tickets.ts';
import type { UnsealKeeper } from './unseal.ts';

export interface OwnersContext {
  readonly signer: SignerContext;
  readonly party: RelyingParty;
  readonly delays: { readonly widening: number; readonly credential: number };
  readonly notices: Notices;
  readonly tickets: Tickets;
  readonly pending: PendingWatch;
  readonly keyWatch: KeyWatch;
  readonly unseal: UnsealKeeper;
}

/** An act that a credential of `owner` proved. */
export interface ProvedAct<Act extends OwnerAct = OwnerAct> {
  readonly act: Act;
  /** SHA-256 in hex of its text. */
  readonly id: string;
  readonly owner: OwnerId;
  readonly proof: OwnerProof;
  /** Journals the act with what it brought about; `after` runs once it is durable. */
  readonly accept: (result: ActResult, after: () => void) => void;
}

/** An account of the owner. One of another owner is as unknown as one that is not there. @throws Refused E_STATE */
export function needOwned(
  { state }: Pick<SignerContext, 'state'>,
  owner: OwnerId,
  name: AccountId,
): { readonly account: AccountState; readonly owned: OwnedAccount } {
  const account = state.accounts.get(name);
  if (account === undefined || ownedOf(state, name).owner !== owner) throw new Refused('E_STATE', `account ${name} is not known`);
  return { account, owned: ownedOf(state, name) };
}
