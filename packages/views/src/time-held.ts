/** When a bot held coins. */
import { type Amount, type Asset, baseOf, type EpochMs, type Pair } from '@holdfast/domain';
import type { FillRecord } from './fill-record.ts';

/** `until` null while it lasts. */
export interface Span {
  readonly from: EpochMs;
  readonly until: EpochMs | null;
}

/**
 * The times at which at least a lot of the base of some pair was held, of what was given at `from` or bought since. `fills` oldest first;
 * pairs whose lot is not known count with any quantity.
 */
export function spansHeld(
  given: Iterable<{ readonly asset: Asset; readonly amount: Amount }>,
  lots: ReadonlyMap<Pair, Amount>,
  fills: readonly FillRecord[],
  from: EpochMs,
): readonly Span[] {
  const held = new Map<Asset, bigint>([...given].map(({ asset, amount }) => [asset, amount]));
  const least = new Map<Asset, Amount>([...lots].map(([pair, lot]) => [baseOf(pair), lot]));
  for (const { pair } of fills) if (!least.has(baseOf(pair))) least.set(baseOf(pair), 1n as Amount);
  const holds = (): boolean => [...least].some(([base, lot]) => (held.get(base) ?? 0n) >= lot);
  const spans: Span[] = [];
  let since = holds() ? from : null;
  for (const { pair, side, quantity, fee, feeAsset, at } of fills) {
    const base = baseOf(pair);
    const change = (side === 'buy' ? quantity : -quantity) - (feeAsset === base ? fee : 0n);
    held.set(base, (held.get(base) ?? 0n) + change);
    if (holds()) since ??= at;
    else if (since !== null) {
      spans.push({ from: since, until: at });
      since = null;
    }
  }
  return since === null ? spans : [...spans, { from: since, until: null }];
}
