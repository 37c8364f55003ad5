/**
 * What crosses the vault's intent door, in types. Programs speak HTTP/1.1 with JSON to the gate; each request is MACed
 * with a key of the caller: a sub-key (one bot: intents) or a peer key (engine, server, cli: grants, narrowing, freeze, reads).
 * Amounts travel as plain decimal strings.
 *
 *   holdfast-key: <sub-key id or peer name>      holdfast-time: <unix ms of the caller's clock>
 *   holdfast-nonce: <32 hex digits, never reused>
 *   holdfast-mac: hex(HMAC-SHA256(secret, macText(...)))
 */
import type { Amount } from './money.ts';
import type { AccountId, BotId, EpochMs, Intent, OrderEvent, RefusalCode, SubKeyId, Verdict } from './order.ts';
import type { Asset, Pair } from './pair.ts';

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
  /** Owner acts, signed by the owner key: body `{act, signature}` with `act` the canonical text of an `OwnerAct`. */
  owner: '/v1/owner',
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
  /** Age of the reference price per pair, ms; null when there is none. */
  readonly reference: readonly {
    readonly pair: Pair;
    readonly price: Amount;
    readonly sources: number;
    readonly ageMs: number;
  }[];
  readonly accounts: readonly VaultAccount[];
  readonly journal: { readonly seq: number; readonly head: string };
  readonly processes: readonly {
    readonly name: string;
    readonly pid: number;
    readonly state: string;
    readonly rssBytes: number;
  }[];
}

export interface VaultAccount {
  readonly account: AccountId;
  readonly exchange: string;
  readonly frozen: boolean;
  readonly publicKey: string | null;
  readonly connected: boolean;
  readonly mandate: Mandate | null;
  /** What of the rolling 24 h limits is spent or held now, in the mandate's quote. */
  readonly used: { readonly turnover: Amount; readonly burn: Amount; readonly openOrders: number };
  readonly grants: readonly Grant[];
}

export interface Grant {
  readonly subKey: SubKeyId;
  readonly bot: BotId;
  readonly account: AccountId;
  readonly pairs: readonly Pair[];
  readonly maxOrderQuote: Amount;
  readonly turnover24h: Amount;
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
 * strings without trailing zeros); the signature is Ed25519 over `holdfast/owner/v1` 0x00 vault id 0x00 bytes.
 */
export type OwnerAct =
  /** Makes an account with a vault-born Ed25519 key; the answer has its public half as PEM. */
  | { readonly act: 'account-create'; readonly account: AccountId; readonly exchange: 'simulated'; readonly at: number }
  /** Tells the vault the key id that the exchange gave for the public half. The vault checks permissions, then connects. */
  | { readonly act: 'account-connect'; readonly account: AccountId; readonly apiKey: string; readonly at: number }
  | { readonly act: 'mandate'; readonly mandate: Mandate; readonly at: number }
  | { readonly act: 'unfreeze'; readonly account: AccountId | null; readonly at: number };

/** What may be done on an account at all. */
export interface Mandate {
  readonly v: 1;
  readonly account: AccountId;
  /** Rises by one with each mandate of the account; `prev` is the SHA-256 in hex of the one replaced, '' for the first. */
  readonly seq: number;
  readonly prev: string;
  /** Not after, unix ms of the exchange's clock. */
  readonly exp: number;
  /** Asset that totals are counted in. */
  readonly quote: Asset;
  readonly pairs: readonly MandatePair[];
  /** Rolling 24 h. */
  readonly turnover24h: Amount;
  readonly burn24h: Amount;
  readonly ordersPerMinute: number;
  readonly openOrders: number;
  readonly foreign: 'freeze' | 'alarm';
}

export interface MandatePair {
  readonly pair: Pair;
  readonly sides: readonly ('buy' | 'sell')[];
  readonly orders: readonly ('limit' | 'post-only' | 'ioc')[];
  readonly maxOrderQuote: Amount;
  readonly maxOrderBase: Amount;
  /** Static corridor of prices, in quote. */
  readonly floor: Amount;
  readonly ceiling: Amount;
  /** How far a limit may lie on the adverse side of the reference price, in basis points. */
  readonly bandBps: number;
  /** Most base that may be sold in rolling 24 h beyond the position this vault bought. 0: only what was bought. */
  readonly maxSellHeldBase24h: Amount;
}

/** An answer of the door that is not 200. `code` is one of custody's for refusals. */
export interface DoorRefusal {
  readonly error: { readonly code: RefusalCode; readonly reason: string };
}
