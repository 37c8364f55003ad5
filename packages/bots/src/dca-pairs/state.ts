/**
 * State of a DCA bot of several pairs, or of several deals on one: a place for each deal, which is a whole one-pair bot that sees
 * none of the others. A pair has as many places as it may have deals; those after the first are made when they are needed.
 *   M1  What the bot may give is `pool` (quote of long deals) or `coins` (base of short ones, by pair) and what its places hold. A
 *       place without a deal holds it only inside a step: it is lent its share, and gives back what no deal keeps.
 *   M2  No more than `dealsAtOnce` places have a deal, and no more than `dealsPerPair` of one pair.
 *   M3  Deals are numbered over all places, and so are those counted in a row.
 *   M4  Of a pair's places without a deal one at most waits to open one; its pause and its start are those of the pair.
 *   M5  Resting orders of a pair's places are together no more than the exchange's filters allow.
 */
import type { Amount, BotId, Pair } from '@holdfast/domain';
import type { DcaState } from '../dca/state.ts';
import type { Place as PlaceOf } from '../several-pairs.ts';

/** `BTC/USDT` for the first place of the pair, `BTC/USDT#2` for its second. */
export type PlaceName = string;

export type Place = PlaceOf<DcaState>;

/** Counters that the places share: each has them as they are when it is stepped. */
export type Shared = Pick<DcaState, 'dealNumber' | 'dealsInRow' | 'lossesInRow'>;

export interface SeveralState {
  readonly v: 1;
  readonly bot: BotId;
  readonly parts: Readonly<Record<PlaceName, Place>>;
  readonly pool: Amount;
  /** Absent in older states: a place without a deal then holds the coins of its pair. */
  readonly coins?: Readonly<Record<Pair, Amount>>;
  readonly shared: Shared;
  /** Pair whose deal opened last: those after it are asked first when a place becomes free. */
  readonly last: Pair | null;
  /** Pairs with open deals whose start conditions must cease to hold before they open another. */
  readonly mustCease?: readonly Pair[];
}

export type DcaPairsState = DcaState | SeveralState;
