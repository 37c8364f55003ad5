/** Applies what the journal says of owners. Nothing here asks the time, the exchange or a key: a record is all there is. */
import { type AccountId, type Destination, mandateText, type OwnerAct, type OwnerId } from '@holdfast/domain';

import { adoptMandate, onOwner } from '@holdfast/policy';
import { applyRevive, applyUnfreeze } from '../conditions.ts';
import { accountOf, hashText, newAccount, type SignerState } from '../state.ts';
import { parseOwnerAct } from './parse-act.ts';
import { parseMandateText } from './parse-mandate.ts';
import type { ActResult, ConnectedKey, OwnerRecord } from './records.ts';
import { accountsOf, hourMs, type KeyState, type OwnedAccount, type OwnerState, type PendingChange } from './state.ts';

/** How long a destination that was taken off the list still hears what happens, in ms. */
export const formerMs = 24 * hourMs;

export function applyOwnerRecord(state: SignerState, record: OwnerRecord & { readonly os: number }): void {
  const { owners } = state;
  switch (record.kind) {
    case 'enrolled':
      addOwner(state, record.owner);
      owners.credentials.set(record.credential.id, {
        owner: record.owner,
        credential: record.credential,
        addedAt: record.os,
        retired: false,
        signCount: 0,
      });
      return;
    case 'owner-act':
      applyAct(state, record);
      return;
    case 'activated': {
      const change = owners.pending.get(record.pending);
      if (change === undefined) return;
      owners.pending.delete(change.id);
      performChange(state, change, record.os);
      return;
    }
    case 'vetoed':
      owners.pending.delete(record.pending);
      return;
    case 'narrowed': {
      const mandate = parseMandateText(record.text);
      setMandate(state, mandate.account, record.os, mandate);
      return;
    }
    case 'key-checked': {
      const key = owners.accounts.get(record.account)?.key;
      if (key === null || key === undefined) return;
      key.checkedAt = record.checkedAt;
      key.ipRestricted = record.ipRestricted;
      return;
    }
  }
}

/** A freeze drops what would widen: of one account, or (null) of all owners and accounts. */
export function dropPending(state: SignerState, only: AccountId | null): void {
  for (const change of [...state.owners.pending.values()])
    if (only === null || change.account === only) state.owners.pending.delete(change.id);
}

type ActRecord = Extract<OwnerRecord, { kind: 'owner-act' }> & { readonly os: number };

function applyAct(state: SignerState, record: ActRecord): void {
  state.actsSeen.add(record.id);
  const credential = state.owners.credentials.get(record.proof.credential);
  if (credential !== undefined && record.result.signCount !== undefined) credential.signCount = record.result.signCount;
  const act = parseOwnerAct(record.text);
  const change: PendingChange = {
    id: record.id,
    owner: record.owner,
    account: act.act === 'mandate' ? act.mandate.account : null,
    act,
    what: whatOf(act),
    credential: record.proof.credential,
    from: record.result.from ?? 0,
  };
  if (record.result.from === undefined) {
    performAct(state, change, record.result, record.os);
    return;
  }
  // One mandate of an account waits at a time: the later one takes the place of the earlier, and its delay begins anew.
  if (change.account !== null) dropPending(state, change.account);
  state.owners.pending.set(change.id, change);
}

/** What waited, carried out. Only these acts ever wait. */
function performChange(state: SignerState, change: PendingChange, os: number): void {
  performAct(state, change, {}, os);
}

function performAct(state: SignerState, { act, owner, id }: PendingChange, result: ActResult, os: number): void {
  const { owners } = state;
  switch (act.act) {
    case 'account-create': {
      const { ref, publicKey } = result.made!;
      addAccount(state, act.account, owner, act.exchange, publicKey);
      ownedOf(state, act.account).next = { ref, kind: act.key, publicKey, bornAt: os };
      ownedOf(state, act.account).keysMade = 1;
      return;
    }
    case 'account-rotate': {
      const { ref, publicKey } = result.made!;
      const owned = ownedOf(state, act.account);
      owned.next = { ref, kind: act.key, publicKey, bornAt: os };
      owned.keysMade += 1;
      accountOf(state, act.account).publicKey = publicKey;
      return;
    }
    case 'account-import':
      if (!state.accounts.has(act.account)) addAccount(state, act.account, owner, act.exchange, '');
      ownedOf(state, act.account).keysMade += 1;
      useKey(state, act.account, result.key!);
      return;
    case 'account-connect':
      useKey(state, act.account, result.key!);
      return;
    case 'account-remove':
      removeAccount(state, act.account);
      return;
    case 'mandate':
      setMandate(state, act.mandate.account, os, act.mandate);
      return;
    case 'veto':
      owners.pending.delete(act.pending);
      return;
    case 'unfreeze':
      applyUnfreeze(
        state,
        act.account === null
          ? accountsOf(owners, owner).map((it) => accountOf(state, it.account))
          : [accountOf(state, act.account)],
      );
      return;
    case 'revive':
      applyRevive(state, accountOf(state, act.account));
      return;
    case 'credential-add':
      owners.credentials.set(act.credential.id, {
        owner,
        credential: act.credential,
        addedAt: os,
        retired: false,
        signCount: 0,
      });
      return;
    case 'credential-retire':
      owners.credentials.get(act.credential)!.retired = true;
      for (const it of [...owners.pending.values()]) if (it.credential === act.credential) owners.pending.delete(it.id);
      return;
    case 'unseal-add':
    case 'unseal-remove':
      return; // kept by the warden
    case 'destinations':
      setDestinations(ownerOf(state, owner), act.destinations, result.secretsRef ?? null, id, os);
      return;
    case 'destination-confirm':
      for (const it of ownerOf(state, owner).destinations) if (it.destination.id === act.destination) it.confirmed = true;
      return;
  }
}

function addOwner(state: SignerState, owner: OwnerId): void {
  if (state.owners.owners.has(owner)) return;
  const none: OwnerState = { owner, destinations: [], former: [], destinationsAct: '', secretsRef: null };
  state.owners.owners.set(owner, none);
}

function addAccount(
  state: SignerState,
  account: AccountId,
  owner: OwnerId,
  exchange: OwnedAccount['exchange'],
  publicKey: string,
): void {
  state.accounts.set(account, newAccount(state, account, publicKey));
  state.owners.accounts.set(account, {
    account,
    owner,
    exchange,
    uid: '',
    key: null,
    next: null,
    keysMade: 0,
    firstMandateAt: null,
  });
}

/** The key takes the place of the one before; books, counters and mandate stay as they are. */
function useKey(state: SignerState, account: AccountId, key: ConnectedKey): void {
  const owned = ownedOf(state, account);
  const { apiKey, uid, ...facts } = key;
  owned.uid = uid;
  owned.key = { ...facts } satisfies KeyState;
  owned.next = null;
  const known = accountOf(state, account);
  known.apiKey = apiKey;
  onOwner(known.rules, state.time);
  if (key.publicKey !== null) known.publicKey = key.publicKey;
}

function removeAccount(state: SignerState, account: AccountId): void {
  // Their sub-keys are unknown from now on: whoever still has one is refused before anything is looked up.
  for (const grant of [...state.grants.values()]) if (grant.account === account) state.grants.delete(grant.subKey);
  dropPending(state, account);
  state.accounts.delete(account);
  state.owners.accounts.delete(account);
}

function setMandate(
  state: SignerState,
  name: AccountId,
  os: number,
  mandate: Extract<OwnerAct, { act: 'mandate' }>['mandate'],
): void {
  const account = accountOf(state, name);
  adoptMandate(account.book, account.mandate, mandate);
  onOwner(account.rules, state.time);
  account.mandate = mandate;
  account.mandateHash = hashText(mandateText(mandate));
  // What waits was signed against the mandate that is no longer in force.
  dropPending(state, name);
  const owned = ownedOf(state, name);
  owned.firstMandateAt ??= os;
}

function setDestinations(
  owner: OwnerState,
  list: readonly Destination[],
  secretsRef: string | null,
  act: string,
  os: number,
): void {
  const before = new Map(owner.destinations.map((it) => [it.destination.id, it]));
  const isSame = (it: Destination): boolean => {
    const known = before.get(it.id);
    return known !== undefined && JSON.stringify(known.destination) === JSON.stringify(it);
  };
  const gone = owner.destinations.filter(
    (it) => it.confirmed && !list.some((next) => next.id === it.destination.id && isSame(next)),
  );
  owner.former = [
    ...owner.former.filter((it) => it.until > os),
    ...gone.map((it) => ({ destination: it.destination, secretsRef: owner.secretsRef, until: os + formerMs })),
  ];
  owner.destinations = list.map((destination) => ({
    destination,
    confirmed: isSame(destination) && before.get(destination.id)!.confirmed,
  }));
  owner.secretsRef = secretsRef;
  owner.destinationsAct = act;
}

/** @throws Error when the journal names an account that it never gave an owner */
export function ownedOf(state: SignerState, account: AccountId): OwnedAccount {
  const found = state.owners.accounts.get(account);
  if (found === undefined) throw new Error(`account ${account} has no owner`);
  return found;
}

/** @throws Error when the journal names an owner it never enrolled */
export function ownerOf(state: SignerState, owner: OwnerId): OwnerState {
  const found = state.owners.owners.get(owner);
  if (found === undefined) throw new Error(`owner ${owner} is not known`);
  return found;
}

/** A change in a few words, for lists and notices. */
export function whatOf(act: OwnerAct): string {
  switch (act.act) {
    case 'mandate':
      return `mandate ${act.mandate.seq} of account ${act.mandate.account}`;
    case 'credential-add':
      return `new credential "${act.credential.label}" (${act.credential.kind})`;
    default:
      return act.act;
  }
}
