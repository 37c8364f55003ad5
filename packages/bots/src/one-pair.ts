/** Kinds of bots that trade one pair: what such a kind implements, and how it becomes one of the registered kinds. */
import {
  type Amount,
  type Asset,
  type BotCommand,
  type BotEvent,
  type BotId,
  type BotReport,
  type ClosedDeal,
  type Coins,
  InvariantError,
  type MandateNeeds,
  type Pair,
  type PairReport,
  type PairRules,
  type Quote,
  type SignalAnswer,
  ValueError,
} from '@holdfast/domain';
import type { Allotment, BotBirth, BotKind, HeardSignal, Quotes, RulesByPair, StepResult } from './bot-kind.ts';
import type { SubBook } from './orders/sub-book.ts';

/** What a bot of one pair is born with. */
export interface PairBirth {
  readonly bot: BotId;
  readonly rules: PairRules;
  /** What the bot's sub-book gets of each asset; the bot never spends more than this and what it earns. */
  readonly allotted: SubBook;
}

/** As `BotKind`, of one pair. */
export interface PairKind<SettingsText, Settings, State> {
  readonly name: string;
  /** @throws ValueError */
  readSettings(pair: Pair, text: SettingsText): Settings;
  /** The one pair. */
  pairsOf(settings: Settings): readonly Pair[];
  problems(settings: Settings, rules: PairRules): readonly string[];
  fundsNeeded(settings: Settings, rules: PairRules, quote: Quote, given: SubBook): readonly Allotment[];
  mandateNeeds(settings: Settings, rules: PairRules, quote: Quote, funds: SubBook): MandateNeeds;
  initial(settings: Settings, birth: PairBirth): State;
  funded?(settings: Settings, state: State, asset: Asset, more: Amount): State | null;
  edited?(before: Settings, settings: Settings, state: State): State | string;
  step(settings: Settings, state: State, event: BotEvent): StepResult<State>;
  refuses(settings: Settings, state: State, command: BotCommand): string | null;
  hears?(settings: Settings, state: State, event: Extract<BotEvent, { kind: 'signal' }>): SignalAnswer;
  heard?(settings: Settings, state: State): readonly HeardSignal[];
  report(settings: Settings, state: State): PairReport;
  closedDeals(before: State, after: State): readonly ClosedDeal[];
}

/** The one pair of a bot. @throws ValueError `pairs-malformed` */
export function onlyPair(pairs: readonly Pair[], kind: string): Pair {
  const [pair, ...more] = pairs;
  if (pair !== undefined && more.length === 0) return pair;
  throw new ValueError('pairs-malformed', `a ${kind} bot trades one pair, not ${pairs.length}: ${pairs.join(', ')}`);
}

/** The rules of a pair that the bot trades. */
export function rulesOf(rules: RulesByPair, pair: Pair): PairRules {
  const found = rules[pair];
  if (found === undefined) throw new InvariantError(`the rules of ${pair} were not given`);
  return found;
}

/** The price of a pair that the bot trades. */
export function quoteFor(quotes: Quotes, pair: Pair): Quote {
  const found = quotes.get(pair);
  if (found === undefined) throw new InvariantError(`the price of ${pair} was not given`);
  return found;
}

export const birthOn = ({ bot, rules, allotted }: BotBirth, pair: Pair): PairBirth => ({
  bot,
  rules: rulesOf(rules, pair),
  allotted,
});

const some = (pair: Pair, coins: Coins): readonly (Coins & { readonly pair: Pair })[] =>
  coins.quantity === 0n && coins.cost === 0n ? [] : [{ pair, ...coins }];

/** What a bot of one pair says, in the words of all bots. */
export function wholeReport(pair: Pair, { deal, dust, kept, ...rest }: PairReport): BotReport {
  return { ...rest, deals: deal === null ? [] : [deal], dust: some(pair, dust), kept: some(pair, kept) };
}

/** A kind of one pair as a kind. */
export function onePair<SettingsText, Settings, State>(
  kind: PairKind<SettingsText, Settings, State>,
): BotKind<SettingsText, Settings, State> {
  const pairOf = (settings: Settings): Pair => onlyPair(kind.pairsOf(settings), kind.name);
  return {
    ...kind,
    readSettings: (pairs, text) => kind.readSettings(onlyPair(pairs, kind.name), text),
    problems: (settings, rules) => kind.problems(settings, rulesOf(rules, pairOf(settings))),
    fundsNeeded: (settings, rules, quotes, given) => {
      const pair = pairOf(settings);
      return kind.fundsNeeded(settings, rulesOf(rules, pair), quoteFor(quotes, pair), given);
    },
    mandateNeeds: (settings, rules, quotes, funds) => {
      const pair = pairOf(settings);
      return kind.mandateNeeds(settings, rulesOf(rules, pair), quoteFor(quotes, pair), funds);
    },
    initial: (settings, birth) => kind.initial(settings, birthOn(birth, pairOf(settings))),
    refuses: (settings, state, command, _, deal) =>
      deal === undefined || kind.report(settings, state).deal?.number === deal
        ? kind.refuses(settings, state, command)
        : `Deal ${deal} is not open.`,
    report: (settings, state) => wholeReport(pairOf(settings), kind.report(settings, state)),
  };
}
