/**
 * Who may trade at all. Rightwards (active, reduce-only, frozen, revoked) anybody may move an account, a sub-key or a pair;
 * leftwards only its owner's proof. Every change takes the next number of one counter, `stateEpoch`, and an owner names the
 * number he saw, so that an old signature lifts no newer freeze.
 *
 *   S8  Nothing that raises risk is signed for an account, sub-key or pair after the record that stops it.
 */
import type { AccountCondition, AccountId, Pair, RefusalCode, SubKeyId } from '@holdfast/domain';
import { onOwner, onUnfreeze } from '@holdfast/policy';
import { Refused } from './refused.ts';
import type { AccountState, GrantState, KnownOrder, SignerState } from './state.ts';

export interface Standing {
  readonly condition: AccountCondition;
  /** '' when active. */
  readonly reason: string;
  /** Who or what moved it: a peer, a sub-key, a rule. */
  readonly by: string;
  /** When a rule moved it: the exchange's time, unix ms. */
  readonly automaticAt: number | null;
}

export const activeStanding: Standing = { condition: 'active', reason: '', by: '', automaticAt: null };

/** One move rightwards. With `pair` or `subKey` only that is frozen, on `account` or (null) everywhere. */
export interface Restriction {
  readonly account: AccountId | null;
  readonly subKey: SubKeyId | null;
  readonly pair: Pair | null;
  readonly condition: Exclude<AccountCondition, 'active'>;
  readonly reason: string;
  readonly by: string;
  readonly automatic: boolean;
}

/** How long an automatic freeze of a real vault stays at least, in ms. */
export const coolDownMs = 15 * 60_000;
/** The rule after which an owner must say that he is back. */
export const dormantRule = 'rule R1';

const rank: Readonly<Record<AccountCondition, number>> = { active: 0, 'reduce-only': 1, frozen: 2, revoked: 3 };

/** Applies a restriction; entries that it stops are wanted gone. A weaker one than what is in force changes nothing. */
export function restrict(state: SignerState, to: Restriction): void {
  const accounts = to.account === null ? [...state.accounts.values()] : [state.accounts.get(to.account)!];
  state.stateEpoch += 1;
  if (to.pair !== null) restrictPair(state, accounts, to.pair, to);
  else if (to.subKey !== null) restrictSubKey(state, accounts[0]!, to.subKey, to);
  else {
    if (to.account === null) state.standing = moved(state.standing, to, state.time);
    for (const account of accounts) restrictAccount(state, account, to);
  }
}

function restrictAccount(state: SignerState, account: AccountState, to: Restriction): void {
  account.standing = moved(account.standing, to, state.time);
  account.stateEpoch = state.stateEpoch;
  dropEntries(account, () => true);
}

function restrictSubKey(state: SignerState, account: AccountState, subKey: SubKeyId, to: Restriction): void {
  const grant = state.grants.get(subKey);
  if (grant === undefined) return;
  grant.frozen = to.reason;
  if (to.automatic) account.coolsUntil = state.time + coolDownMs;
  account.stateEpoch = state.stateEpoch;
  dropEntries(account, (order) => order.subKey === subKey);
}

function restrictPair(state: SignerState, accounts: readonly AccountState[], pair: Pair, to: Restriction): void {
  if (to.account === null) state.frozenPairs.set(pair, to.reason);
  for (const account of accounts) {
    account.frozenPairs.set(pair, to.reason);
    if (to.automatic) account.coolsUntil = state.time + coolDownMs;
    account.stateEpoch = state.stateEpoch;
    dropEntries(account, (order) => order.intent.pair === pair);
  }
}

/** Whether a restriction would change nothing: all that it would stop is stopped as much. */
export function isInForce(state: SignerState, to: Restriction): boolean {
  if (to.subKey !== null) return state.grants.get(to.subKey)?.frozen !== '';
  const accounts = to.account === null ? [...state.accounts.values()] : [state.accounts.get(to.account)!];
  const { pair } = to;
  if (pair !== null) return accounts.every((it) => it.frozenPairs.has(pair));
  return accounts.every((it) => rank[it.standing.condition] >= rank[to.condition]);
}

/** A change of equal rank counts too: what was signed before it must not lift it. The time of a rule stays: freezing again shortens no cool-down. */
const moved = (from: Standing, to: Restriction, now: number): Standing =>
  rank[to.condition] < rank[from.condition]
    ? from
    : { condition: to.condition, reason: to.reason, by: to.by, automaticAt: to.automatic ? now : from.automaticAt };

/** Entries stop; protective stops and exits stay where they are. */
function dropEntries(account: AccountState, isMeant: (order: KnownOrder) => boolean): void {
  for (const order of account.unclosed.values()) if (order.isEntry && isMeant(order)) order.cancelWanted = true;
}

/** Why the owner may not lift these accounts now, or null. `stateEpoch` is the number the owner saw. */
export function unfreezeFault(
  state: SignerState,
  accounts: readonly AccountState[],
  stateEpoch: number,
  simulated: boolean,
): Refused | null {
  const newest = accounts.reduce((most, it) => Math.max(most, it.stateEpoch), 0);
  if (stateEpoch < newest || stateEpoch > state.stateEpoch)
    return new Refused('E_STATE', `the state has number ${newest} and the act names ${stateEpoch}; look at it again, then sign`);
  if (simulated) return null;
  for (const account of accounts) {
    const { automaticAt } = account.standing;
    const until = Math.max(account.coolsUntil, automaticAt === null ? 0 : automaticAt + coolDownMs);
    if (state.time < until)
      return new Refused(
        'E_STATE',
        `account ${account.account} was frozen by a rule; it may be lifted in ${Math.ceil((until - state.time) / 1000)} s`,
      );
  }
  return null;
}

/** Lifts everything that stops these accounts: their own condition and that of their sub-keys and pairs. */
export function applyUnfreeze(state: SignerState, accounts: readonly AccountState[]): void {
  state.stateEpoch += 1;
  for (const account of accounts) {
    account.standing = activeStanding;
    account.stateEpoch = state.stateEpoch;
    account.coolsUntil = 0;
    account.frozenPairs.clear();
    onUnfreeze(account.rules, account.book, state.time);
    for (const grant of state.grants.values()) if (grant.account === account.account) grant.frozen = '';
  }
  const all = [...state.accounts.values()];
  if (all.every((it) => it.standing.condition === 'active')) state.standing = activeStanding;
  for (const pair of state.frozenPairs.keys()) if (!all.some((it) => it.frozenPairs.has(pair))) state.frozenPairs.delete(pair);
}

/** A sign of life of the owner; lifts what the rule about dormant accounts did, and nothing else. */
export function applyRevive(state: SignerState, account: AccountState): void {
  onOwner(account.rules, state.time);
  if (account.standing.condition !== 'reduce-only' || account.standing.by !== dormantRule) return;
  state.stateEpoch += 1;
  account.standing = activeStanding;
  account.stateEpoch = state.stateEpoch;
}

export interface Stop {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  readonly reason: string;
}

export const stopped = (code: RefusalCode, reason: string): Stop => ({ kind: 'refused', code, reason });

/** What stops a new order, or null. An exit passes a reduce-only account. */
export function stopOf(
  account: AccountState,
  grant: GrantState,
  order: Pick<KnownOrder['intent'], 'pair'>,
  isExit: boolean,
): Stop | null {
  const { condition, reason } = account.standing;
  if (condition === 'revoked') return stopped('E_REVOKED', `account ${account.account} is revoked: ${reason}`);
  if (!grant.alive) return stopped('E_REVOKED', `the sub-key of bot ${grant.bot} is revoked`);
  if (condition === 'frozen') return stopped('E_FROZEN', `account ${account.account} is frozen: ${reason}`);
  if (condition === 'reduce-only' && !isExit)
    return stopped('E_FROZEN', `account ${account.account} may only sell what its sub-keys bought: ${reason}`);
  if (grant.frozen !== '') return stopped('E_FROZEN', `the sub-key of bot ${grant.bot} is frozen: ${grant.frozen}`);
  const pair = account.frozenPairs.get(order.pair);
  if (pair !== undefined && !isExit) return stopped('E_FROZEN', `${order.pair} is frozen: ${pair}`);
  return null;
}
