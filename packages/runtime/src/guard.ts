/**
 * The rules that look at several bots at once, between bots and vault; pure, and the same in every mode.
 *   G1  A bot buys only with quote and sells only base of its own sub-book that no order of its own reserves.
 *   G2  An order of one bot never crosses a resting order of another: the account would trade with itself.
 * The limits that the owner set over all bots (G3 to G5) are in guards/judge.ts. A cancel always passes.
 */
import {
  type Amount,
  type BotId,
  baseOf,
  type ClientOrderId,
  formatAmount,
  type GuardCode,
  type Intent,
  multiply,
  ordersOf,
  type Pair,
  type PlaceOrder,
  type PlacingIntent,
  quoteOf,
  type RefusalCode,
  type Side,
} from '@holdfast/domain';
import { type GuardView, judgeGuards, withPlaced } from './guards/judge.ts';

/** An order of ours that may trade: on the book or on its way to it. */
export interface LiveOrder {
  readonly clientOrderId: ClientOrderId;
  readonly bot: BotId;
  readonly pair: Pair;
  readonly side: Side;
  readonly limit: Amount;
}

export interface AccountState {
  /** What a bot's sub-book has free of an asset. */
  available(bot: BotId, asset: string): Amount;
  /** Orders of all bots on one side of a pair. */
  orders(pair: Pair, side: Side): Iterable<LiveOrder>;
  /** What the limits over all bots are judged by; absent where there are none. */
  readonly guards?: GuardView | undefined;
}

export interface HeldBack {
  readonly intent: PlacingIntent;
  /** The vault's word where it has one for the same reason. */
  readonly code: RefusalCode | GuardCode;
  readonly reason: string;
}

export interface Guarded {
  readonly passed: readonly Intent[];
  readonly heldBack: readonly HeldBack[];
}

/** What placing takes out of the sub-book: quote (rounded up) for a buy, base for a sell; of an OCO what its dearer leg takes. */
export function needs(intent: PlacingIntent): { readonly asset: string; readonly amount: Amount } {
  const { side, pair, quantity } = intent;
  if (side === 'sell') return { asset: baseOf(pair), amount: quantity };
  const limit = ordersOf(intent).reduce<bigint>((most, order) => (order.limit > most ? order.limit : most), 0n);
  return { asset: quoteOf(pair), amount: multiply(quantity, limit as Amount, 'up') };
}

const crosses = (order: PlaceOrder, other: LiveOrder): boolean =>
  order.side === 'buy' ? order.limit >= other.limit : order.limit <= other.limit;

function judge(
  bot: BotId,
  account: AccountState,
  intent: PlacingIntent,
  taken: ReadonlyMap<string, bigint>,
  placed: readonly PlaceOrder[],
): HeldBack | undefined {
  const { asset, amount } = needs(intent);
  const free = account.available(bot, asset) - (taken.get(asset) ?? 0n);
  if (amount > free) {
    const reason = `The bot has ${formatAmount(free)} ${asset} free and the order needs ${formatAmount(amount)}.`;
    return { intent, code: 'E_POS', reason };
  }
  for (const other of account.orders(intent.pair, intent.side === 'buy' ? 'sell' : 'buy')) {
    if (other.bot !== bot && ordersOf(intent).some((order) => crosses(order, other))) {
      const reason = `It would trade with order ${other.clientOrderId} of bot ${other.bot} on the same account.`;
      return { intent, code: 'E_STATE', reason };
    }
  }
  if (account.guards === undefined) return undefined;
  const view = withPlaced(account.guards, placed);
  for (const order of ordersOf(intent)) {
    const limit = judgeGuards(view, order);
    if (limit !== undefined) return { intent, ...limit };
  }
  return undefined;
}

/** Of an OCO one leg trades: the one that may take the most stands for both. */
export const dearest = (intent: PlacingIntent): PlaceOrder =>
  ordersOf(intent).reduce((most, order) => (order.limit > most.limit ? order : most));

/** Splits what a bot wants into what may go to the vault and what is held back, with the reason said. */
export function guard(bot: BotId, account: AccountState, intents: readonly Intent[]): Guarded {
  const passed: Intent[] = [];
  const heldBack: HeldBack[] = [];
  const taken = new Map<string, bigint>();
  const placed: PlaceOrder[] = [];
  for (const intent of intents) {
    const refusal = intent.kind === 'cancel-order' ? undefined : judge(bot, account, intent, taken, placed);
    if (refusal !== undefined) heldBack.push(refusal);
    else {
      passed.push(intent);
      if (intent.kind !== 'cancel-order') {
        const { asset, amount } = needs(intent);
        taken.set(asset, (taken.get(asset) ?? 0n) + amount);
        placed.push(dearest(intent));
      }
    }
  }
  return { passed, heldBack };
}
