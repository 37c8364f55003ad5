/** Messages to a DCA bot of several pairs: for the pair that they name, or for each pair that takes them. */
import type { BotEvent, Pair, SignalAnswer } from '@holdfast/domain';
import type { HeardSignal } from '../bot-kind.ts';
import { dca } from '../dca/dca.ts';
import { partOf, type SeveralPairs } from './settings.ts';
import type { Part, SeveralState } from './state.ts';

export type SignalEvent = Extract<BotEvent, { readonly kind: 'signal' }>;

/** What each pair in question makes of it, in the order in which the pairs were named. `hasPlace`: a deal may open. */
export function answers(
  settings: SeveralPairs,
  state: SeveralState,
  event: SignalEvent,
  hasPlace: boolean,
): readonly { readonly pair: Pair; readonly answer: SignalAnswer }[] {
  return settings.parts
    .filter(({ pair }) => event.pair === undefined || event.pair === pair)
    .map(({ pair }) => ({ pair, answer: answerOf(settings, state, event, pair, hasPlace) }));
}

function answerOf(settings: SeveralPairs, state: SeveralState, event: SignalEvent, pair: Pair, hasPlace: boolean): SignalAnswer {
  const own = partOf(settings, pair);
  if (own === undefined) return { kind: 'refused', code: 'signal-not-now', reason: `the bot does not trade ${pair}` };
  const answer = dca.hears(own, (state.parts[pair] as Part).state, event);
  if (answer.kind === 'refused' || event.signal.ask.kind !== 'commands' || hasPlace) return answer;
  return { kind: 'refused', code: 'signal-not-now', reason: 'start-deal: as many deals are open as may be at once' };
}

export const heard = ({ parts }: SeveralPairs, state: SeveralState): readonly HeardSignal[] =>
  parts.flatMap((own) => dca.heard(own, (state.parts[own.pair] as Part).state));
