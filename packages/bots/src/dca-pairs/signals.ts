/** Messages to a DCA bot of several deals: for the pair that they name, or for each pair that takes them. */
import type { BotEvent, Pair, SignalAnswer } from '@holdfast/domain';
import type { HeardSignal } from '../bot-kind.ts';
import { dca } from '../dca/dca.ts';
import { openerOf, openOf, placesOf, stateOf } from './places.ts';
import { seenBy, settingsOf } from './seen.ts';
import type { SeveralPairs } from './settings.ts';
import type { PlaceName, SeveralState } from './state.ts';

export type SignalEvent = Extract<BotEvent, { readonly kind: 'signal' }>;

interface Answered {
  readonly place: PlaceName;
  readonly answer: SignalAnswer;
}

/** What each place in question makes of it, in the order in which the pairs were named. `hasPlace`: a deal may open. */
export function answers(settings: SeveralPairs, state: SeveralState, event: SignalEvent, hasPlace: boolean): readonly Answered[] {
  return settings.parts
    .filter(({ pair }) => event.pair === undefined || event.pair === pair)
    .flatMap(({ pair }) =>
      askedOf(settings, state, event, pair).map((place) => ({
        place,
        answer: answerOf(settings, state, event, place, hasPlace),
      })),
    );
}

/** A start is the next deal's alone, a trail that of every deal, and what conditions wait for concerns all. */
function askedOf(settings: SeveralPairs, state: SeveralState, { signal }: SignalEvent, pair: Pair): readonly PlaceName[] {
  const names = placesOf(state, pair);
  switch (signal.ask.kind) {
    case 'commands':
      return [openerOf(settings, state, pair)?.place ?? pair];
    case 'start-trailing': {
      const { deal } = signal.ask;
      const open = openOf(state, pair).filter((name) => deal === undefined || stateOf(state, name).deal?.number === deal);
      return open.length === 0 ? [pair] : open;
    }
    default:
      return names;
  }
}

function answerOf(
  settings: SeveralPairs,
  state: SeveralState,
  event: SignalEvent,
  place: PlaceName,
  hasPlace: boolean,
): SignalAnswer {
  const own = settingsOf(settings, place);
  if (own === undefined) return no(`the bot does not trade ${place}`);
  const { ask } = event.signal;
  const isStart = ask.kind === 'commands';
  if (ask.kind === 'start-trailing' && ask.deal !== undefined && stateOf(state, place).deal?.number !== ask.deal)
    return no(`deal ${ask.deal} is not open on ${own.pair}`);
  if (isStart && settings.dealsPerPair > 1 && stateOf(state, place).deal !== null)
    return no(`start-deal: ${openOf(state, own.pair).length} deals are open on ${own.pair}, and no more may be at once`);
  // Where a deal may open is asked below: what the place says of itself comes first.
  const answer = dca.hears(own, hasPlace || !isStart ? seenBy(settings, state, place, isStart) : stateOf(state, place), event);
  if (answer.kind === 'refused' || !isStart || hasPlace) return answer;
  return no('start-deal: as many deals are open as may be at once');
}

const no = (reason: string): SignalAnswer => ({ kind: 'refused', code: 'signal-not-now', reason });

export const heard = ({ parts }: SeveralPairs, state: SeveralState): readonly HeardSignal[] =>
  parts.flatMap((own) => dca.heard(own, stateOf(state, own.pair)));
