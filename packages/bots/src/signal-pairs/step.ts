/** Several one-pair signal bots as one: which of them hears an event, and with how much money. */
import {
  type Amount,
  type Asset,
  type BotEvent,
  baseOf,
  type Intent,
  type Pair,
  quoteOf,
  type Wake,
  zero,
} from '@holdfast/domain';
import { type BotBirth, type StepResult, unchanged } from '../bot-kind.ts';
import { birthOn } from '../one-pair.ts';
import { held } from '../orders/sub-book.ts';
import { hearersOf, pairsOf, partOf, quoteOfAll, togetherOf } from '../several-pairs.ts';
import { signal } from '../signal/signal.ts';
import { commanded } from './commands.ts';
import type { SeveralSignals } from './settings.ts';
import { answers } from './signals.ts';
import { kept, placeOf, type SeveralSignalsState, type SignalPlace, seenBy } from './state.ts';

export function initial(settings: SeveralSignals, birth: BotBirth): SeveralSignalsState {
  const parts = settings.parts.map((part): [Pair, SignalPlace] => {
    const born = signal.initial(part, birthOn(birth, part.pair));
    return [part.pair, { state: { ...born, book: { ...born.book, [quoteOf(part.pair)]: zero } }, wakes: [] }];
  });
  return {
    v: 1,
    bot: birth.bot,
    parts: Object.fromEntries(parts),
    pool: held(birth.allotted, quoteOfAll(settings)),
    number: 0,
  };
}

/** Quote for all pairs, coins for their own. */
export function funded(
  settings: SeveralSignals,
  state: SeveralSignalsState,
  asset: Asset,
  more: Amount,
): SeveralSignalsState | null {
  if (asset === quoteOfAll(settings)) return { ...state, pool: (state.pool + more) as Amount };
  const part = settings.parts.find(({ pair }) => baseOf(pair) === asset);
  if (part === undefined) return null;
  const { pair } = part;
  const place = placeOf(state, pair);
  const own = signal.funded?.(part, place.state, asset, more) ?? null;
  return own === null ? null : { ...state, parts: { ...state.parts, [pair]: { ...place, state: own } } };
}

export function step(settings: SeveralSignals, state: SeveralSignalsState, event: BotEvent): StepResult<SeveralSignalsState> {
  const intents: Intent[] = [];
  let next = state;
  for (const pair of hearers(settings, state, event)) {
    const own = partOf(settings, pair);
    if (own === undefined) continue;
    const { seen, lent } = seenBy(settings, next, pair);
    const result = signal.step(own, seen, event);
    if (!('state' in result)) continue;
    intents.push(...result.intents);
    next = kept(next, pair, lent, result.state, result.wakes);
  }
  // A wake that fired is used up, so the set has to be said again.
  if (next === state && event.kind !== 'woken' && event.kind !== 'started') return unchanged;
  return { state: next, intents, wakes: togetherOf(pairsOf(settings).flatMap((pair) => placeOf(next, pair).wakes)) };
}

function hearers(settings: SeveralSignals, state: SeveralSignalsState, event: BotEvent): readonly Pair[] {
  if (event.kind === 'command') return commanded(settings, state, event);
  if (event.kind === 'signal')
    return answers(settings, state, event).flatMap(({ pair, answer }) => (answer.kind === 'taken' ? [pair] : []));
  const waits = (pair: Pair): readonly Wake[] => placeOf(state, pair).wakes;
  return hearersOf(event, pairsOf(settings), waits);
}
