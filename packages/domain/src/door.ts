/**
 * What crosses the vault's intent door, in types. Programs speak HTTP/1.1 with JSON to the gate; each request is MACed
 * with a key of the caller: a sub-key (one bot: intents) or a peer key (engine, server, cli: grants, narrowing, freeze, reads).
 * Amounts travel as plain decimal strings.
 *
 *   holdfast-key: <sub-key id or peer name>      holdfast-time: <unix ms of the caller's clock>
 *   holdfast-nonce: <32 hex digits, never reused>
 *   holdfast-mac: hex(HMAC-SHA256(secret, macText(...)))
 */

import type { Mandate, OwnerId } from './mandate.ts';
import type { Amount } from './money.ts';
import type { AccountId, BotId, EpochMs, Intent, OrderEvent, RefusalCode, SubKeyId, Verdict } from './order.ts';
import type { Asset, Pair } from './pair.ts';
import type { LossShown, Protection } from './portal.ts';

export const doorHeaders = { key: 'holdfast-key', time: 'holdfast-time', nonce: 'holdfast-nonce', mac: 'holdfast-mac' } as const;

/** The text a door request is MACed over; `bodyHash` is the SHA-256 of the body in hex. */
export const macText = (method: string, path: string, time: string, nonce: string, bodyHash: string): string =>
  `holdfast/door/v1\n${method}\n${path}\n${time}\n${nonce}\n${bodyHash}`;

/**
 * Requests of the intent door, by path. All are POST but `GET /v1/events?from=N`, which answers a stream of
 * newline-separated JSON `DoorEvent`s from sequence N on and stays open.
 */
export const doorPaths = {
  /** Sub-key. Body: an intent. Answer: `{verdict}` after it is durable; an approved order is then on its way. */
  intent: '/v1/intent',
  /** Peer. Body: a `DoorRead`. */
  read: '/v1/read',
  /** Peer. Body: `{reason}`. Freezes all accounts, or `{reason, account}` one. */
  freeze: '/v1/freeze',
  /** Peer. Body: a `GrantRequest`. Answer: `{subKey, secret}`, the secret in hex and shown once. */
  grant: '/v1/grant',
  /** Peer. Body: `{subKey}`. Ends a grant. */
  revoke: '/v1/revoke',
  /** Owner acts: body `{act, proof}` with `act` the canonical text of an `OwnerAct` and `proof` an `OwnerProof`. */
  owner: '/v1/owner',
  /** Command line. Body: `{act, proof}` with `act` an `ownerViewText`. Answer: an `OwnerView`; changes nothing. */
  ownerView: '/v1/owner-view',
  /** Peer. Body: `{mandate}`, narrower than or equal to the one in force: counts at once, without the owner's proof. */
  narrow: '/v1/narrow',
  /** Peer. Body: `{pending}`. Drops what waits. */
  veto: '/v1/veto',
  /** Peer. Body: `{mandate}`. Answer: `{words, worstLoss, change, changes, from}`; changes nothing. */
  words: '/v1/words',
  /** Command line. Body: `{}`. Answer: `{ticket, publicKey, expires, signature}`, to which a key is sealed. */
  ticket: '/v1/ticket',
  /** Command line. Body: `{owner, code, credential}`. The first credential of an owner, by the code on the vault's console. */
  enrol: '/v1/enrol',
  /** Command line. Body: `{owner}` or `{owner: null}`. Says a new code on the vault's console, not in the answer. */
  enrolCode: '/v1/enrol-code',
  /** Peer. Body: `{reason}`. All accounts revoked, sub-keys dead, resting entries cancelled, then sealed. */
  kill: '/v1/kill',
  /** Engine peer. */
  events: '/v1/events',
} as const;

/** One line of the event stream. `seq` counts the signer's settled events of all accounts without gaps; sync lines have none. */
export type DoorEvent =
  | {
      readonly kind: 'order';
      readonly seq: number;
      readonly account: AccountId;
      readonly subKey: SubKeyId;
      readonly event: OrderEvent;
    }
  /** A deposit, withdrawal or other change that no order of ours explains; `change` may be negative. */
  | {
      readonly kind: 'balance';
      readonly seq: number;
      readonly account: AccountId;
      readonly asset: Asset;
      readonly change: Amount;
      readonly at: EpochMs;
    }
  /** An order or fill at the exchange without an intent of ours. */
  | { readonly kind: 'foreign'; readonly seq: number; readonly account: AccountId; readonly what: string; readonly at: EpochMs }
  /** Simulated vaults only: all events up to round `n` of the simulated exchange's clock have been said. */
  | { readonly kind: 'sync'; readonly n: number; readonly at: EpochMs };

export type DoorRead =
  | { readonly kind: 'status' }
  | { readonly kind: 'balances'; readonly account: AccountId }
  | { readonly kind: 'open-orders'; readonly account: AccountId }
  /** The newest `limit` verdicts, newest first. */
  | { readonly kind: 'verdicts'; readonly limit: number };

export interface VaultStatus {
  readonly simulated: boolean;
  readonly vaultId: string;
  readonly state: 'sealed' | 'reconcile' | 'open' | 'frozen';
  /** What is the matter, if the state is not `open`. */
  readonly reason: string | null;
  /** Of the state of the whole vault; a number that rises with each change of state. */
  readonly stateEpoch: number;
  /** Age of the reference price per pair, ms; null when there is none. */
  readonly reference: readonly {
    readonly pair: Pair;
    readonly price: Amount;
    readonly sources: number;
    readonly ageMs: number;
  }[];
  readonly accounts: readonly VaultAccount[];
  readonly journal: { readonly seq: number; readonly head: string };
  /** What opened the vault; a `key-file` is warned of wherever this is shown. */
  readonly unsealedBy: string;
  readonly protections: readonly Protection[];
  /** Where the owner's pages are, such as http://localhost:8431. */
  readonly portalOrigin: string;
  readonly processes: readonly {
    readonly name: string;
    readonly pid: number;
    readonly state: string;
    readonly rssBytes: number;
  }[];
}

/** Rightwards by anybody, leftwards by the owner's proof alone. `frozen`: reads and cancels of one's own only. */
export type AccountCondition = 'active' | 'reduce-only' | 'frozen' | 'revoked';

export interface VaultAccount {
  readonly account: AccountId;
  readonly owner: OwnerId;
  readonly exchange: string;
  readonly condition: AccountCondition;
  /** Why it is not active, '' when it is. */
  readonly reason: string;
  readonly stateEpoch: number;
  /** `condition` is frozen or revoked. */
  readonly frozen: boolean;
  /** Fingerprint of the exchange's uid; '' before it was connected. */
  readonly uid: string;
  /** What the exchange says about the key, as of `checkedAt` (unix ms). `ipRestricted` false: caps are halved, the account counts as not protected. */
  readonly key: {
    readonly bornAt: number;
    readonly checkedAt: number;
    readonly ipRestricted: boolean;
    readonly age: 'fresh' | 'old' | 'too-old';
  } | null;
  readonly pending: readonly VaultPending[];
  readonly publicKey: string | null;
  readonly connected: boolean;
  readonly mandate: Mandate | null;
  /** What of the limits is spent or held now. */
  readonly used: VaultUse;
  /** What counts now of turnover, burn, open entries and caps, in basis points: less in probation and without an IP restriction. */
  readonly scaleBps: number;
  /** Of the mandate in force; null without one. */
  readonly worstLoss: LossShown | null;
  /** What was stopped and by whom: the account, pairs or bots of it. */
  readonly stopped: readonly VaultStop[];
  readonly grants: readonly Grant[];
}

/** Amounts are in the mandate's quote, of rolling 24 h unless said otherwise. */
export interface VaultUse {
  readonly turnover: Amount;
  readonly burn: Amount;
  /** Of rolling 7 days. */
  readonly burn7d: Amount;
  readonly stopBudget: Amount;
  /** Of all resting entries. */
  readonly openQuote: Amount;
  readonly openOrders: number;
  readonly ordersLastMinute: number;
  readonly ordersLastDay: number;
  /** What is in use or held in pairs of the mandate. */
  readonly pairs: readonly {
    readonly pair: Pair;
    readonly turnover: Amount;
    /** What the sub-keys' positions and open buys cost, as the mandate's `maxPositionQuote` counts. */
    readonly cost: Amount;
    /** Base that the sub-keys bought and have not sold. */
    readonly held: Amount;
  }[];
}

export interface VaultStop {
  readonly what: 'account' | 'pair' | 'sub-key';
  /** The account, pair or sub-key. */
  readonly name: string;
  readonly reason: string;
  /** A peer, a sub-key, `rule R1` to `rule R12`; '' where it was not kept. */
  readonly by: string;
}

/** A widening, a new credential or another change that waits. */
export interface VaultPending {
  /** SHA-256 in hex of the act's text. */
  readonly id: string;
  readonly what: string;
  /** Unix ms from which it counts. */
  readonly from: number;
}

/** `cancel-stops`: may cancel a protective stop that it does not replace. `sell-held`: may sell coins from before the vault. */
export type GrantRight = 'cancel-stops' | 'sell-held';

export interface Grant {
  readonly subKey: SubKeyId;
  readonly bot: BotId;
  readonly account: AccountId;
  readonly pairs: readonly Pair[];
  readonly maxOrderQuote: Amount;
  readonly turnover24h: Amount;
  readonly rights: readonly GrantRight[];
  readonly alive: boolean;
}

export type GrantRequest = Omit<Grant, 'subKey' | 'alive'>;

/** One recorded verdict, for people. */
export interface VerdictRecord {
  readonly at: EpochMs;
  readonly subKey: SubKeyId;
  readonly account: AccountId;
  readonly intent: Intent;
  readonly verdict: Verdict;
}

/**
 * What the owner signs. The signed bytes are the canonical JSON (keys sorted, no white space, amounts as decimal
 * strings without trailing zeros). What proves it is an `OwnerProof` of one of the owner's credentials; the act counts for
 * the owner of that credential and for nobody else.
 */
export type OwnerAct =
  /** Makes an account with a vault-born key; the answer has its public half as PEM. RSA is of 2048 bits. */
  | {
      readonly act: 'account-create';
      readonly account: AccountId;
      readonly exchange: ExchangeName;
      readonly key: 'ed25519' | 'rsa';
      readonly at: number;
    }
  /** Makes or rotates the key of an account from a secret that was sealed to a one-time ticket (HPKE). Permissions are checked, then it connects. */
  | {
      readonly act: 'account-import';
      readonly account: AccountId;
      readonly exchange: ExchangeName;
      readonly ticket: string;
      /** base64 of enc ‖ ciphertext. */
      readonly sealed: string;
      readonly at: number;
    }
  /** Tells the vault the key id that the exchange gave for the public half. The vault checks permissions, then connects. */
  | { readonly act: 'account-connect'; readonly account: AccountId; readonly apiKey: string; readonly at: number }
  /** Makes the next key of an account; `account-connect` with its key id puts it in the old one's place. Counters stay. */
  | { readonly act: 'account-rotate'; readonly account: AccountId; readonly key: 'ed25519' | 'rsa'; readonly at: number }
  /** Erases the key. Only when nothing is open. */
  | { readonly act: 'account-remove'; readonly account: AccountId; readonly at: number }
  | { readonly act: 'mandate'; readonly mandate: Mandate; readonly at: number }
  /** Drops a pending change (its hash as `VaultPending.id`). */
  | { readonly act: 'veto'; readonly pending: string; readonly at: number }
  /** Leftwards: back to active. `stateEpoch` is the one shown with the state, so that an old signature lifts no newer freeze. */
  | { readonly act: 'unfreeze'; readonly account: AccountId | null; readonly stateEpoch: number; readonly at: number }
  /** A dormant account may trade again (R1). */
  | { readonly act: 'revive'; readonly account: AccountId; readonly at: number }
  | { readonly act: 'credential-add'; readonly credential: Credential; readonly at: number }
  | { readonly act: 'credential-retire'; readonly credential: string; readonly at: number }
  /** Lets a passkey of the owner unseal the vault after a restart. `salt`: base64url of the 32 bytes that it evaluates (PRF); `sealed`: base64, what it gave, sealed to the warden (`unsealInfoText`). */
  | {
      readonly act: 'unseal-add';
      readonly credential: string;
      readonly salt: string;
      readonly sealed: string;
      readonly at: number;
    }
  /** The passkey unseals the vault no more. */
  | { readonly act: 'unseal-remove'; readonly credential: string; readonly at: number }
  /** The complete list of places that notices and anchors of this owner go to. */
  | { readonly act: 'destinations'; readonly destinations: readonly Destination[]; readonly at: number }
  /** The code that a notice to the destination said: it is read by the owner. */
  | { readonly act: 'destination-confirm'; readonly destination: string; readonly code: string; readonly at: number };

export const exchangeNames = ['simulated', 'binance'] as const;
export type ExchangeName = (typeof exchangeNames)[number];

/** Something that proves an owner. `id`: SHA-256 in hex of the SPKI DER of `publicKey`; a passkey's is its WebAuthn id in base64url. */
export interface Credential {
  readonly id: string;
  readonly kind: 'ed25519' | 'ssh' | 'webauthn';
  /** SPKI PEM. */
  readonly publicKey: string;
  /** What the owner calls it. */
  readonly label: string;
}

/** What proves an act. `credential` is the id of the credential that made it. */
export type OwnerProof =
  /** Ed25519 over `ownerSigningText`, base64. */
  | { readonly kind: 'ed25519'; readonly credential: string; readonly signature: string }
  /** Armoured `ssh-keygen -Y sign -n holdfast-owner@v1` over `ownerSigningText`. */
  | { readonly kind: 'ssh'; readonly credential: string; readonly signature: string }
  /** Assertion over SHA-256(`ownerSigningText`); all three base64url. */
  | {
      readonly kind: 'webauthn';
      readonly credential: string;
      readonly authenticatorData: string;
      readonly clientDataJSON: string;
      readonly signature: string;
    };

/** Where notices and anchors go. They carry no exchange credential and nothing is read from them. */
export type Destination =
  | { readonly id: string; readonly kind: 'webhook'; readonly url: string }
  /** POST of plain text with the headers Title, Priority and Tags, as ntfy takes it. */
  | { readonly id: string; readonly kind: 'ntfy'; readonly url: string }
  | {
      readonly id: string;
      readonly kind: 'smtp';
      readonly host: string;
      readonly port: number;
      readonly tls: 'implicit' | 'starttls' | 'none';
      readonly from: string;
      readonly to: string;
      readonly user: string;
      readonly password: string;
    }
  /** A file on another mount: absolute path, lines are appended. Written by the warden. */
  | { readonly id: string; readonly kind: 'file'; readonly path: string };

/** An answer of the door that is not 200. `code` is one of custody's for refusals. */
export interface DoorRefusal {
  readonly error: { readonly code: RefusalCode; readonly reason: string };
}
