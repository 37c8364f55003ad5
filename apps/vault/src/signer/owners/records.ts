/** What the journal records of owners. */
import type { AccountId, Credential, OwnerId, OwnerProof } from '@holdfast/domain';
import type { KeyKind } from './state.ts';

/** What an act brought about beside what its text says, so that reading the journal again needs no key and no exchange. */
export interface ActResult {
  /** `account-create`, `account-rotate`: sealed record and public half (SPKI PEM) of the key made. */
  readonly made?: { readonly ref: string; readonly publicKey: string };
  /** `account-connect`, `account-import`: the key as the exchange told it. */
  readonly key?: ConnectedKey;
  /** The change waits until this time (operating system's clock, unix ms). */
  readonly from?: number;
  /** `destinations`: sealed record of the passwords. */
  readonly secretsRef?: string;
  /** Counter of the passkey that proved the act. */
  readonly signCount?: number;
}

export interface ConnectedKey {
  readonly ref: string;
  readonly kind: KeyKind;
  readonly publicKey: string | null;
  readonly apiKey: string;
  /** Keyed fingerprints of the key id and of the exchange's number of the account. */
  readonly apiKeyPrint: string;
  readonly uid: string;
  readonly bornAt: number;
  readonly checkedAt: number;
  readonly ipRestricted: boolean;
}

export type OwnerRecord =
  /** A first credential, by the code that the vault's console said, or of a simulated vault at its making. */
  | { readonly kind: 'enrolled'; readonly owner: OwnerId; readonly credential: Credential; readonly by: 'console' | 'making' }
  /**
   * An owner act that was accepted. `id` is the SHA-256 in hex of the text that was proved. `redacted`: passwords were taken
   * out of `text`, so the proof is not over it as it stands here.
   */
  | {
      readonly kind: 'owner-act';
      readonly id: string;
      readonly text: string;
      readonly redacted: boolean;
      readonly owner: OwnerId;
      readonly proof: OwnerProof;
      readonly result: ActResult;
    }
  /** What waited counts from now on. */
  | { readonly kind: 'activated'; readonly pending: string }
  /** What waited is dropped without an act of the owner. */
  | { readonly kind: 'vetoed'; readonly pending: string; readonly by: string; readonly reason: string }
  /** A narrower mandate that a program proposed. `text` is the mandate's canonical text. */
  | { readonly kind: 'narrowed'; readonly text: string; readonly by: string }
  /** What the exchange says of a key in use. */
  | { readonly kind: 'key-checked'; readonly account: AccountId; readonly ipRestricted: boolean; readonly checkedAt: number };
