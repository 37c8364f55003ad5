/**
 * What may be written down of requests that change nothing. The journal is never cut and is read whole at every start: without
 * a bound, whoever holds a sub-key would fill the disk with refusals until the vault starts no more.
 */
import type { AccountId } from '@holdfast/domain';
import type { ClockPort } from '../link.ts';

/** Far more than an honest day has; beyond it a refusal is answered as ever, and neither recorded nor remembered. */
const most = 5_000;
const perMinute = 20;

export interface Allowance {
  /** Whether one more record of the account may be written; it counts then. */
  take(account: AccountId): boolean;
}

/** A bucket for each account, by the operating system's clock. `onEmpty` hears that one is used up, once an hour. */
export function createAllowance(clock: Pick<ClockPort, 'now'>, onEmpty: (account: AccountId) => void): Allowance {
  const buckets = new Map<AccountId, { left: number; at: number; saidAt: number }>();
  return {
    take: (account) => {
      const now = clock.now();
      const bucket = buckets.get(account) ?? { left: most, at: now, saidAt: Number.NEGATIVE_INFINITY };
      buckets.set(account, bucket);
      bucket.left = Math.min(most, bucket.left + (Math.max(now - bucket.at, 0) * perMinute) / 60_000);
      bucket.at = now;
      if (bucket.left >= 1) {
        bucket.left -= 1;
        return true;
      }
      if (Math.abs(now - bucket.saidAt) >= 3_600_000) {
        bucket.saidAt = now;
        onEmpty(account);
      }
      return false;
    },
  };
}
