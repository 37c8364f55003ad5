/** What a message from outside asks of a bot. How messages are read: docs/webhooks.md. */
import type { Amount } from './money.ts';

export type Direction = 'long' | 'short';
export type MarketPosition = Direction | 'flat';

/** `base` and `quote` in that asset; `investment` percent of the most that the bot may invest; `position` percent of what is open. */
export interface SignalSize {
  readonly amount: Amount;
  readonly of: 'base' | 'quote' | 'investment' | 'position';
}

/** Where an entry rests: at a price in quote, or so many percent from a price (negative: below it). */
export type SignalLimit =
  | { readonly kind: 'price'; readonly price: Amount }
  | { readonly kind: 'percent'; readonly percent: Amount; readonly from: 'current' | 'base-entry' | 'average-entry' };

/** Percentages as percent (1 is 1 %), counted in 10^-18. */
export interface SignalTarget {
  readonly order: 'limit' | 'market';
  /** Distance from the average entry price, in the direction of the profit. */
  readonly percent: Amount;
  /** Part of the position; the parts of all targets make 100. */
  readonly share: Amount;
  /** Fall from the best price after the target is reached; zero: sells there. Of the last target only. */
  readonly trailing: Amount;
}

export interface SignalStop {
  readonly order: 'limit' | 'market';
  /** Distance from the average entry price, in the direction of the loss. */
  readonly percent: Amount;
  /** Follows the best price at this distance, in percent; zero: stays. */
  readonly trailing: Amount;
}

/** Ways out that replace the bot's own; null leaves the bot's. */
export interface SignalExits {
  readonly targets: readonly SignalTarget[] | null;
  readonly stop: SignalStop | null;
}

/** Commands that a message may give to any kind of bot. */
export type SignalCommand = 'start-deal' | 'close-now' | 'cancel-deal' | 'stop' | 'resume';

/** Number of the open deal that the message names; without it the one that is open, or all that the message is for. */
type SignalDeal = number | undefined;

export type SignalAsk =
  /** A message in the DCA format: done one after the other. */
  | { readonly kind: 'commands'; readonly commands: readonly SignalCommand[]; readonly deal?: SignalDeal }
  | { readonly kind: 'start-trailing'; readonly deal?: SignalDeal }
  /** The signal of that name came, for conditions that wait for it. */
  | { readonly kind: 'condition'; readonly name: string }
  /** Buys more now; `limit` null at the market. */
  | { readonly kind: 'add-funds'; readonly quote: Amount; readonly limit: Amount | null; readonly deal?: SignalDeal }
  | {
      readonly kind: 'enter';
      readonly direction: Direction;
      /** Null: as the bot is set. */
      readonly size: SignalSize | null;
      /** Null: at the market. */
      readonly limit: SignalLimit | null;
      readonly exits: SignalExits;
    }
  /** `size` null: all of it. */
  | { readonly kind: 'exit'; readonly direction: Direction; readonly size: SignalSize | null }
  /** A strategy traded: its position was `before` and is `now`; sizes in its own contracts, `order` as the message scales it. */
  | {
      readonly kind: 'position';
      readonly side: 'buy' | 'sell';
      readonly before: MarketPosition;
      readonly beforeSize: Amount;
      readonly now: MarketPosition;
      readonly nowSize: Amount;
      readonly order: SignalSize;
    }
  /** Stops the bot; `close` sells what is open, `cancel` drops it, `leave` lets its own exits end it. */
  | { readonly kind: 'disable'; readonly open: 'close' | 'cancel' | 'leave' }
  | { readonly kind: 'enable' };

export interface Signal {
  /** Id of the command that brought it: the same signal again has the same id. */
  readonly id: string;
  /** The price that the message names, in quote; for the record only. */
  readonly price: Amount | null;
  readonly ask: SignalAsk;
}

/** What a bot makes of a signal, said before it acts on it. */
export type SignalAnswer =
  | { readonly kind: 'taken'; readonly does: string }
  | { readonly kind: 'refused'; readonly code: SignalRefusal; readonly reason: string };

/** Listed in docs/errors.md. */
export type SignalRefusal =
  | 'signal-size'
  | 'signal-direction'
  | 'signal-position'
  | 'signal-unsupported'
  | 'signal-not-now'
  | 'signal-pair';
