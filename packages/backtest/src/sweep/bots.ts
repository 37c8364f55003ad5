/** The bots that the best of a sweep makes, as `bot create` and `POST /api/bots` take them. */
import { AskError } from '../report/ask-error.ts';
import { mustBeSpot } from '../report/must-be-spot.ts';
import type { SweepDocument } from './document.ts';
import { SweepError } from './sweep-error.ts';

export interface BotOfSweep {
  readonly kind: string;
  readonly pair?: string;
  readonly pairs?: string[];
  readonly name?: string;
  readonly settings: Record<string, unknown>;
  readonly funds?: Record<string, string>;
  readonly start: true;
}

/**
 * One bot, or one for each named pair (all when none is named) where each pair had a bot of its own.
 * @throws SweepError `sweep-without-best`; AskError for a pair that is not of the sweep, `backtest-perpetual`
 */
export function botsOf(
  { best, groups, kind, id, pairs: all, asked }: SweepDocument,
  name: string | undefined,
  pairs: readonly string[],
): readonly BotOfSweep[] {
  if (best === null)
    throw new SweepError(
      'sweep-without-best',
      `sweep ${id} found no settings that met what is required, so no bot can be made of it`,
    );
  const unknown = pairs.find((pair) => !all.includes(pair));
  if (unknown !== undefined)
    throw new AskError('backtest-value-malformed', `${unknown} is not of sweep ${id}; it has ${all.join(', ')}`, 'pairs');
  const chosen = pairs.length === 0 ? groups : groups.filter((group) => group.some((pair) => pairs.includes(pair)));
  const { funds, assumptions } = asked.ask;
  mustBeSpot(assumptions);
  return chosen.map((group) => ({
    kind,
    ...(group.length === 1 ? { pair: group[0] as string } : { pairs: [...group] }),
    ...(name === undefined ? {} : { name: chosen.length === 1 ? name : `${name} ${group.join(' ')}` }),
    settings: best.settings as Record<string, unknown>,
    ...(funds === null ? {} : { funds: { ...funds } }),
    start: true,
  }));
}
