/**
 * A stop that was refused several times is watched. What was in its way, such as another bot's order or a full list of stops, may
 * have gone meanwhile: after a wait, longer with each time, it is asked for once more.
 */
import { type EpochMs, utcText } from '@holdfast/domain';
import { askAgainAt } from '../dca/refusals.ts';

/** So often in a row a stop may be refused before it is watched instead. */
export const stopTriesMost = 3;

/** Plain data of a bot's state. */
export interface GivenUp {
  /** From then on it is asked for once more. */
  readonly until: EpochMs;
  readonly times: number;
}

/** @param before of the time before, so that one more refusal is enough */
export function givenUp(before: GivenUp | null | undefined, at: EpochMs): GivenUp {
  const times = before?.times ?? 0;
  return { until: askAgainAt('later', at, stopTriesMost - 1 + times, 0), times: times + 1 };
}

export const isAskedAgain = (stop: GivenUp | null | undefined, at: EpochMs): boolean =>
  stop !== null && stop !== undefined && at >= stop.until;

/** What is said after the reason why such a stop does not rest. */
export const givenUpText = (stop: GivenUp | null | undefined): string =>
  stop === null || stop === undefined ? '' : `; asked for again from ${utcText(stop.until)}`;
