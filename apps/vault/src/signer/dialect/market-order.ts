/**
 * A market order as the vault knows it: an `ioc` whose limit is the edge of the mandate's band, so that it gives away no
 * more than the owner allowed whatever the book holds. A size in quote becomes base that cannot cost more than was asked.
 */
import { type Amount, divide, type MandatePair, ratio, roundTo, type Side } from '@holdfast/domain';
import { DialectError, refusalError } from './dialect-error.ts';
import type { MarketRequest } from './order-request.ts';

/** Steps that the exchange trades the pair in (PRICE_FILTER, LOT_SIZE). */
export interface Steps {
  readonly tick: Amount;
  readonly lot: Amount;
}

/** Worst price inside band and corridor, on a tick. */
export function bandEdge(rules: MandatePair, reference: bigint, side: Side, { tick }: Steps): Amount {
  const band = BigInt(rules.bandBps);
  if (side === 'buy') {
    const highest = divide(reference * (10_000n + band), 10_000n, 'down');
    return roundTo(highest < rules.ceiling ? highest : rules.ceiling, tick, 'down');
  }
  const lowest = divide(reference * (10_000n - band), 10_000n, 'up');
  return roundTo(lowest > rules.floor ? lowest : rules.floor, tick, 'up');
}

/** @throws DialectError when the size is less than the smallest step */
export function marketTerms(
  request: MarketRequest,
  rules: MandatePair,
  reference: bigint,
  steps: Steps,
): { readonly quantity: Amount; readonly limit: Amount } {
  const limit = bandEdge(rules, reference, request.side, steps);
  if (limit <= 0n) throw refusalError('E_CORRIDOR', `no price of ${rules.pair} lies in band and corridor`);
  if (request.quantity !== null) return { quantity: request.quantity, limit };
  // A buy never pays more than its limit; what a sell brings is taken at the reference, as its limit lies below.
  const at = request.side === 'buy' || reference < limit ? limit : reference;
  const quantity = roundTo(ratio(request.quoteQuantity ?? 0n, at, 'down'), steps.lot, 'down');
  if (quantity === 0n) throw new DialectError(400, -1013, 'Filter failure: LOT_SIZE');
  return { quantity, limit };
}
