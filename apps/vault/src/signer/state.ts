/**
 * All that the signer knows durably. Only records change it (`apply.ts`).
 *
 *   S4  Reading the journal from its beginning gives the state it was written from.
 *   S5  A client order id that was decided stays decided (temporary refusals excepted); a trade id posts once.
 */
import { createHash } from 'node:crypto';
import type {
  AccountId,
  Asset,
  BotId,
  Grant,
  Mandate,
  Pair,
  PlaceOrder,
  PlacingIntent,
  SubKeyId,
  Verdict,
  VerdictRecord,
} from '@holdfast/domain';
import {
  type AccountBook,
  type AccountRules,
  accountBook,
  createRules,
  createVaultRules,
  type RuleFinding,
  type VaultRules,
} from '@holdfast/policy';
import { type AuditState, emptyAuditState } from './audit/audit-state.ts';
import { activeStanding, type Standing } from './conditions.ts';
import { emptyOwners, type OwnersState } from './owners/state.ts';

/** `sent` until the exchange has said anything; `unknown` once that was reported; then `open`, at last `closed`. */
export type OrderPhase = 'sent' | 'unknown' | 'open' | 'closed';

export interface KnownOrder {
  readonly key: string;
  readonly account: AccountId;
  readonly subKey: SubKeyId;
  readonly intent: PlaceOrder;
  readonly upstreamId: string;
  /** Operating system's clock when it was decided, unix ms. */
  readonly decidedOs: number;
  phase: OrderPhase;
  exchangeOrderId: string | null;
  /** Raises risk: a buy, or a sale of coins from before the vault that protects nothing. */
  readonly isEntry: boolean;
  filled: bigint;
  cancelWanted: boolean;
  /** Of a leg of an OCO: the id of both at the exchange, and the key of the other. */
  readonly oco: { readonly upstreamId: string; readonly twin: string } | null;
}

/** Trades that are accounted for: all up to `to`, and some later ones. */
export interface KnownTrades {
  to: bigint;
  later: Set<string>;
}

export interface AccountState {
  readonly account: AccountId;
  /** Of the newest vault-born key, SPKI PEM; '' when there is none. */
  publicKey: string;
  readonly book: AccountBook;
  readonly rules: AccountRules;
  /** When the equity was noted down last, unix ms of the exchange's clock. */
  equityAt: number;
  apiKey: string | null;
  mandate: Mandate | null;
  mandateHash: string;
  standing: Standing;
  /** Number of the newest change to this account, its sub-keys or its pairs. */
  stateEpoch: number;
  /** Before this time (exchange's, unix ms) nobody lifts what a rule did to a sub-key or pair. */
  coolsUntil: number;
  readonly frozenPairs: Map<Pair, string>;
  /** Totals as our postings say; null before the baseline. */
  balances: Map<Asset, bigint> | null;
  readonly baselineOrders: Set<string>;
  readonly foreignSeen: Set<string>;
  readonly trades: Map<Pair, KnownTrades>;
  /** Orders that can still change. */
  readonly unclosed: Map<string, KnownOrder>;
}

/** The two doors of the gate (decision 0004 and 0010). */
export type Door = 'intent' | 'dialect';

export interface GrantState extends Grant {
  alive: boolean;
  /** Where it was first used; null before. */
  door: Door | null;
  /** Why it may only cancel; '' when it may trade. */
  frozen: string;
  /** Sub-key epoch it was made in: its secret is derived with it. */
  readonly epoch: number;
}

interface Decision {
  readonly intent: PlacingIntent;
  readonly verdict: Verdict;
}

export interface SignerState {
  epoch: number;
  /** Newest time of the exchange's clock, unix ms; never falls. */
  time: number;
  /** Counts the changes of all conditions. */
  stateEpoch: number;
  /** Of the whole vault: accounts begin with it. */
  standing: Standing;
  readonly frozenPairs: Map<Pair, string>;
  /** Counts the kills: sub-keys of lower epochs are dead. */
  subKeyEpoch: number;
  eventSeq: number;
  readonly accounts: Map<AccountId, AccountState>;
  readonly grants: Map<SubKeyId, GrantState>;
  readonly decisions: Map<string, Decision>;
  readonly orders: Map<string, KnownOrder>;
  readonly byUpstreamId: Map<string, KnownOrder>;
  readonly byExchangeId: Map<string, KnownOrder>;
  /** Texts of accepted owner acts, as hashes: none counts twice. */
  readonly actsSeen: Set<string>;
  readonly owners: OwnersState;
  readonly audit: AuditState;
  readonly vaultRules: VaultRules;
  /** What the anomaly rules found while records were applied; the signer empties it and carries it out. */
  readonly findings: RuleFinding[];
  /** Newest last. */
  readonly verdicts: VerdictRecord[];
}

export const emptyState = (): SignerState => ({
  epoch: 0,
  time: 0,
  stateEpoch: 0,
  standing: activeStanding,
  frozenPairs: new Map(),
  subKeyEpoch: 1,
  eventSeq: 0,
  accounts: new Map(),
  grants: new Map(),
  decisions: new Map(),
  orders: new Map(),
  byUpstreamId: new Map(),
  byExchangeId: new Map(),
  actsSeen: new Set(),
  owners: emptyOwners(),
  audit: emptyAuditState(),
  vaultRules: createVaultRules(),
  findings: [],
  verdicts: [],
});

export const orderKey = (subKey: SubKeyId, clientOrderId: string): string => `${subKey}/${clientOrderId}`;
export const exchangeKey = (symbol: string, exchangeOrderId: string): string => `${symbol}/${exchangeOrderId}`;
export const hashText = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

export const newAccount = (state: SignerState, account: AccountId, publicKey: string): AccountState => ({
  account,
  publicKey,
  book: accountBook(account),
  rules: createRules(account, state.time),
  equityAt: 0,
  apiKey: null,
  mandate: null,
  mandateHash: '',
  standing: state.standing,
  stateEpoch: state.stateEpoch,
  coolsUntil: 0,
  frozenPairs: new Map(state.frozenPairs),
  balances: null,
  baselineOrders: new Set(),
  foreignSeen: new Set(),
  trades: new Map(),
  unclosed: new Map(),
});

export function tradesOf(account: AccountState, pair: Pair): KnownTrades {
  const known = account.trades.get(pair);
  if (known !== undefined) return known;
  const none: KnownTrades = { to: -1n, later: new Set() };
  account.trades.set(pair, none);
  return none;
}

/** @throws Error when the journal names an account it never made */
export function accountOf(state: SignerState, account: AccountId): AccountState {
  const found = state.accounts.get(account);
  if (found === undefined) throw new Error(`account ${account} is not known`);
  return found;
}

/** The other leg of an OCO; undefined for an order of its own. */
export const twinOf = (state: SignerState, order: KnownOrder): KnownOrder | undefined =>
  order.oco === null ? undefined : state.orders.get(order.oco.twin);

/** The live grant of a bot on an account: there is at most one. */
export const grantOf = (state: SignerState, account: AccountId, bot: BotId): GrantState | undefined =>
  [...state.grants.values()].find((it) => it.alive && it.bot === bot && it.account === account);
