/** What kinds share that are several one-pair bots side by side: their pairs, who hears an event, their wakes as one set, what they need. */
import {
  type Asset,
  type BotEvent,
  type EpochMs,
  type MandateNeeds,
  type Pair,
  quoteOf,
  ValueError,
  type Wake,
} from '@holdfast/domain';
import type { BotKind } from './bot-kind.ts';
import { mandateAmount } from './mandate-amount.ts';

/** One part of a bot: its state, and what it asked to be called for at its last step. */
export interface Place<State> {
  readonly state: State;
  readonly wakes: readonly Wake[];
}

interface OnPair {
  readonly pair: Pair;
}

/** Settings that have a part for each pair, in the order in which they were named. */
export interface Parts<Part extends OnPair = OnPair> {
  readonly parts: readonly Part[];
}

export const pairsOf = ({ parts }: Parts): readonly Pair[] => parts.map(({ pair }) => pair);

export const partOf = <Part extends OnPair>({ parts }: Parts<Part>, pair: Pair): Part | undefined =>
  parts.find((part) => part.pair === pair);

/** The quote that all of them share. */
export const quoteOfAll = ({ parts: [first] }: Parts): Asset => quoteOf((first as OnPair).pair);

/** @throws ValueError `pairs-malformed` naming the pairs whose quote is not that of the first */
export function mustShareQuote(first: Pair, others: readonly Pair[]): void {
  const strangers = others.filter((pair) => quoteOf(pair) !== quoteOf(first));
  if (strangers.length > 0)
    throw new ValueError(
      'pairs-malformed',
      `all pairs of a bot must have the same quote; ${strangers.join(', ')} are not in ${quoteOf(first)}`,
    );
}

/** The pairs that an event is for. `wakesOf`: what each has asked for; a time is for all that waited for it. */
export function hearersOf(event: BotEvent, pairs: readonly Pair[], wakesOf: (pair: Pair) => readonly Wake[]): readonly Pair[] {
  const only = (pair: Pair): readonly Pair[] => (pairs.includes(pair) ? [pair] : []);
  switch (event.kind) {
    case 'started':
      return pairs;
    case 'order-event':
      return only(event.event.pair);
    case 'refused':
      return only(event.intent.pair);
    case 'filters-changed':
      return only(event.rules.pair);
    case 'pair-halted':
      return only(event.pair);
    case 'command':
      return event.pair === undefined ? pairs : only(event.pair);
    case 'woken': {
      const { wake } = event;
      if (wake.kind !== 'time') return only(wake.pair).filter((pair) => wakesOf(pair).length > 0);
      return pairs.filter((pair) => wakesOf(pair).some((own) => own.kind === 'time' && own.at <= event.at));
    }
    case 'balance-changed':
    case 'signal':
      return [];
  }
}

/** Each time once, earliest first. */
export function togetherOf(wakes: Iterable<Wake>): readonly Wake[] {
  const times = new Set<EpochMs>();
  const others: Wake[] = [];
  for (const wake of wakes)
    if (wake.kind === 'time') times.add(wake.at);
    else others.push(wake);
  return [...[...times].sort((a, b) => a - b).map((at): Wake => ({ kind: 'time', at })), ...others];
}

/** What the dearest `count` of several need together, of what counts for the account as a whole. */
export function ofDearest(
  needs: readonly MandateNeeds[],
  count: number,
): Pick<MandateNeeds, 'turnover24h' | 'openOrders' | 'maxOpenQuote'> {
  const together = (of: (need: MandateNeeds) => bigint): bigint =>
    needs
      .map(of)
      .sort((a, b) => (b > a ? 1 : b < a ? -1 : 0))
      .slice(0, count)
      .reduce((sum, value) => sum + value, 0n);
  const quote = (of: (need: MandateNeeds) => bigint) => mandateAmount(together(of), 'up');
  return {
    turnover24h: quote(({ turnover24h }) => turnover24h),
    openOrders: Number(together(({ openOrders }) => BigInt(openOrders))),
    maxOpenQuote: quote(({ maxOpenQuote }) => maxOpenQuote),
  };
}

type Form<Settings, State> = Omit<BotKind<never, Settings, State>, 'name' | 'readSettings' | 'edited'>;
interface WithParts {
  readonly parts: object;
}

/** A kind of one pair or several: what has `parts` is of the second form, settings and state alike. */
export function oneOrSeveral<
  Text,
  One extends object,
  OneState extends object,
  Several extends WithParts,
  SeveralState extends WithParts,
>({
  name,
  readSettings,
  edited,
  one,
  several,
}: Pick<Required<BotKind<Text, One | Several, OneState | SeveralState>>, 'name' | 'readSettings' | 'edited'> & {
  readonly one: Form<One, OneState>;
  readonly several: Form<Several, SeveralState>;
}): BotKind<Text, One | Several, OneState | SeveralState> {
  // Settings and state of a bot are of one form, so each form meets its own.
  type Any = Form<object, object>;
  const [ofOne, ofSeveral] = [one as unknown as Any, several as unknown as Any];
  const form = (it: object): Any => ('parts' in it ? ofSeveral : ofOne);
  const { hears, heard } = ofSeveral;
  const own = <State>(state: State) => state as State & (OneState | SeveralState);
  return {
    name,
    readSettings,
    edited,
    pairsOf: (settings) => form(settings).pairsOf(settings),
    problems: (settings, rules) => form(settings).problems(settings, rules),
    fundsNeeded: (settings, rules, quotes, given) => form(settings).fundsNeeded(settings, rules, quotes, given),
    mandateNeeds: (settings, rules, quotes, funds) => form(settings).mandateNeeds(settings, rules, quotes, funds),
    initial: (settings, birth) => own(form(settings).initial(settings, birth)),
    funded: (settings, state, asset, more) => own(form(settings).funded?.(settings, state, asset, more) ?? null),
    step: (settings, state, event) =>
      form(settings).step(settings, state, event) as ReturnType<BotKind<Text, One, OneState>['step']>,
    refuses: (settings, state, command, pair, deal) => form(settings).refuses(settings, state, command, pair, deal),
    ...(hears === undefined
      ? {}
      : { hears: (settings, state, event) => (form(settings).hears ?? hears)(settings, state, event) }),
    ...(heard === undefined ? {} : { heard: (settings, state) => (form(settings).heard ?? heard)(settings, state) }),
    report: (settings, state) => form(settings).report(settings, state),
    closedDeals: (before, after) => form(after).closedDeals(before, after),
  };
}
