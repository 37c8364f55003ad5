/**
 * The loop's body, the same in every mode: a bot and an event in; its new state, intents and wakes out. It keeps bots,
 * newest prices and wakes in memory, does no I/O and has no clock. Who drives it makes the effects of a step durable
 * before anything leaves, and stops for good if that fails: memory is then ahead of the disk.
 *   R1  Intents that the guard holds back come to the bot as refusals, within the same step.
 *   R2  After a step the wake index holds exactly the wakes that the bot named last and that have not fired.
 */
import { type BotKind, unchanged } from '@holdfast/bots';
import {
  type BotEvent,
  type BotId,
  type EpochMs,
  type Intent,
  InvariantError,
  type Pair,
  type Quote,
  type Wake,
} from '@holdfast/domain';
import type { Bar, Timeframe } from '@holdfast/indicators';
import { Conditions, type Unwarmed } from './conditions.ts';
import { type AccountState, dearest, guard, type HeldBack, needs, type Shortened } from './guard.ts';
import { withPlaced } from './guards/judge.ts';
import { type Due, type Quiet, WakeIndex } from './wake-index.ts';

/** A kind of bot whose settings and state are opaque to the runtime. */
// biome-ignore lint/suspicious/noExplicitAny: the three types belong together; only the kind itself looks inside
export type AnyBotKind = BotKind<any, any, any>;

export interface RuntimeBot {
  readonly id: BotId;
  readonly kind: AnyBotKind;
  settings: unknown;
  state: unknown;
}

export interface StepOutcome {
  /** Whether there is anything to write down. */
  readonly changed: boolean;
  readonly before: unknown;
  readonly after: unknown;
  readonly intents: readonly Intent[];
  readonly wakes: readonly Wake[];
  readonly shortened: readonly Shortened[];
  readonly heldBack: readonly HeldBack[];
}

/** A bot that answers a refusal with the same intent again would never end. */
const refusalsMost = 50;

/** An event without what the runtime adds: the prices known now. */
export type EventBody = BotEvent extends infer Each ? (Each extends BotEvent ? Omit<Each, 'quotes'> : never) : never;

export class Runtime {
  readonly #bots = new Map<BotId, RuntimeBot>();
  readonly #quotes = new Map<Pair, Quote>();
  readonly #index = new WakeIndex();
  readonly #conditions = new Conditions();

  /** Takes a bot in, with the wakes it had. */
  add(bot: RuntimeBot, wakes: readonly Wake[]): void {
    this.#bots.set(bot.id, bot);
    this.#index.replace(bot.id, wakes);
  }

  remove(bot: BotId): void {
    this.#bots.delete(bot);
    this.#index.replace(bot, []);
  }

  bot(id: BotId): RuntimeBot | undefined {
    return this.#bots.get(id);
  }

  quote(pair: Pair): Quote | undefined {
    return this.#quotes.get(pair);
  }

  /** Prices known now; bots may keep nothing of it. */
  get quotes(): ReadonlyMap<Pair, Quote> {
    return this.#quotes;
  }

  /** Makes prices known without waking anybody. */
  know(quote: Quote): void {
    this.#quotes.set(quote.pair, quote);
  }

  /** Makes a price known; hands out the wakes that it fires. */
  onQuote(quote: Quote): readonly Due[] {
    this.#quotes.set(quote.pair, quote);
    return this.#index.onQuote(quote);
  }

  onTime(now: EpochMs): readonly Due[] {
    return this.#index.onTime(now);
  }

  onCandleClose(pair: Pair, interval: string): readonly Due[] {
    return this.#index.onCandleClose(pair, interval);
  }

  /**
   * A minute of a pair closed: the conditions that hold now, in the order of their texts. Give each to `onCondition` once the one
   * before is done: a bot that it woke waits for the next anew.
   */
  onMinute(pair: Pair, minute: Readonly<Bar>): readonly string[] {
    return [...this.#conditions.onMinute(pair, minute, this.#index.conditions())].sort();
  }

  /** A condition is known to hold: who drives it by recorded candles has looked for itself. */
  onCondition(pair: Pair, condition: string): readonly Due[] {
    return this.#index.onCondition(pair, condition);
  }

  /** Conditions that somebody waits for and that have seen no candles yet. Give them some by `warm`, then minutes go on. */
  unwarmed(): readonly Unwarmed[] {
    return this.#conditions.unwarmed(this.#index.conditions());
  }

  /** Older candles of a condition, by time frame, oldest first; the minutes are those since the newest frame of each opened. */
  warm(of: Unwarmed, frames: ReadonlyMap<Timeframe, readonly Readonly<Bar>[]>, minutes: readonly Readonly<Bar>[]): void {
    this.#conditions.warm(of, frames, minutes);
  }

  /** A signal from outside came: it wakes who waits for a condition that now holds. */
  onSignal(pair: Pair, name: string, at: EpochMs): readonly Due[] {
    return this.#conditions.onSignal(pair, name, at, this.#index.conditions()).flatMap((it) => this.#index.onCondition(pair, it));
  }

  stillDue(due: Due): boolean {
    return this.#index.stillDue(due);
  }

  wakesOf(bot: BotId): readonly Wake[] {
    return this.#index.wakesOf(bot);
  }

  /** Bots whose wakes change with the price alone. */
  get following(): Iterable<BotId> {
    return this.#index.following;
  }

  quiet(): Quiet {
    return this.#index.quiet();
  }

  /** Calls the bot with an event. @throws InvariantError when it is not there, or answers refusals without end */
  step(id: BotId, event: EventBody, account: AccountState): StepOutcome {
    const bot = this.#bots.get(id);
    if (bot === undefined) throw new InvariantError(`bot ${id} is not there`);
    const before = bot.state;
    const intents: Intent[] = [];
    const shortened: Shortened[] = [];
    const heldBack: HeldBack[] = [];
    let stepped = this.#call(bot, event);
    let changed = stepped.changed;
    for (let rounds = 1; ; rounds++) {
      const judged = guard(id, withTaken(account, id, intents), stepped.intents);
      intents.push(...judged.passed);
      shortened.push(...judged.shortened);
      heldBack.push(...judged.heldBack);
      if (judged.heldBack.length === 0) break;
      // A ladder or a grid may be refused whole in one round.
      if (rounds > refusalsMost) throw new InvariantError(`bot ${id} asks for what is held back again and again`);
      const again: Intent[] = [];
      for (const { intent, code, reason } of judged.heldBack) {
        stepped = this.#call(bot, { kind: 'refused', at: event.at, intent, code, reason });
        changed ||= stepped.changed;
        again.push(...stepped.intents);
      }
      stepped = { changed: true, intents: again };
    }
    return { changed, before, after: bot.state, intents, shortened, heldBack, wakes: this.#index.wakesOf(id) };
  }

  #call(bot: RuntimeBot, event: EventBody): { readonly changed: boolean; readonly intents: readonly Intent[] } {
    const step = bot.kind.step(bot.settings, bot.state, { ...event, quotes: this.#quotes } as BotEvent);
    if (step === unchanged) return { changed: false, intents: [] };
    const { state, intents, wakes } = step as Exclude<typeof step, typeof unchanged>;
    bot.state = state;
    this.#index.replace(bot.id, wakes);
    return { changed: true, intents };
  }
}

/** The account as it is once the intents that passed in this step are placed. */
function withTaken(account: AccountState, bot: BotId, intents: readonly Intent[]): AccountState {
  if (intents.length === 0) return account;
  const placed = intents.filter((intent) => intent.kind !== 'cancel-order');
  return {
    available: (of, asset) => {
      const free = account.available(of, asset);
      if (of !== bot) return free;
      const taken = placed.map(needs).filter((need) => need.asset === asset);
      return taken.reduce((left, need) => (left - need.amount) as typeof free, free);
    },
    orders: (pair, side) => account.orders(pair, side),
    stops: (pair, side) => account.stops(pair, side),
    prices: (pair) => account.prices(pair),
    guards: account.guards === undefined ? undefined : withPlaced(account.guards, placed.map(dearest)),
  };
}
