/**
 * What a fill gave away is known for certain only when the reference price after it is heard: a thief trades while the vault
 * does not know yet that the market has jumped. So a fill counts at the larger of its burn at the reference heard before it
 * and at those heard after it (custody 3.6: burn at the fill-time reference).
 *
 *   C1  Until a reference after it was heard, a filled entry goes on counting as open: whatever is filled within one jump
 *       that was not heard, together with what still rests, never passes O.
 *   C2  After that its burn is spent. Where the jump took more than the budget, no entry is approved any more; so B is
 *       passed by one jump through O at most, however many there were before it.
 *   C3  A fill that is heard of long after it happened is not measured against a price of much later.
 *
 * References count until 5 s after the fill: by then no source of the median can be older than it.
 */
import { multiply, type Pair, type PlaceOrder, type Side } from '@holdfast/domain';
import { type AccountBook, ownPair, type RecentFill } from './book.ts';
import { addTo } from './window.ts';

/** As old as a source of the reference price may be, in ms. */
const recountMs = 5000;
/** From this age on nobody knows what the reference price was at the fill, in ms: the vault or its sources stood still. */
export const recountAgeMsMax = 10 * 60_000;

/** What a trade gives away against a reference price, in quote. */
export function givenAway(
  side: Side,
  { price, quantity }: { readonly price: bigint; readonly quantity: bigint },
  reference: bigint,
): bigint {
  const adverse = side === 'buy' ? price - reference : reference - price;
  return adverse > 0n ? multiply(quantity, adverse, 'up') : 0n;
}

/** When, on the exchange's clock; without it nobody knows, and the fill is never counted again. */
export interface FillTime {
  readonly at?: number;
}

/** Keeps a fill that was counted against `reference` until the next one is heard. */
export function rememberFill(
  book: AccountBook,
  { pair, side }: Pick<PlaceOrder, 'pair' | 'side'>,
  { price, at }: FillTime & { readonly price: bigint },
  { reference, gain, ...counted }: Pick<RecentFill, 'quantity' | 'entry' | 'gain'> & { readonly reference: bigint | undefined },
  now: number,
): void {
  const kept = book.recent.filter((it) => isWaiting(it, now));
  book.recent.splice(0, book.recent.length, ...kept);
  const { quantity } = counted;
  if (at === undefined || quantity === 0n) return;
  const given = reference === undefined ? 0n : givenAway(side, { price, quantity }, reference);
  book.recent.push({ pair, side, price, ...counted, at, given, gain: gain > 0n ? gain : 0n, heard: false });
}

const isWaiting = (fill: RecentFill, now: number): boolean => now <= fill.at + (fill.heard ? recountMs : recountAgeMsMax);
const countsAt = (fill: RecentFill, now: number): boolean => now >= fill.at && isWaiting(fill, now);

const givenBeyondGain = (fill: RecentFill, reference: bigint): bigint => givenAway(fill.side, fill, reference) - fill.gain;

/** Quote of filled entries that no reference price was heard after (C1). */
export const unheardQuote = (book: AccountBook, now: number): bigint =>
  book.recent.reduce((sum, it) => (!it.heard && isWaiting(it, now) ? sum + it.entry : sum), 0n);

/** Whether a reference price heard at `now` has anything to say about the recent fills of a pair. */
export const isRecountDue = (book: AccountBook, pair: Pair, reference: bigint, now: number): boolean =>
  book.recent.some((it) => it.pair === pair && countsAt(it, now) && (!it.heard || givenBeyondGain(it, reference) > it.given));

/** Counts the recent fills of a pair again at a reference price heard at `now`; answers the burn that it added. */
export function recountFills(book: AccountBook, pair: Pair, reference: bigint, now: number): bigint {
  let more = 0n;
  for (const fill of book.recent) {
    if (fill.pair !== pair || !countsAt(fill, now)) continue;
    fill.heard = true;
    const given = givenBeyondGain(fill, reference);
    if (given <= fill.given) continue;
    more += given - fill.given;
    fill.given = given;
  }
  addTo(book.burn, now, more);
  addTo(book.burn7d, now, more);
  addTo(ownPair(book, pair).burn, now, more);
  return more;
}
