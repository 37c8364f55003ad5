/**
 * A bot is a pure function `step(settings, state, event) -> { state, intents, wakes }`. It names the complete set of
 * conditions under which it wants to be called again; between wakes it does not exist.
 */
import type { GuardCode } from './guard-code.ts';
import type { Amount } from './money.ts';
import type { EpochMs, Intent, OrderEvent, RefusalCode } from './order.ts';
import type { Asset, Pair, PairRules, Ticks } from './pair.ts';
import type { Signal } from './signal.ts';

/** A condition under which a bot wants to be called next. The set it returns replaces the set before. */
export type Wake =
  | {
      readonly kind: 'price';
      readonly pair: Pair;
      readonly of: 'last' | 'bid' | 'ask';
      readonly when: 'at-or-below' | 'at-or-above';
      readonly price: Ticks;
    }
  /** The price came back by `by` ticks from its extreme since `from`; `extreme` 'high' waits for a fall, 'low' for a rise. */
  | { readonly kind: 'retrace'; readonly pair: Pair; readonly extreme: 'high' | 'low'; readonly from: Ticks; readonly by: Ticks }
  | { readonly kind: 'time'; readonly at: EpochMs }
  | { readonly kind: 'candle-close'; readonly pair: Pair; readonly interval: string }
  /** A condition of indicators, times and signals (its text is `conditionText`) holds when one of its candles closes. */
  | { readonly kind: 'condition'; readonly pair: Pair; readonly condition: string };

/** Best prices and the last trade of a pair, as known at the event's time. */
export interface Quote {
  readonly pair: Pair;
  readonly last: Ticks;
  readonly bid: Ticks;
  readonly ask: Ticks;
}

/** What every event carries: when it happened and the prices known then. */
export interface BotEventBase {
  readonly at: EpochMs;
  readonly quotes: ReadonlyMap<Pair, Quote>;
}

export type BotEvent = BotEventBase &
  (
    | { readonly kind: 'started' }
    | { readonly kind: 'woken'; readonly wake: Wake }
    | { readonly kind: 'order-event'; readonly event: OrderEvent }
    | {
        readonly kind: 'refused';
        readonly intent: Intent;
        readonly code: RefusalCode | GuardCode;
        readonly reason: string;
      }
    | { readonly kind: 'balance-changed'; readonly asset: Asset; readonly available: Amount }
    | { readonly kind: 'filters-changed'; readonly rules: PairRules }
    | { readonly kind: 'pair-halted'; readonly pair: Pair; readonly halted: boolean }
    /** `pair`, `deal`: for that pair or that open deal alone; without them for all that the bot trades. */
    | { readonly kind: 'command'; readonly command: BotCommand; readonly pair?: Pair; readonly deal?: number }
    /** `pair`: where the bot trades several and the message names one. */
    | { readonly kind: 'signal'; readonly signal: Signal; readonly pair?: Pair }
  );

/** What a person may ask of a bot. `stop` starts nothing new and lets the open deal end; `close-now` sells at once. */
export type BotCommand =
  | { readonly name: 'start-deal' }
  | { readonly name: 'stop' }
  | { readonly name: 'resume' }
  | { readonly name: 'close-now' }
  | { readonly name: 'cancel-deal' }
  /** Enters further into the open deal for so much quote: resting at `limit`, at the market where that is null. */
  | { readonly name: 'add-funds'; readonly amount: Amount; readonly limit: Amount | null }
  /** Takes back added funds that rest. */
  | { readonly name: 'cancel-added' }
  /** Gives coins that the bot keeps of cancelled deals, or as profit, back to its owner: they are the bot's no more. */
  | { readonly name: 'release-kept' }
  /** Changes the open deal alone; later deals follow the settings. */
  | { readonly name: 'edit-deal'; readonly changes: DealChanges }
  /** Of a trade: sells so much base, or buys it back, at `limit` or at the market. */
  | { readonly name: 'reduce-funds'; readonly quantity: Amount; readonly limit: Amount | null }
  /** Of a trade: one take-profit step, counted from 1, is sold or bought back at once, or given up. */
  | { readonly name: 'close-step' | 'cancel-step'; readonly step: number }
  | { readonly name: 'cancel-entry' }
  /** Of a trade: all settings anew, completed by the schema of its kind. */
  | { readonly name: 'edit'; readonly settings: Readonly<Record<string, unknown>> };

/** What of an open deal may be changed; percentages are decimals, "0" switches trailing and stop off. */
export interface DealChanges {
  readonly takeProfitPercent?: string | undefined;
  readonly trailingPercent?: string | undefined;
  readonly stopLossPercent?: string | undefined;
  readonly averagingOrders?: number | undefined;
  /** The owner's own words on the deal; empty takes them away. */
  readonly note?: string | undefined;
}

/** An intent as a bot makes it: its number is unique within the bot; the runtime derives the client order id from it. */
export interface Step<State> {
  readonly state: State;
  readonly intents: readonly Intent[];
  readonly wakes: readonly Wake[];
}
