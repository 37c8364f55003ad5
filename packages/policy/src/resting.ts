/** Resting entries that would not be approved again. The signer looks at each reference price and cancels them; exits and stops stay. */
import { formatAmount, type Mandate, type Pair, type RefusalCode } from '@holdfast/domain';
import type { AccountBook, OpenOrder } from './book.ts';
import type { ReferencePrice } from './case.ts';
import { referenceFault } from './judge.ts';
import { bandEdges } from './limits.ts';

export interface RestingFault {
  /** As given to `holdOrder`. */
  readonly key: string;
  readonly code: RefusalCode;
  readonly reason: string;
}

/**
 * Entries to cancel: outside the band of the newest reference price, or no longer allowed by the mandate. Without a
 * reference price that counts, the band decides nothing. `only`: looks at one pair.
 */
export function restingFaults(
  book: AccountBook,
  mandate: Mandate | null,
  references: (pair: Pair) => ReferencePrice | undefined,
  now: number,
  only?: Pair,
): readonly RestingFault[] {
  const faults: RestingFault[] = [];
  for (const [key, order] of book.open) {
    if (order.turnover === 0n || (only !== undefined && order.pair !== only)) continue;
    const fault = entryFault(order, mandate, references, now);
    if (fault !== null) faults.push({ key, ...fault });
  }
  return faults;
}

function entryFault(
  order: OpenOrder,
  mandate: Mandate | null,
  references: (pair: Pair) => ReferencePrice | undefined,
  now: number,
): Omit<RestingFault, 'key'> | null {
  const { pair, side, limit } = order;
  if (mandate === null || now > mandate.exp) return { code: 'E_MANDATE_EXP', reason: `no mandate for ${pair} is in force` };
  const rules = mandate.pairs.find((it) => it.pair === pair);
  if (rules === undefined) return { code: 'E_SYMBOL', reason: `${pair} is no longer in the mandate` };
  if (!rules.sides.includes(side)) return { code: 'E_TYPE', reason: `the mandate no longer allows to ${side} ${pair}` };
  if (limit < rules.floor || limit > rules.ceiling)
    return { code: 'E_CORRIDOR', reason: `${pair} at ${formatAmount(limit)} is outside the corridor` };
  const reference = references(pair);
  if (reference === undefined || referenceFault(rules, reference) !== null) return null;
  const { highest, lowest } = bandEdges(rules.bandBps, reference.price);
  if (side === 'buy' ? limit <= highest : limit >= lowest) return null;
  const edge = formatAmount(side === 'buy' ? highest : lowest);
  return { code: 'E_BAND', reason: `${side} ${pair} at ${formatAmount(limit)} is now beyond ${edge}, the edge of the band` };
}
