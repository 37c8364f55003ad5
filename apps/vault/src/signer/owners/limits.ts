/** What the owner's side takes off the limits of a mandate: probation, a key without addresses, a key that is too old. */
import type { AccountId } from '@holdfast/domain';
import type { AccountState, SignerState } from '../state.ts';
import { hourMs, type KeyState, type OwnedAccount } from './state.ts';

export const dayMs = 24 * hourMs;
export const probationMs = dayMs;
export const warnAgeMs = 60 * dayMs;
export const stopAgeMs = 90 * dayMs;
/** A check of the key's permissions that is older than this stops new risk: nobody knows any more what the key may do. */
export const checkAgeMsMax = 72 * hourMs;

const whole = 10_000;
const probationBps = 1_000;
const unprotectedBps = 5_000;

/** Basis points that turnover, burn and caps of the mandate are multiplied with. `now`: operating system's clock, unix ms. */
export function scaleOf(state: SignerState, account: AccountId, now: number, simulated: boolean): number {
  const owned = state.owners.accounts.get(account);
  if (owned === undefined) return 0;
  const bound = owned.key?.ipRestricted === true ? whole : unprotectedBps;
  return onProbation(owned, now, simulated) ? (bound * probationBps) / whole : bound;
}

/** The first 24 h of a real account's first mandate. */
export const onProbation = ({ firstMandateAt }: OwnedAccount, now: number, simulated: boolean): boolean =>
  !simulated && firstMandateAt !== null && now < firstMandateAt + probationMs;

export const ageOf = ({ bornAt }: KeyState, now: number): 'fresh' | 'old' | 'too-old' =>
  now - bornAt >= stopAgeMs ? 'too-old' : now - bornAt >= warnAgeMs ? 'old' : 'fresh';

export interface RiskFault {
  readonly code: 'E_PERM';
  readonly reason: string;
}

/** Why the key may take no new risk, or null. Exits and cancels go on. */
export function newRiskFault(state: SignerState, account: AccountId, now: number): RiskFault | null {
  const key = state.owners.accounts.get(account)?.key;
  if (key === null || key === undefined) return null;
  if (ageOf(key, now) === 'too-old')
    return {
      code: 'E_PERM',
      reason: `the exchange key of account ${account} is ${Math.floor((now - key.bornAt) / dayMs)} days old, the most is 90; rotate it (exits and cancels go on)`,
    };
  if (now - key.checkedAt > checkAgeMsMax)
    return {
      code: 'E_PERM',
      reason: `the exchange has not said for ${Math.floor((now - key.checkedAt) / hourMs)} h what the key of account ${account} may do; new risk waits for its answer`,
    };
  return null;
}

/** Nothing may widen an account that somebody stopped. */
export const conditionIsStopped = ({ standing }: AccountState): boolean =>
  standing.condition === 'frozen' || standing.condition === 'revoked';
