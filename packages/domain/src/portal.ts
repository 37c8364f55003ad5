/**
 * What the owner's pages and the owner's command line ask of the vault, in types, and the texts that are hashed, signed and
 * bound into what is sealed. Pages: POST to `portalPaths`, JSON both ways, amounts as plain decimal strings; the session
 * travels in the header `holdfast-session`.
 */
import type { Credential, Destination, Grant, VaultAccount, VaultPending, VaultStatus } from './door.ts';
import type { OwnerId } from './mandate.ts';
import type { Amount } from './money.ts';
import type { AccountId } from './order.ts';

export const portalPaths = {
  /** `{}` to `PortalState`; needs no session. */
  state: '/v1/portal/state',
  /** `{owner, code, label, registration}` to `{owner}`; the code is said on the vault's console. */
  enrol: '/v1/portal/enrol',
  /** `{}` to `{challenge}`: 32 bytes in base64url, good once within two minutes. */
  challenge: '/v1/portal/challenge',
  /** An assertion over the challenge to `PortalSession`. */
  login: '/v1/portal/login',
  /** `{}` to `OwnerView`. */
  view: '/v1/portal/view',
  /** `{mandate}` to `MandateWords`. */
  words: '/v1/portal/words',
  /** `{act, proof}` as at the door. */
  act: '/v1/portal/act',
  /** `{}` to `SealTicket`. */
  ticket: '/v1/portal/ticket',
  /** `{account, reason}`, account null for all of the owner's. */
  freeze: '/v1/portal/freeze',
  /** `{reason}` */
  kill: '/v1/portal/kill',
  /** `{before, limit}` to `{records}`, newest first; `before` is a sequence or null. */
  audit: '/v1/portal/audit',
} as const;

export const sessionHeader = 'holdfast-session';

/** A measure and whether it is in force on this machine. */
export interface Protection {
  readonly name: string;
  readonly inForce: boolean;
  readonly text: string;
}

export interface PortalState {
  readonly vaultId: string;
  /** `SHA256:` and the SHA-256 of `identity`'s DER in unpadded base64, as the console printed it when the vault was made. */
  readonly fingerprint: string;
  /** The vault identity's Ed25519 public key, SPKI PEM. */
  readonly identity: string;
  readonly simulated: boolean;
  /** Whether any owner has a credential yet. */
  readonly enrolled: boolean;
  readonly origin: string;
  readonly protections: readonly Protection[];
  /** e.g. `passphrase`, `key-file`; a key file is warned of on every page. */
  readonly unsealedBy: string;
  /** Why it is sealed; absent or '' when it is open. */
  readonly sealed?: string;
}

export interface PortalSession {
  readonly session: string;
  readonly owner: OwnerId;
  /** Unix ms at which it ends however busy it is. */
  readonly until: number;
}

/** The most that can be lost in 24 h, in the mandate's quote. */
export interface LossShown {
  readonly theft24h: Amount;
  readonly forged24h: Amount;
  readonly market24h: Amount;
  readonly formula: string;
  readonly forgedFormula: string;
}

/** What a mandate means and costs at worst, said before it is signed. */
export interface MandateWords {
  readonly words: readonly string[];
  readonly worstLoss: LossShown;
  readonly change: 'first' | 'narrower' | 'equal' | 'wider';
  readonly changes: readonly string[];
  /** Unix ms from which it would count if it were signed now. */
  readonly from: number;
}

/** Everything of one owner and nothing of another. */
export interface OwnerView {
  readonly owner: OwnerId;
  /** The exchange's clock, which mandates run by; 0 before it was heard. */
  readonly time: number;
  readonly accounts: readonly VaultAccount[];
  readonly mandates: readonly MandateShown[];
  /** With the words of a mandate that waits. */
  readonly pending: readonly (VaultPending & { readonly account: AccountId | null } & Partial<Omit<MandateWords, 'from'>>)[];
  readonly grants: readonly Grant[];
  /** Those that count; passkeys are those of the kind `webauthn`. */
  readonly credentials: readonly (Omit<Credential, 'publicKey'> & { readonly addedAt: number })[];
  /** A password is shown as `set`, or '' when there is none; a list with `set` in it keeps what was set. */
  readonly destinations: readonly (Destination & { readonly confirmed: boolean })[];
  readonly unseal: UnsealShown;
  /** Confirmed destinations, and how many a widening on a real account needs. */
  readonly channels: { readonly confirmed: number; readonly needed: number };
  readonly audit: { readonly seq: number; readonly head: string };
  readonly stateEpoch: number;
  readonly reference: VaultStatus['reference'];
  readonly warnings: readonly string[];
}

/** How the vault is opened after a restart. */
export interface UnsealShown {
  /** Uncompressed P-256 point of the warden, base64: what a passkey gave is sealed to it. It changes with each use. */
  readonly publicKey: string;
  /** Passkeys of this owner that unseal the vault, and since when (unix ms). */
  readonly passkeys: readonly { readonly credential: string; readonly madeAt: number }[];
  /** Why none can be added here; '' when one can. */
  readonly fault: string;
}

export interface MandateShown {
  readonly account: AccountId;
  readonly words: readonly string[];
  readonly worstLoss: LossShown;
  /** Until when a tenth of the limits counts, unix ms; null when all does. */
  readonly probationUntil: number | null;
  /** What of the limits counts now, in basis points: less on probation and for a key that works from any address. */
  readonly scaleBps: number;
}

/** One record of the owner's part of the journal; `time` is the exchange's clock, `os` the machine's, unix ms. */
export interface AuditEntry {
  readonly seq: number;
  readonly record: { readonly kind: string; readonly time: number; readonly os: number };
}

/** A one-time key to seal an exchange secret to. */
export interface SealTicket {
  readonly ticket: string;
  /** Uncompressed P-256 point, base64. */
  readonly publicKey: string;
  /** Unix ms. */
  readonly expires: number;
  /** Ed25519 of the vault's identity over `ticketText`, base64. */
  readonly signature: string;
}

/** What is sealed to a ticket, padded with spaces to a multiple of `sealedBlockBytes`. */
export interface SealedSecret {
  readonly exchange: string;
  readonly apiKey: string;
  readonly secret: string;
  readonly passphrase: string;
  readonly keyType: 'hmac' | 'ed25519' | 'rsa';
  /** Id of the credential that the act is proved by. */
  readonly owner: string;
  readonly at: number;
}

export const sealedBlockBytes = 1024;

/** A challenge of a first passkey is the SHA-256 of this: the code from the console is bound into it. */
export const enrolText = (vaultId: string, owner: string, code: string): string =>
  `holdfast/enrol/v1\0${vaultId}\0${owner}\0${code}`;

/** What the vault's identity signs, so that a ticket of another vault or of nobody is not taken. */
export const ticketText = (vaultId: string, { ticket, publicKey, expires }: Omit<SealTicket, 'signature'>): string =>
  `holdfast/ticket/v1\0${vaultId}\0${ticket}\0${publicKey}\0${expires}`;

/** HPKE `info`: what was sealed opens with this ticket of this vault only. */
export const sealInfoText = (vaultId: string, ticket: string): string => `holdfast/seal/v1\0${vaultId}\0${ticket}`;

/** HPKE `aad`. */
export const sealAadText = (credential: string, exchange: string): string => `${credential}\0${exchange}`;

/** Text of a sealed secret, padded so that its length tells nothing. ASCII only is what exchanges' keys are made of. */
export function sealedText(secret: SealedSecret): string {
  const text = JSON.stringify(secret);
  return text.padEnd(Math.ceil(text.length / sealedBlockBytes) * sealedBlockBytes, ' ');
}

/** HPKE `info` of what a passkey gave to unseal this vault. */
export const unsealInfoText = (vaultId: string): string => `holdfast/unseal/v1\0${vaultId}`;

/** HPKE `aad` of the same: the passkey's id, and `salt` as it is asked to evaluate it, both base64url. */
export const unsealAadText = (credential: string, salt: string): string => `${credential}\0${salt}`;
