/**
 * What every kind of bot exports. The runtime knows bots only through this.
 *   B1  `step` is pure: the same settings, state and event give the same state, intents and wakes.
 *   B2  The wakes of a step replace the set before it; a wake that fired is used up.
 *   B3  State is data: `encodeState` writes it, `decodeState` reads it back equal.
 *   B4  An order event that was seen before changes nothing.
 *   B5  A step that ends a deal asks for no order of another deal.
 */
import type {
  Amount,
  Asset,
  BotCommand,
  BotEvent,
  BotId,
  BotReport,
  ClosedDeal,
  Pair,
  PairRules,
  Quote,
  Step,
} from '@holdfast/domain';

/** The answer of a step with nothing to do: state as before, no intent, the wakes that have not fired stay. Compare by identity. */
export const unchanged = Object.freeze({ unchanged: true } as const);
export type StepResult<State> = Step<State> | typeof unchanged;

/** What a bot is born with. */
export interface BotBirth {
  readonly bot: BotId;
  readonly rules: PairRules;
  /** Quote that the bot's sub-book gets; the bot never spends more than this and what it earns. */
  readonly allotted: Amount;
}

/** What a bot asks to be allotted at its start. */
export interface Allotment {
  readonly asset: Asset;
  readonly amount: Amount;
}

export interface BotKind<SettingsText, Settings, State> {
  /** As stored and typed: `dca`. */
  readonly name: string;
  /** From checked plain data (contracts/bot-settings) to exact numbers. @throws ValueError */
  readSettings(pair: Pair, text: SettingsText): Settings;
  pairsOf(settings: Settings): readonly Pair[];
  /** Sentences that say why these settings cannot trade on this pair; empty when they can. */
  problems(settings: Settings, rules: PairRules): readonly string[];
  /** Funds for one deal at the price of `quote`, rounded up, fees and lot rounding included. */
  fundsNeeded(settings: Settings, rules: PairRules, quote: Quote): Allotment;
  initial(settings: Settings, birth: BotBirth): State;
  step(settings: Settings, state: State, event: BotEvent): StepResult<State>;
  /** Null when the command will do something now, else one sentence why not. Ask before stepping with it. */
  refuses(settings: Settings, state: State, command: BotCommand): string | null;
  report(settings: Settings, state: State): BotReport;
  /** The deal that the step from `before` to `after` closed, or null. */
  closedDeal(before: State, after: State): ClosedDeal | null;
}
