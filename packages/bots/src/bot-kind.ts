/**
 * What every kind of bot exports. The runtime knows bots only through this.
 *   B1  `step` is pure: the same settings, state and event give the same state, intents and wakes.
 *   B2  The wakes of a step replace the set before it; a wake that fired is used up.
 *   B3  State is data: `encodeState` writes it, `decodeState` reads it back equal.
 *   B4  An order event that was seen before changes nothing.
 *   B5  A step that ends an open deal of its report asks for no order of another deal on the same pair.
 *   B6  Numbers of deals are the bot's own: no two deals of a bot share one, whatever their pairs.
 * Kinds that trade one pair are written against `PairKind` and become kinds by `onePair` (one-pair.ts).
 */
import type {
  Amount,
  Asset,
  BotCommand,
  BotEvent,
  BotId,
  BotReport,
  ClosedDeal,
  EpochMs,
  Lots,
  MandateNeeds,
  Pair,
  PairRules,
  Side,
  SignalAnswer,
  Step,
  Ticks,
} from '@holdfast/domain';
import type { SubBook } from './orders/sub-book.ts';

/** The answer of a step with nothing to do: state as before, no intent, the wakes that have not fired stay. Compare by identity. */
export const unchanged = Object.freeze({ unchanged: true } as const);
export type StepResult<State> = Step<State> | typeof unchanged;

/** The exchange's rules of each pair of a bot; plain data. */
export type RulesByPair = Readonly<Record<Pair, PairRules>>;

/** Prices of pairs as known at one time. */
export type Quotes = BotEvent['quotes'];

/** What a bot is born with. */
export interface BotBirth {
  readonly bot: BotId;
  /** Of all its pairs. */
  readonly rules: RulesByPair;
  /** What the bot's sub-book gets of each asset; the bot never spends more than this and what it earns. */
  readonly allotted: SubBook;
}

/** What a bot asks to be allotted of an asset at its start; 0 of one that it takes but does not need. */
export interface Allotment {
  readonly asset: Asset;
  readonly amount: Amount;
}

/** What a bot would order at once if it were started now on a pair, or why it would not. `value` in quote. */
export interface FirstOrder {
  readonly pair: Pair;
  readonly order: { readonly side: Side; readonly quantity: Lots; readonly limit: Ticks; readonly value: Amount } | null;
  readonly reason: string | null;
}

/** A signal that conditions on a pair wait for. */
export interface HeardSignal {
  readonly pair: Pair;
  readonly name: string;
  readonly at: EpochMs;
}

export interface BotKind<SettingsText, Settings, State> {
  /** As stored and typed: `dca`. */
  readonly name: string;
  /** From checked plain data (contracts/bot-settings) to exact numbers. @throws ValueError */
  readSettings(pairs: readonly Pair[], text: SettingsText): Settings;
  /** All that it trades, the pair that stands for it first. */
  pairsOf(settings: Settings): readonly Pair[];
  /** Sentences that say why these settings cannot trade on these pairs, ALL of them; empty when they can. */
  problems(settings: Settings, rules: RulesByPair): readonly string[];
  /**
   * Funds at the prices of `quotes`, rounded up, fees and lot rounding included: one row for each asset that the kind takes.
   * `given` is what the owner wants to put in; what is given of one asset may make less of another do.
   */
  fundsNeeded(settings: Settings, rules: RulesByPair, quotes: Quotes, given: SubBook): readonly Allotment[];
  /** What the mandate must allow for these settings with these funds at the prices of `quotes`, as small as possible. */
  mandateNeeds(settings: Settings, rules: RulesByPair, quotes: Quotes, funds: SubBook): MandateNeeds;
  /** The dry run, for kinds that can say before the start what they will order then. */
  firstOrders?(settings: Settings, rules: RulesByPair, quotes: Quotes, funds: SubBook): readonly FirstOrder[];
  initial(settings: Settings, birth: BotBirth): State;
  /** The state with so much more of an asset, as if the owner had given it at the start; null where the kind takes none of it. */
  funded?(settings: Settings, state: State, asset: Asset, more: Amount): State | null;
  /** Its state between deals for other settings of the same pairs, or one sentence why it cannot have them; absent where nothing can be changed. */
  edited?(before: Settings, settings: Settings, state: State): State | string;
  step(settings: Settings, state: State, event: BotEvent): StepResult<State>;
  /**
   * Null when the command will do something now, else one sentence why not. Ask before stepping with it. `pair` is one of its own,
   * `deal` the number of an open deal.
   */
  refuses(settings: Settings, state: State, command: BotCommand, pair?: Pair, deal?: number): string | null;
  /** What it will make of a signal, for kinds that take any; ask before stepping with it. Pure, and the same as what `step` then does. */
  hears?(settings: Settings, state: State, event: Extract<BotEvent, { kind: 'signal' }>): SignalAnswer;
  /** When the signals came that its conditions wait for, by the names that its condition wakes have; told to the runtime at its start. */
  heard?(settings: Settings, state: State): readonly HeardSignal[];
  report(settings: Settings, state: State): BotReport;
  /** The deals that the steps from `before` to `after` closed, oldest first. */
  closedDeals(before: State, after: State): readonly ClosedDeal[];
}
