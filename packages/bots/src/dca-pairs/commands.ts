/** What a person may ask of a bot of several deals: of all, of those on a pair, or of one by its number. */
import type { BotCommand, BotEvent, Pair } from '@holdfast/domain';
import { dca } from '../dca/dca.ts';
import { partOf } from '../several-pairs.ts';
import { openerOf, openOf, openPlaces, placeOfDeal, placesLeft, placesOf, stateOf } from './places.ts';
import { seenBy, settingsOf } from './seen.ts';
import type { SeveralPairs } from './settings.ts';
import type { PlaceName, SeveralState } from './state.ts';

export type CommandEvent = Extract<BotEvent, { readonly kind: 'command' }>;

/** Commands that are for a bot or a pair, never for one deal; and those that are for every deal of either. */
const ofNoDeal: ReadonlySet<BotCommand['name']> = new Set(['start-deal', 'stop', 'resume', 'release-kept']);
const ofAllDeals: ReadonlySet<BotCommand['name']> = new Set(['close-now', 'cancel-deal']);

/** The places of a pair that a command is for. */
export function commanded(
  settings: SeveralPairs,
  state: SeveralState,
  { command, deal }: Pick<CommandEvent, 'command' | 'deal'>,
  pair: Pair,
): readonly PlaceName[] {
  if (deal !== undefined) return [placeOfDeal(state, pair, deal) ?? []].flat();
  if (command.name !== 'start-deal') return placesOf(state, pair);
  return [openerOf(settings, state, pair)?.place ?? []].flat();
}

export function refusesPlace(settings: SeveralPairs, state: SeveralState, command: BotCommand, name: PlaceName): string | null {
  const own = settingsOf(settings, name);
  if (own === undefined) return `The bot does not trade ${name}.`;
  return dca.refuses(own, seenBy(settings, state, name, command.name === 'start-deal'), command);
}

/** Null where any place of the pair does something. */
function refusesPair(settings: SeveralPairs, state: SeveralState, command: BotCommand, pair: Pair): string | null {
  if (partOf(settings, pair) === undefined) return `The bot does not trade ${pair}.`;
  const names = commanded(settings, state, { command }, pair);
  const [first] = names;
  if (command.name !== 'start-deal' || first !== undefined)
    return firstOf(names, (each) => refusesPlace(settings, state, command, each));
  const why = refusesPlace(settings, state, command, pair);
  if (settings.dealsPerPair === 1 && why !== null) return why;
  if (placesLeft(settings, state) === 0) return `${openPlaces(state).length} deals are open, and no more may be at once.`;
  return `${openOf(state, pair).length} deals are open on ${pair}, and no more may be at once.`;
}

const firstOf = <Each>(all: readonly Each[], why: (each: Each) => string | null): string | null => {
  const answers = all.map(why);
  return answers.includes(null) ? null : (answers[0] ?? null);
};

/** Null where a command does something for any of its deals. What is done to one deal needs its number, or its pair, where several are open. */
export function refuses(
  settings: SeveralPairs,
  state: SeveralState,
  command: BotCommand,
  of?: Pair,
  deal?: number,
): string | null {
  const pairs = of === undefined ? settings.parts.map(({ pair }) => pair) : [of];
  const stranger = pairs.find((pair) => partOf(settings, pair) === undefined);
  if (stranger !== undefined) return `The bot does not trade ${stranger}.`;
  if (deal !== undefined) return refusesDeal(settings, state, command, pairs, deal);
  if (ofNoDeal.has(command.name)) return firstOf(pairs, (pair) => refusesPair(settings, state, command, pair));
  const open = pairs.flatMap((pair) => openOf(state, pair));
  if (open.length === 0) return 'No deal is open.';
  if (open.length === 1 || ofAllDeals.has(command.name))
    return firstOf(open, (name) => refusesPlace(settings, state, command, name));
  return whichOf(state, pairs);
}

function refusesDeal(
  settings: SeveralPairs,
  state: SeveralState,
  command: BotCommand,
  pairs: readonly Pair[],
  deal: number,
): string | null {
  if (ofNoDeal.has(command.name)) return `The command ${command.name} is for a bot or a pair, not for deal ${deal}.`;
  const name = pairs.flatMap((pair) => placeOfDeal(state, pair, deal) ?? [])[0];
  if (name !== undefined) return refusesPlace(settings, state, command, name);
  return `Deal ${deal} is not open${pairs.length === 1 ? ` on ${pairs[0]}` : ''}.`;
}

function whichOf(state: SeveralState, pairs: readonly Pair[]): string {
  const open = pairs.map((pair) => ({ pair, names: openOf(state, pair) })).filter(({ names }) => names.length > 0);
  if (open.every(({ names }) => names.length === 1))
    return `Name the pair: deals are open on ${open.map(({ pair }) => pair).join(', ')}.`;
  const numbers = open.map(
    ({ pair, names }) => `${names.map((name) => stateOf(state, name).deal?.number).join(', ')} on ${pair}`,
  );
  return `Name the deal: open are ${numbers.join('; ')}.`;
}
