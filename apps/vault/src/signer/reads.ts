/** What peers may read. Everything here is for people and for comparing books; no secret is among it. */
import {
  type Amount,
  type Asset,
  baseOf,
  type DoorRead,
  type EpochMs,
  type Grant,
  type LossShown,
  type Mandate,
  multiply,
  type Pair,
  quoteOf,
  type VaultAccount,
  type VaultStatus,
  type VaultStop,
  type VaultUse,
} from '@holdfast/domain';
import {
  burnUsed,
  openQuoteUsed,
  ordersLastDay,
  ordersLastMinute,
  pairUsed,
  positionOf,
  type ReferencePrice,
  stopsUsed,
  turnoverUsed,
  weekBurnUsed,
  worstLoss,
} from '@holdfast/policy';
import type { ProcessFrame } from '../frames/frames.ts';
import type { SignerConfig } from './context.ts';
import type { AccountLink } from './link.ts';
import { ownedFacts } from './owners/facts.ts';
import { scaleOf } from './owners/limits.ts';
import type { AccountState, GrantState, KnownOrder, SignerState } from './state.ts';

/** A reference price as it was heard: `at` by the exchange's clock, `heardAt` by the machine's. */
export interface Reference {
  readonly price: Amount;
  readonly sources: number;
  readonly at: number;
  readonly heardAt: number;
}

export interface ReadContext {
  readonly state: SignerState;
  readonly config: Pick<SignerConfig, 'vaultId' | 'simulated' | 'unsealedBy' | 'protections' | 'portalOrigin'>;
  /** Operating system's clock, unix ms. */
  readonly now: number;
  readonly reference: ReadonlyMap<Pair, Reference>;
  readonly referenceOf: (pair: Pair) => ReferencePrice | undefined;
  readonly links: ReadonlyMap<string, AccountLink>;
  readonly processes: readonly ProcessFrame[];
  readonly position: () => { readonly seq: number; readonly head: string };
}

/** Total, and what of it open orders of ours lock. */
export interface BalanceRead {
  readonly asset: Asset;
  readonly total: Amount;
  readonly locked: Amount;
}

export interface OpenOrderRead {
  readonly subKey: string;
  readonly clientOrderId: string;
  readonly exchangeOrderId: string | null;
  readonly pair: Pair;
  readonly side: 'buy' | 'sell';
  readonly quantity: Amount;
  readonly limit: Amount;
  readonly filled: Amount;
  readonly phase: string;
  readonly at: EpochMs;
}

/** The answer of a read, or null when its account is not known. */
export function answerRead(read: DoorRead, context: ReadContext): unknown {
  switch (read.kind) {
    case 'status':
      return vaultStatus(context);
    case 'verdicts':
      return { verdicts: context.state.verdicts.slice(-Math.min(read.limit, 1000)).reverse().slice(0, read.limit) };
    case 'balances': {
      const account = context.state.accounts.get(read.account);
      return account === undefined ? null : { balances: balances(account) };
    }
    case 'open-orders': {
      const account = context.state.accounts.get(read.account);
      return account === undefined ? null : { orders: [...account.unclosed.values()].map(openOrder) };
    }
  }
}

export function vaultStatus(context: ReadContext): VaultStatus {
  const { state, config, reference } = context;
  return {
    simulated: config.simulated,
    vaultId: config.vaultId,
    stateEpoch: state.stateEpoch,
    ...stateOf(context),
    reference: [...reference.keys()].map((pair) => {
      const { price, sources, ageMs } = context.referenceOf(pair)!;
      return { pair, price, sources, ageMs };
    }),
    accounts: [...state.accounts.values()].map((account) => accountStatus(account, context)),
    journal: context.position(),
    unsealedBy: config.unsealedBy ?? '',
    protections: config.protections ?? [],
    portalOrigin: config.portalOrigin,
    processes: context.processes,
  };
}

function stateOf({ state, links }: ReadContext): Pick<VaultStatus, 'state' | 'reason'> {
  const { condition, reason } = state.standing;
  if (condition !== 'active') return { state: 'frozen', reason: `${condition}: ${reason}` };
  for (const [account, link] of links) {
    if (link.phase() === 'live') continue;
    const reason = link.phase() === 'denied' ? 'the exchange refuses its key' : 'it is being compared with the exchange';
    return { state: 'reconcile', reason: `account ${account}: ${reason}` };
  }
  return { state: 'open', reason: null };
}

function accountStatus(account: AccountState, { state, config, links, now }: ReadContext): VaultAccount {
  const grants = [...state.grants.values()].filter((it) => it.account === account.account);
  return {
    account: account.account,
    ...ownedFacts(state, account.account, now),
    condition: account.standing.condition,
    reason: account.standing.reason,
    stateEpoch: account.stateEpoch,
    frozen: account.standing.condition === 'frozen' || account.standing.condition === 'revoked',
    publicKey: account.publicKey === '' ? null : account.publicKey,
    connected: links.get(account.account)?.phase() === 'live',
    mandate: account.mandate,
    used: usedOf(account, grants, state.time),
    scaleBps: scaleOf(state, account.account, now, config.simulated),
    worstLoss: account.mandate === null ? null : lossOf(account.mandate),
    stopped: stopsOf(account, grants),
    grants: shownOf(grants).map(shownGrant),
  };
}

/** `now`: the exchange's time, unix ms. */
function usedOf({ book, mandate, unclosed }: AccountState, grants: readonly GrantState[], now: number): VaultUse {
  const pairs = new Set([...(mandate?.pairs.map(({ pair }) => pair) ?? []), ...book.pairs.keys()]);
  return {
    turnover: turnoverUsed(book, now),
    burn: burnUsed(book, now),
    burn7d: weekBurnUsed(book, now),
    stopBudget: stopsUsed(book, now),
    openQuote: openQuoteUsed(book),
    openOrders: unclosed.size,
    ordersLastMinute: ordersLastMinute(book, now),
    ordersLastDay: ordersLastDay(book, now),
    pairs: [...pairs].map((pair) => {
      const { turnover, cost } = pairUsed(book, pair, now);
      const held = grants.reduce((sum, { subKey }) => sum + positionOf(book, subKey, pair).base, 0n);
      return { pair, turnover: turnover as Amount, cost: cost as Amount, held: held as Amount };
    }),
  };
}

function lossOf(mandate: Mandate): LossShown {
  const { theft24h, forged24h, market24h, formula, forgedFormula } = worstLoss(mandate);
  return { theft24h, forged24h, market24h, formula, forgedFormula };
}

function stopsOf({ account, standing, frozenPairs }: AccountState, grants: readonly GrantState[]): readonly VaultStop[] {
  const { condition, reason, by } = standing;
  return [
    ...(condition === 'active' ? [] : [{ what: 'account' as const, name: account, reason, by }]),
    ...[...frozenPairs].map(([pair, why]) => ({ what: 'pair' as const, name: pair, reason: why, by: '' })),
    ...grants
      .filter(({ frozen }) => frozen !== '')
      .map(({ subKey, frozen }) => ({ what: 'sub-key' as const, name: subKey, reason: frozen, by: '' })),
  ];
}

/** All that live and the newest of the others: whoever may ask for sub-keys must not make the answer longer than is sent. */
function shownOf(grants: readonly GrantState[]): readonly GrantState[] {
  const ended = new Set(grants.filter(({ alive }) => !alive).slice(-endedShown));
  return grants.filter((it) => it.alive || ended.has(it));
}
const endedShown = 200;

const shownGrant = ({ epoch: _epoch, door: _door, frozen, ...grant }: GrantState): Grant => ({
  ...grant,
  alive: grant.alive && frozen === '',
});

function balances(account: AccountState): readonly BalanceRead[] {
  const locked = new Map<Asset, bigint>();
  for (const { intent, filled, oco } of account.unclosed.values()) {
    // Both legs of an OCO lock the same coins; of a buy the stop leg may take the most.
    if (oco !== null && intent.order === 'limit' && account.unclosed.has(oco.twin)) continue;
    const left = intent.quantity - filled;
    const [of, amount] =
      intent.side === 'buy' ? [quoteOf(intent.pair), multiply(left, intent.limit, 'up')] : [baseOf(intent.pair), left];
    locked.set(of, (locked.get(of) ?? 0n) + amount);
  }
  return [...(account.balances ?? new Map<Asset, bigint>())].map(([of, total]) => ({
    asset: of,
    total: total as Amount,
    locked: (locked.get(of) ?? 0n) as Amount,
  }));
}

const openOrder = (order: KnownOrder): OpenOrderRead => ({
  subKey: order.subKey,
  clientOrderId: order.intent.clientOrderId,
  exchangeOrderId: order.exchangeOrderId,
  pair: order.intent.pair,
  side: order.intent.side,
  quantity: order.intent.quantity,
  limit: order.intent.limit,
  filled: order.filled as Amount,
  phase: order.phase,
  at: order.decidedOs as EpochMs,
});
