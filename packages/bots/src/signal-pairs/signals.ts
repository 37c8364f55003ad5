/** Messages to a signal bot of several pairs: for the pair that they name; what enables or disables the bot is for all of them. */
import type { BotEvent, Pair, SignalAnswer } from '@holdfast/domain';
import { pairsOf, partOf } from '../several-pairs.ts';
import { signal } from '../signal/signal.ts';
import { positionsOf, type SeveralSignals } from './settings.ts';
import { isIdle, placeOf, placesLeft, type SeveralSignalsState, seenBy } from './state.ts';

export type SignalEvent = Extract<BotEvent, { readonly kind: 'signal' }>;
type Refused = Extract<SignalAnswer, { readonly kind: 'refused' }>;

export interface Answered {
  readonly pair: Pair;
  readonly answer: SignalAnswer;
}

/** What the places in question make of it; none where the message names no pair and is not for all. */
export function answers(settings: SeveralSignals, state: SeveralSignalsState, event: SignalEvent): readonly Answered[] {
  const isForAll = ['enable', 'disable'].includes(event.signal.ask.kind);
  const pairs = isForAll ? pairsOf(settings) : pairsOf(settings).filter((pair) => pair === event.pair);
  return pairs.map((pair) => ({ pair, answer: answerOf(settings, state, event, pair) }));
}

function answerOf(settings: SeveralSignals, state: SeveralSignalsState, event: SignalEvent, pair: Pair): SignalAnswer {
  const own = partOf(settings, pair);
  if (own === undefined) return no('signal-pair', `the bot does not trade ${pair}`);
  const answer = signal.hears(own, seenBy(settings, state, pair).seen, event);
  const mayEnter = placesLeft(settings, state) > 0 || !isIdle(placeOf(state, pair).state);
  if (mayEnter || !['enter', 'position'].includes(event.signal.ask.kind)) return answer;
  // What the place says of itself comes first; what it says of its money, of which it was lent none, does not.
  if (answer.kind === 'refused' && answer.code !== 'signal-size') return answer;
  return no('signal-not-now', tooMany(settings));
}

export const tooMany = (settings: SeveralSignals): string =>
  positionsOf(settings) === 1
    ? 'a position is open, and no more may be at once'
    : `${positionsOf(settings)} positions are open, and no more may be at once`;

const no = (code: Refused['code'], reason: string): Refused => ({ kind: 'refused', code, reason });

export function hears(settings: SeveralSignals, state: SeveralSignalsState, event: SignalEvent): SignalAnswer {
  const all = answers(settings, state, event);
  const [first] = all;
  if (first === undefined) return no('signal-pair', `the message names none of the pairs ${pairsOf(settings).join(', ')}`);
  const taken = all.filter(({ answer }) => answer.kind === 'taken');
  if (all.length === 1 || taken.length === 0) return first.answer;
  return { kind: 'taken', does: inWords(state, taken) };
}

/** What is done to open positions pair by pair; to the others it is all the same. */
function inWords(state: SeveralSignalsState, taken: readonly Answered[]): string {
  const does = ({ answer }: Answered): string => (answer.kind === 'taken' ? answer.does : '');
  const open = taken.filter(({ pair }) => !isIdle(placeOf(state, pair).state));
  const others = taken.filter((each) => !open.includes(each));
  return [...new Set([...open.map((each) => `${each.pair}: ${does(each)}`), ...others.map(does)])].join('; ');
}
