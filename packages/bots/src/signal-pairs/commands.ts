/** What a person may ask of a signal bot of several pairs: of all, of one pair, or of a position by its number. */
import type { BotCommand, BotEvent, Pair } from '@holdfast/domain';
import { pairsOf, partOf } from '../several-pairs.ts';
import { signal } from '../signal/signal.ts';
import type { SeveralSignals } from './settings.ts';
import { tooMany } from './signals.ts';
import { isIdle, openPairs, placeOf, placesLeft, type SeveralSignalsState } from './state.ts';

type CommandEvent = Extract<BotEvent, { readonly kind: 'command' }>;

/** The pairs that a command does something on. */
export function commanded(
  settings: SeveralSignals,
  state: SeveralSignalsState,
  { command, pair, deal }: Pick<CommandEvent, 'command' | 'pair' | 'deal'>,
): readonly Pair[] {
  if (refuses(settings, state, command, pair, deal) !== null) return [];
  return asked(settings, state, pair, deal).filter((each) => refusesOn(settings, state, command, each) === null);
}

const asked = (settings: SeveralSignals, state: SeveralSignalsState, of?: Pair, deal?: number): readonly Pair[] =>
  pairsOf(settings)
    .filter((pair) => of === undefined || pair === of)
    .filter((pair) => deal === undefined || placeOf(state, pair).state.position?.number === deal);

function refusesOn(settings: SeveralSignals, state: SeveralSignalsState, command: BotCommand, pair: Pair): string | null {
  const own = partOf(settings, pair);
  if (own === undefined) return `The bot does not trade ${pair}.`;
  const place = placeOf(state, pair).state;
  const why = signal.refuses(own, place, command);
  if (why !== null || command.name !== 'start-deal' || !isIdle(place) || placesLeft(settings, state) > 0) return why;
  const reason = tooMany(settings);
  return `${reason[0]?.toUpperCase()}${reason.slice(1)}.`;
}

/** Null where a command does something for any of its pairs. A position is opened on one pair, which has to be named. */
export function refuses(
  settings: SeveralSignals,
  state: SeveralSignalsState,
  command: BotCommand,
  of?: Pair,
  deal?: number,
): string | null {
  if (of !== undefined && partOf(settings, of) === undefined) return `The bot does not trade ${of}.`;
  const pairs = asked(settings, state, of, deal);
  if (pairs.length === 0) return `Deal ${deal} is not open${of === undefined ? '' : ` on ${of}`}.`;
  if (deal !== undefined && ['start-deal', 'stop', 'resume'].includes(command.name))
    return `The command ${command.name} is for a bot or a pair, not for deal ${deal}.`;
  if (command.name === 'start-deal' && pairs.length > 1)
    return `Name the pair: the bot trades ${pairs.join(', ')}${openPairs(state).length > 0 ? `; open are ${openPairs(state).join(', ')}` : ''}.`;
  const answers = pairs.map((pair) => refusesOn(settings, state, command, pair));
  return answers.includes(null) ? null : (answers[0] ?? null);
}
