/**
 * State of a DCA bot of several pairs: a whole one-pair bot for each of them, none of which sees the others.
 *   M1  The quote of the bot is `pool` and what its parts hold. A part without a deal holds quote only inside a step: it is
 *       lent its share, and gives back what no deal keeps. (Short deals give coins, and each part has its own.)
 *   M2  No more than `dealsAtOnce` parts have a deal.
 *   M3  Deals are numbered over all parts, and so are those counted in a row.
 */
import type { Amount, BotId, Pair, Wake } from '@holdfast/domain';
import type { DcaState } from '../dca/state.ts';

export interface Part {
  readonly state: DcaState;
  /** What it asked to be called for at its last step. */
  readonly wakes: readonly Wake[];
}

/** Counters that the parts share: each has them as they are when it is stepped. */
export type Shared = Pick<DcaState, 'dealNumber' | 'dealsInRow' | 'lossesInRow'>;

export interface SeveralState {
  readonly v: 1;
  readonly bot: BotId;
  readonly parts: Readonly<Record<Pair, Part>>;
  readonly pool: Amount;
  readonly shared: Shared;
  /** Pair whose deal opened last: those after it are asked first when a place becomes free. */
  readonly last: Pair | null;
}

export type DcaPairsState = DcaState | SeveralState;
