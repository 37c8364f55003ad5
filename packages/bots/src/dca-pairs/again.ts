/**
 * When the start conditions of a pair that has a deal open may open another: they must cease to hold first, or the signal that they
 * name must come again. Where a step between deals is set, the price decides instead.
 */
import type { BotEvent, BotId, Pair, Wake } from '@holdfast/domain';
import { conditionText, readCondition } from '@holdfast/indicators';
import type { DcaSettings } from '../dca/settings.ts';
import { scoped, waitsFor } from '../dca/signals.ts';
import { partOf } from '../several-pairs.ts';
import { openOf } from './places.ts';
import type { SeveralPairs } from './settings.ts';
import type { SeveralState } from './state.ts';

const mustCease = ({ dealsPerPair, dealStep }: SeveralPairs, { start }: DcaSettings): boolean =>
  dealsPerPair > 1 && dealStep === 0n && start === 'conditions';

/** The state once a deal of a pair has opened or ended. */
export function followed(settings: SeveralPairs, state: SeveralState, own: DcaSettings, opened: boolean): SeveralState {
  const { pair } = own;
  if (opened && mustCease(settings, own) && !state.mustCease?.includes(pair))
    return { ...state, mustCease: [...(state.mustCease ?? []), pair] };
  return openOf(state, pair).length === 0 ? again(state, pair) : state;
}

/** Its conditions may open a deal again. */
const again = (state: SeveralState, pair: Pair): SeveralState =>
  state.mustCease?.includes(pair) ? { ...state, mustCease: state.mustCease.filter((each) => each !== pair) } : state;

/** Fires when the start conditions of the pair do not hold as one of their candles closes. */
function ceased({ pair, startCondition }: DcaSettings, bot: BotId): Wake | null {
  if (startCondition === null) return null;
  const not = conditionText({ kind: 'not', of: readCondition(startCondition) });
  return { kind: 'condition', pair, condition: scoped(not, bot) };
}

export const ceaseWakes = (settings: SeveralPairs, { bot, mustCease: pairs = [] }: SeveralState): readonly Wake[] =>
  pairs.flatMap((pair) => {
    const own = partOf(settings, pair);
    return own === undefined ? [] : (ceased(own, bot) ?? []);
  });

/** The state when an event says that conditions have ceased to hold, or that their signal came anew; the same state for any other. */
export function withCeased(settings: SeveralPairs, state: SeveralState, event: BotEvent): SeveralState {
  const pairs = (state.mustCease ?? []).filter((pair) => says(partOf(settings, pair), state.bot, event));
  return pairs.reduce(again, state);
}

function says(own: DcaSettings | undefined, bot: BotId, event: BotEvent): boolean {
  if (own === undefined) return false;
  if (event.kind === 'signal') {
    const { ask } = event.signal;
    const isOfPair = event.pair === undefined || event.pair === own.pair;
    return isOfPair && ask.kind === 'condition' && waitsFor(own.startCondition, ask.name);
  }
  if (event.kind !== 'woken' || event.wake.kind !== 'condition' || event.wake.pair !== own.pair) return false;
  const wake = ceased(own, bot);
  return wake?.kind === 'condition' && wake.condition === event.wake.condition;
}
