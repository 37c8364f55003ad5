/**
 * What may be written down of requests that change little. The journal is never cut and is read whole at every start: without
 * a bound, whoever holds a key of the door would fill the disk until the vault starts no more, and bury what an owner is to
 * read under notices.
 */
import type { ClockPort } from '../link.ts';

export interface Allowance {
  /** Whether one more may be written; it counts then. */
  take(of: string): boolean;
}

export interface AllowanceTerms {
  readonly most: number;
  readonly perMinute: number;
  /** Hears that one is used up, at most once an hour. */
  readonly onEmpty?: (of: string) => void;
}

const hourMs = 3_600_000;

/** A bucket for each name, by the operating system's clock. Names are the caller's own, so there are few. */
export function createAllowance(clock: Pick<ClockPort, 'now'>, { most, perMinute, onEmpty }: AllowanceTerms): Allowance {
  const buckets = new Map<string, { left: number; at: number; saidAt: number }>();
  return {
    take: (of) => {
      const now = clock.now();
      const bucket = buckets.get(of) ?? { left: most, at: now, saidAt: Number.NEGATIVE_INFINITY };
      buckets.set(of, bucket);
      bucket.left = Math.min(most, bucket.left + (Math.max(now - bucket.at, 0) * perMinute) / 60_000);
      bucket.at = now;
      if (bucket.left >= 1) {
        bucket.left -= 1;
        return true;
      }
      if (Math.abs(now - bucket.saidAt) >= hourMs) {
        bucket.saidAt = now;
        onEmpty?.(of);
      }
      return false;
    },
  };
}
