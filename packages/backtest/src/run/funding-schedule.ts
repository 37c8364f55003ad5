/** When funding is due in a run, and at which rate: as stored, and assumed where nothing is stored. */
import type { EpochMs, Pair } from '@holdfast/domain';
import { dueAt, type FundingRates } from '../data/funding.ts';

const intervalMs = 8 * 3_600_000;

export interface FundingDue {
  readonly at: EpochMs;
  readonly pair: Pair;
  /** Share of the position's value that longs pay shorts, in 10^-18. */
  readonly rate: bigint;
  readonly isAssumed: boolean;
}

/**
 * Of one pair, oldest first, `from` and `to` included. Binance, Bybit and OKX pay at 00:00, 08:00 and 16:00 UTC where they do so
 * every eight hours: such a time counts as assumed where no stored payment is nearer than eight hours.
 */
export function fundingOf(
  pair: Pair,
  stored: FundingRates | undefined,
  assumed: bigint,
  { from, to }: { readonly from: number; readonly to: number },
): readonly FundingDue[] {
  const known = Array.from({ length: stored?.rows ?? 0 }, (_, row) => ({
    at: dueAt(stored!.times[row]!),
    rate: stored!.rates[row]!,
  }));
  const dues: FundingDue[] = known
    .filter(({ at }) => at >= from && at <= to)
    .map(({ at, rate }) => ({ at: at as EpochMs, pair, rate, isAssumed: false }));
  let next = 0;
  for (let at = Math.ceil(from / intervalMs) * intervalMs; at <= to; at += intervalMs) {
    while (next < known.length && known[next]!.at <= at - intervalMs) next++;
    const nearest = known[next];
    if (nearest === undefined || nearest.at >= at + intervalMs)
      dues.push({ at: at as EpochMs, pair, rate: assumed, isAssumed: true });
  }
  return dues.sort((a, b) => a.at - b.at);
}
