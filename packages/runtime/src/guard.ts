/**
 * The rules that look at several bots at once, between bots and vault; pure, and the same in every mode.
 *   G1  A bot buys only with quote and sells only base of its own sub-book that no order of its own reserves.
 *   G2  An order of one bot never meets one of another: the account would trade with itself (self-trade.ts). What takes at once
 *       ends before the other's where something can be had there, the rest is held back.
 * The limits that the owner set over all bots (G3 to G5) are in guards/judge.ts. A cancel always passes.
 */
import {
  type Amount,
  type BotId,
  baseOf,
  formatAmount,
  type GuardCode,
  type Intent,
  multiply,
  ordersOf,
  type PlaceOrder,
  type PlacingIntent,
  quoteOf,
  type RefusalCode,
} from '@holdfast/domain';
import { type GuardView, judgeGuards, withPlaced } from './guards/judge.ts';
import { endedBefore, type LiveBook, type LiveOrder, metBy } from './self-trade.ts';

export interface AccountState extends LiveBook {
  /** What a bot's sub-book has free of an asset. */
  available(bot: BotId, asset: string): Amount;
  /** What the limits over all bots are judged by; absent where there are none. */
  readonly guards?: GuardView | undefined;
}

export interface HeldBack {
  readonly intent: PlacingIntent;
  /** The vault's word where it has one for the same reason. */
  readonly code: RefusalCode | GuardCode;
  readonly reason: string;
}

/** What takes less far than its bot asked, with the reason. */
export interface Shortened {
  readonly intent: PlaceOrder;
  readonly reason: string;
}

export interface Guarded {
  /** With their limits as they are to be placed. */
  readonly passed: readonly Intent[];
  readonly shortened: readonly Shortened[];
  readonly heldBack: readonly HeldBack[];
}

/** What placing takes out of the sub-book: quote (rounded up) for a buy, base for a sell; of an OCO what its dearer leg takes. */
export function needs(intent: PlacingIntent): { readonly asset: string; readonly amount: Amount } {
  const { side, pair, quantity } = intent;
  if (side === 'sell') return { asset: baseOf(pair), amount: quantity };
  const limit = ordersOf(intent).reduce<bigint>((most, order) => (order.limit > most ? order.limit : most), 0n);
  return { asset: quoteOf(pair), amount: multiply(quantity, limit as Amount, 'up') };
}

type Judged = { readonly held: HeldBack } | { readonly passed: PlacingIntent; readonly reason: string | null };

function judge(
  bot: BotId,
  account: AccountState,
  intent: PlacingIntent,
  taken: ReadonlyMap<string, bigint>,
  placed: readonly PlaceOrder[],
): Judged {
  const { asset, amount } = needs(intent);
  const free = account.available(bot, asset) - (taken.get(asset) ?? 0n);
  if (amount > free) {
    const reason = `The bot has ${formatAmount(free)} ${asset} free and the order needs ${formatAmount(amount)}.`;
    return { held: { intent, code: 'E_POS', reason } };
  }
  const apart = keptApart(bot, account, intent);
  if ('held' in apart || account.guards === undefined) return apart;
  const view = withPlaced(account.guards, placed);
  for (const order of ordersOf(apart.passed)) {
    const limit = judgeGuards(view, order);
    if (limit !== undefined) return { held: { intent, ...limit } };
  }
  return apart;
}

/** G2 */
function keptApart(bot: BotId, account: AccountState, intent: PlacingIntent): Judged {
  let passed = intent;
  let reason: string | null = null;
  for (;;) {
    let other: LiveOrder | undefined;
    for (const order of ordersOf(passed)) other ??= metBy(bot, account, order);
    if (other === undefined) return { passed, reason };
    const shorter = passed.kind === 'place-order' ? endedBefore(account, passed, other) : undefined;
    if (shorter === undefined) {
      const met = `order ${other.clientOrderId} of bot ${other.bot} on the same account`;
      return { held: { intent, code: 'E_STATE', reason: `It would trade with ${met}.` } };
    }
    passed = shorter;
    reason = `takes no further than ${formatAmount(shorter.limit)}: behind it is order ${other.clientOrderId} of bot ${other.bot} on the same account`;
  }
}

/** Of an OCO one leg trades: the one that may take the most stands for both. */
export const dearest = (intent: PlacingIntent): PlaceOrder =>
  ordersOf(intent).reduce((most, order) => (order.limit > most.limit ? order : most));

/** Splits what a bot wants into what may go to the vault and what is held back, with the reason said. */
export function guard(bot: BotId, account: AccountState, intents: readonly Intent[]): Guarded {
  const passed: Intent[] = [];
  const shortened: Shortened[] = [];
  const heldBack: HeldBack[] = [];
  const taken = new Map<string, bigint>();
  const placed: PlaceOrder[] = [];
  for (const intent of intents) {
    if (intent.kind === 'cancel-order') {
      passed.push(intent);
      continue;
    }
    const judged = judge(bot, account, intent, taken, placed);
    if ('held' in judged) {
      heldBack.push(judged.held);
      continue;
    }
    passed.push(judged.passed);
    if (judged.reason !== null) shortened.push({ intent: judged.passed as PlaceOrder, reason: judged.reason });
    const { asset, amount } = needs(judged.passed);
    taken.set(asset, (taken.get(asset) ?? 0n) + amount);
    placed.push(dearest(judged.passed));
  }
  return { passed, shortened, heldBack };
}
