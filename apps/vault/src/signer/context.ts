/** What the parts of the signer share. Only `commit` changes the state. */
import type { KeyObject } from 'node:crypto';
import type { AccountId, Pair, Protection, SubKeyId } from '@holdfast/domain';
import type { Credentials } from '@holdfast/exchanges/trading';
import type { ReferencePrice, RuleFinding } from '@holdfast/policy';
import type { PeerName } from '../frames/frames.ts';
import type { Restriction, Stop } from './conditions.ts';
import type { AccountLink, ClockPort } from './link.ts';
import type { VenueFacts } from './prices.ts';
import type { RecordBody } from './records.ts';
import { Refused } from './refused.ts';
import type { Secrets } from './secrets.ts';
import type { Settlement } from './settle.ts';
import type { AccountState, SignerState } from './state.ts';
import type { Upstream } from './upstream.ts';

export interface SignerConfig {
  readonly vaultId: string;
  readonly simulated: boolean;
  /** Public half of a simulated vault's owner key; null on a real one, whose owners enrol by a code. */
  readonly ownerKey: KeyObject | null;
  /** The one origin of the owner's pages; passkeys count for its host. */
  readonly portalOrigin: string;
  /** What is in force on this machine and what opened the vault, for the pages. */
  readonly protections?: readonly Protection[];
  readonly unsealedBy?: string;
  /** A kill that was asked for while no signer ran: its reason, '' when there was none. */
  readonly kill: string;
}

export interface SignerContext {
  readonly config: SignerConfig;
  readonly state: SignerState;
  readonly clock: ClockPort;
  readonly secrets: Secrets;
  readonly upstream: Upstream;
  readonly settle: Settlement;
  /** Journals a record and applies it; `after` runs once it is durable. */
  readonly commit: (body: RecordBody, after?: () => void) => void;
  /** Why it is not known what time it is; '' when it is. */
  readonly clockFault: () => string;
  /** Why there may soon be no space for the journal; '' while there is. */
  readonly diskFault: () => string;
  /** Why the journal cannot be written now; '' while it can. */
  readonly journalFault: () => string;
  /** Runs `after` once everything committed so far is durable. */
  readonly whenDurable: (after: () => void) => void;
  readonly links: ReadonlyMap<AccountId, AccountLink>;
  /** The link of an account, made when there is none. */
  readonly linkOf: (account: AccountState) => AccountLink;
  readonly credentials: (account: AccountState) => Credentials;
  /** Credentials of a key that is not in use yet, by its sealed record. */
  readonly signWith: (apiKey: string, keyRef: string) => Credentials;
  /** The account is gone: nothing is dialled for it any more. */
  readonly closeLink: (account: AccountId) => void;
  /** What the owner's side takes off the mandate's limits now, and why no new risk may be taken at all, or null. */
  readonly limitsOf: (account: AccountId) => { readonly scaleBps: number; readonly fault: Stop | null };
  /** A rule found something that the owner should know; what it stopped goes to `onRestricted`. */
  readonly onWarned: (finding: RuleFinding) => void;
  /** The trading exchange itself: its own middle price and volumes, where known. */
  readonly venueOf: (pair: Pair) => VenueFacts;
  readonly referenceOf: (pair: Pair) => ReferencePrice | undefined;
  /** Tells egress which pairs the mandates name. */
  readonly wantPairs: () => void;
  /** Name of the exchange that an account is at. */
  readonly exchangeOf: (account: AccountId) => string;
  /** An account, or a sub-key or pair of it, was stopped: tells its owner. */
  readonly onRestricted: (account: AccountId, to: Restriction) => void;
  /** '' or why the journal may be older than what was done: then nothing new is risked. */
  readonly logMismatch: () => string;
  readonly log: (message: string) => void;
}

/** Who asks: a program with a peer key or a bot with a sub-key. */
export type Caller = { readonly kind: 'peer'; readonly name: PeerName } | { readonly kind: 'sub-key'; readonly subKey: SubKeyId };

/** @throws Refused `E_STATE` */
export function needAccount(state: SignerState, name: AccountId): AccountState {
  const account = state.accounts.get(name);
  if (account === undefined) throw new Refused('E_STATE', `account ${name} is not known`);
  return account;
}
