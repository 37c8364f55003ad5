/**
 * What a strategy's trade asks of the position (docs/bots/signal.md, the table). Pure; sizes are the strategy's own contracts.
 *   P1  The side, the position before and the position now must agree, else nothing is done.
 */
import { type Amount, type Direction, formatAmount, type SignalAsk, zero } from '@holdfast/domain';

export type Decision =
  | { readonly kind: 'enter'; readonly direction: Direction; readonly contracts: Amount }
  | { readonly kind: 'add'; readonly direction: Direction; readonly contracts: Amount }
  /** `contracts` of `of` are to go. */
  | { readonly kind: 'reduce'; readonly direction: Direction; readonly contracts: Amount; readonly of: Amount }
  | { readonly kind: 'close'; readonly direction: Direction }
  /** Closes `direction` and enters the other one with `contracts`. */
  | { readonly kind: 'reverse'; readonly direction: Direction; readonly contracts: Amount }
  | { readonly kind: 'contradiction'; readonly reason: string };

type Position = Extract<SignalAsk, { readonly kind: 'position' }>;

const opening = { long: 'buy', short: 'sell' } as const;

export function decide({ side, before, beforeSize, now, nowSize, order }: Position): Decision {
  const contradiction = (what: string): Decision => ({
    kind: 'contradiction',
    reason: `the message says ${side} from ${before} ${formatAmount(beforeSize)} to ${now} ${formatAmount(nowSize)}: ${what}`,
  });
  if ((before === 'flat') !== (beforeSize === 0n) || (now === 'flat') !== (nowSize === 0n))
    return contradiction('a flat position has size 0 and no other has');
  if (before === 'flat') {
    if (now === 'flat') return contradiction('nothing was traded');
    // The order of an entry is the whole position; where it is scaled it is of another currency anyway.
    return side === opening[now]
      ? { kind: 'enter', direction: now, contracts: order.amount }
      : contradiction('the side is the other one');
  }
  if (now === 'flat')
    return side === opening[before] ? contradiction('the side is the other one') : { kind: 'close', direction: before };
  if (now !== before)
    return side === opening[now]
      ? { kind: 'reverse', direction: before, contracts: nowSize }
      : contradiction('the side is the other one');
  const change = (nowSize - beforeSize) as Amount;
  if (change === zero) return contradiction('the size did not change');
  const grows = change > 0n;
  if ((side === opening[now]) !== grows) return contradiction('the side is the other one');
  return grows
    ? { kind: 'add', direction: now, contracts: change }
    : { kind: 'reduce', direction: now, contracts: -change as Amount, of: beforeSize };
}

export const other = (direction: Direction): Direction => (direction === 'long' ? 'short' : 'long');
