/**
 * State of a signal bot of several pairs: a place for each pair, which is a whole one-pair bot that sees none of the others.
 *   V1  Quote is in `pool` and in the places with a position. A place without one holds quote only inside a step: it is lent an equal
 *       share of what the positions that may still open have, and gives back what no position keeps. Coins are those of their pair.
 *   V2  No more than `positionsAtOnce` places have a position, or an entry or orders for one.
 *   V3  Positions are numbered over all places.
 */
import { type Amount, type BotId, InvariantError, type Pair, quoteOf, type Wake, zero } from '@holdfast/domain';
import { held } from '../orders/sub-book.ts';
import type { Place } from '../several-pairs.ts';
import type { SignalState } from '../signal/state.ts';
import { positionsOf, type SeveralSignals } from './settings.ts';

export type SignalPlace = Place<SignalState>;

export interface SeveralSignalsState {
  readonly v: 1;
  readonly bot: BotId;
  readonly parts: Readonly<Record<Pair, SignalPlace>>;
  /** Quote. */
  readonly pool: Amount;
  /** Of the newest position. */
  readonly number: number;
}

export type SignalPairsState = SignalState | SeveralSignalsState;

export function placeOf({ parts }: Pick<SeveralSignalsState, 'parts'>, pair: Pair): SignalPlace {
  const place = parts[pair];
  if (place === undefined) throw new InvariantError(`V1: the bot has no place for ${pair}`);
  return place;
}

/** Whether nothing of a position is there or on its way. */
export const isIdle = ({ position, entry, exit, orders }: SignalState): boolean =>
  position === null && entry === null && exit === null && orders.length === 0;

export const openPairs = ({ parts }: SeveralSignalsState): readonly Pair[] =>
  (Object.keys(parts) as Pair[]).filter((pair) => !isIdle(placeOf({ parts }, pair).state));

/** V2: how many positions more may open. */
export const placesLeft = (settings: SeveralSignals, state: SeveralSignalsState): number =>
  Math.max(0, positionsOf(settings) - openPairs(state).length);

/** The state that a place is stepped or asked with, and what of its quote is lent (V1). */
export function seenBy(settings: SeveralSignals, state: SeveralSignalsState, pair: Pair) {
  const { state: own } = placeOf(state, pair);
  const left = placesLeft(settings, state);
  const lent = (isIdle(own) && left > 0 ? state.pool / BigInt(left) : 0n) as Amount;
  return { lent, seen: { ...own, number: state.number, book: withQuote(own, pair, (quote) => quote + lent) } };
}

/** The state after a place was stepped: where nothing is open there, its quote is the pool's again. */
export function kept(state: SeveralSignalsState, pair: Pair, lent: Amount, after: SignalState, wakes: readonly Wake[]) {
  const back = isIdle(after) ? held(after.book, quoteOf(pair)) : zero;
  const own: SignalState = { ...after, book: withQuote(after, pair, (quote) => quote - back) };
  return {
    ...state,
    parts: { ...state.parts, [pair]: { state: own, wakes } },
    pool: (state.pool - lent + back) as Amount,
    number: after.number,
  };
}

function withQuote({ book }: SignalState, pair: Pair, change: (quote: bigint) => bigint): SignalState['book'] {
  const quote = quoteOf(pair);
  return { ...book, [quote]: change(held(book, quote)) as Amount };
}
