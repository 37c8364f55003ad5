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
  type Pair,
  type PlaceOrder,
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
  readonly intent: PlaceOrder;
  /** The vault's word where it has one for the same reason. */
  readonly code: RefusalCode | GuardCode;
  readonly reason: string;
}

export interface Guarded {
  readonly passed: readonly Intent[];
  readonly heldBack: readonly HeldBack[];
}

/** What placing an order takes out of the sub-book: quote (rounded up) for a buy, base for a sell. */
export const needs = ({ side, pair, quantity, limit }: PlaceOrder): { readonly asset: string; readonly amount: Amount } =>
  side === 'buy' ? { asset: quoteOf(pair), amount: multiply(quantity, limit, 'up') } : { asset: baseOf(pair), amount: quantity };

const crosses = (order: PlaceOrder, other: LiveOrder): boolean =>
  order.side === 'buy' ? order.limit >= other.limit : order.limit <= other.limit;

function judge(
  bot: BotId,
  account: AccountState,
  order: PlaceOrder,
  taken: ReadonlyMap<string, bigint>,
  placed: readonly PlaceOrder[],
): HeldBack | undefined {
  const { asset, amount } = needs(order);
  const free = account.available(bot, asset) - (taken.get(asset) ?? 0n);
  if (amount > free) {
    const reason = `The bot has ${formatAmount(free)} ${asset} free and the order needs ${formatAmount(amount)}.`;
    return { intent: order, code: 'E_POS', reason };
  }
  for (const other of account.orders(order.pair, order.side === 'buy' ? 'sell' : 'buy')) {
    if (other.bot !== bot && crosses(order, other)) {
      const reason = `It would trade with order ${other.clientOrderId} of bot ${other.bot} on the same account.`;
      return { intent: order, code: 'E_STATE', reason };
    }
  }
  const limit = account.guards === undefined ? undefined : judgeGuards(withPlaced(account.guards, placed), order);
  return limit === undefined ? undefined : { intent: order, ...limit };
}

/** Splits what a bot wants into what may go to the vault and what is held back, with the reason said. */
export function guard(bot: BotId, account: AccountState, intents: readonly Intent[]): Guarded {
  const passed: Intent[] = [];
  const heldBack: HeldBack[] = [];
  const taken = new Map<string, bigint>();
  const placed: PlaceOrder[] = [];
  for (const intent of intents) {
    const refusal = intent.kind === 'place-order' ? judge(bot, account, intent, taken, placed) : undefined;
    if (refusal !== undefined) heldBack.push(refusal);
    else {
      passed.push(intent);
      if (intent.kind === 'place-order') {
        const { asset, amount } = needs(intent);
        taken.set(asset, (taken.get(asset) ?? 0n) + amount);
        placed.push(intent);
      }
    }
  }
  return { passed, heldBack };
}
