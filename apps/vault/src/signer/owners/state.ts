/**
 * What the signer knows of owners: who they are, what proves them, which accounts are theirs with which keys, and what of
 * theirs still waits. Only `applyOwnerRecord` changes it, for a new record and for one read at start alike.
 *
 *   O1  An account, a pending change and a destination belong to exactly one owner.
 *   O2  A credential proves one owner, from its time on and until it is retired; its id is never given out again.
 *   O3  What waits changes nothing until the record `activated` says so.
 */
import type { AccountId, Credential, Destination, ExchangeName, OwnerAct, OwnerId } from '@holdfast/domain';

export interface CredentialState {
  readonly owner: OwnerId;
  readonly credential: Credential;
  /** Operating system's clock, unix ms. */
  readonly addedAt: number;
  retired: boolean;
  /** Newest counter of a passkey; 0 when it has none. */
  signCount: number;
}

export interface DestinationState {
  /** Without its password. */
  readonly destination: Destination;
  confirmed: boolean;
}

/** A destination that was taken off the list and still hears until then. */
export interface FormerDestination {
  readonly destination: Destination;
  /** Sealed record that has its password. */
  readonly secretsRef: string | null;
  readonly until: number;
}

export interface OwnerState {
  readonly owner: OwnerId;
  destinations: readonly DestinationState[];
  former: readonly FormerDestination[];
  /** Id of the act that the list is of: part of what confirmation codes are made from. */
  destinationsAct: string;
  /** Sealed record with the passwords of the list, or null when none has one. */
  secretsRef: string | null;
}

export type KeyKind = 'ed25519' | 'rsa' | 'hmac';

export interface KeyState {
  /** Name of its sealed record. */
  readonly ref: string;
  readonly kind: KeyKind;
  /** SPKI PEM of a vault-born key, else null. */
  readonly publicKey: string | null;
  /** When it was made here or, for an imported one, at the exchange, unix ms. */
  readonly bornAt: number;
  readonly apiKeyPrint: string;
  checkedAt: number;
  ipRestricted: boolean;
}

/** A key that was made here and is not connected yet. */
export type NextKey = Pick<KeyState, 'ref' | 'kind' | 'publicKey' | 'bornAt'>;

export interface OwnedAccount {
  readonly account: AccountId;
  readonly owner: OwnerId;
  readonly exchange: ExchangeName;
  /** Fingerprint of the exchange's number of the account; '' before it was connected. */
  uid: string;
  key: KeyState | null;
  next: NextKey | null;
  keysMade: number;
  /** When its first mandate came into force, operating system's clock; null before. */
  firstMandateAt: number | null;
}

export interface PendingChange {
  /** SHA-256 in hex of the act's text. */
  readonly id: string;
  readonly owner: OwnerId;
  /** The account whose mandate it is; null for changes of the owner himself. */
  readonly account: AccountId | null;
  readonly act: OwnerAct;
  readonly what: string;
  /** Id of the credential that proved it: what it proved falls when it is retired. */
  readonly credential: string;
  /** Operating system's clock from which it may count. */
  readonly from: number;
}

export interface OwnersState {
  readonly owners: Map<OwnerId, OwnerState>;
  /** By id, retired ones too. */
  readonly credentials: Map<string, CredentialState>;
  readonly accounts: Map<AccountId, OwnedAccount>;
  readonly pending: Map<string, PendingChange>;
}

export const emptyOwners = (): OwnersState => ({
  owners: new Map(),
  credentials: new Map(),
  accounts: new Map(),
  pending: new Map(),
});

/** Exactly two waits, in ms; a simulated vault has neither. */
export const delaysOf = (simulated: boolean) => ({
  widening: simulated ? 0 : 24 * hourMs,
  credential: simulated ? 0 : 72 * hourMs,
});

export const hourMs = 3_600_000;

/** Credentials that prove the owner now. */
export const liveCredentials = (state: OwnersState, owner: OwnerId): readonly CredentialState[] =>
  [...state.credentials.values()].filter((it) => it.owner === owner && !it.retired);

export const pendingOf = (state: OwnersState, owner: OwnerId): readonly PendingChange[] =>
  [...state.pending.values()].filter((it) => it.owner === owner);

export const accountsOf = (state: OwnersState, owner: OwnerId): readonly OwnedAccount[] =>
  [...state.accounts.values()].filter((it) => it.owner === owner);
