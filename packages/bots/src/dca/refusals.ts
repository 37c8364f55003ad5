/** How long a refused order waits, by the vault's reason. */
import { type EpochMs, type GuardCode, type RefusalCode, temporaryRefusals } from '@holdfast/domain';
import { backoff } from './arithmetic.ts';

/** `soon`: the same may be asked in seconds. `later`: a limit, a price or a person has to change. `never`: not in this shape. */
export type Patience = 'soon' | 'later' | 'never';

/** Limits that free themselves with time, prices that come back, and states that a person ends. */
const changing: ReadonlySet<string> = new Set<RefusalCode | GuardCode>([
  'E_TURNOVER',
  'E_BURN',
  'E_OPEN',
  'E_BAND',
  'E_CORRIDOR',
  'E_POS',
  'E_FROZEN',
  'E_CONNECT',
  'E_STATE',
  'E_MANDATE_EXP',
  'guard-black-list',
  'guard-exposure',
  'guard-deals',
  'guard-crash',
  'guard-daily-loss',
]);

/** A used id is no matter of the order: the next one has another id. */
export function patience(code: RefusalCode | GuardCode): Patience {
  if (temporaryRefusals.has(code as RefusalCode) || code === 'E_DUPLICATE') return 'soon';
  return changing.has(code) ? 'later' : 'never';
}

const soonMost = 60_000;
const laterFirst = 60_000;
const laterMost = 900_000;

/** When to ask again, rising with each try. */
export function askAgainAt(how: Patience, at: EpochMs, tries: number, retryMs: number): EpochMs {
  return how === 'soon' ? backoff(at, tries, retryMs, Math.max(soonMost, retryMs)) : backoff(at, tries, laterFirst, laterMost);
}
