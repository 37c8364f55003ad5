/** Settings of a trade: as typed (plain data, checked by contracts/bot-settings) and as used (exact numbers). */
import { type Amount, amount, type Pair, ValueError } from '@holdfast/domain';
import type { FeeAsset } from '../dca/settings.ts';

export type EntryKind = 'market' | 'limit' | 'conditional' | 'trailing' | 'held';
/** Which price a trigger looks at. */
export type PriceOf = 'last' | 'bid' | 'ask';

/** "0" where it does not apply; exactly one of `percent` and `price` is above 0. */
export interface TakeProfitText {
  readonly percent: string;
  readonly price: string;
  readonly sharePercent: string;
  readonly order: 'limit' | 'market';
  readonly trailingPercent: string;
}

/** Decimal strings, whole numbers and flags only; "0" where a field does not apply. Every field is explained in docs/bots/trade.md. */
export interface TradeSettingsText {
  readonly entry: EntryKind;
  readonly size: string;
  readonly heldQuantity: string;
  readonly heldPrice: string;
  readonly entryPrice: string;
  readonly entryLimit: string;
  readonly entryWhen: 'at-or-above' | 'at-or-below';
  readonly entryPriceOf: PriceOf;
  readonly entryTrailingPercent: string;
  readonly entryTimeoutSeconds: number;
  readonly takeProfits: readonly TakeProfitText[];
  readonly stopLossPercent: string;
  readonly stopLossPrice: string;
  readonly stopLossOrder: 'limit' | 'market';
  readonly stopLossGapPercent: string;
  readonly stopLossPriceOf: PriceOf;
  readonly stopLossTimeoutSeconds: number;
  readonly stopLossTrailing: boolean;
  readonly breakevenAfterStep: number;
  readonly rests: 'stop-loss' | 'take-profit';
  readonly feeAsset: FeeAsset;
  readonly feePercent: string;
  readonly slippagePercent: string;
  readonly entryAttempts: number;
  readonly retrySeconds: number;
}

/** Where a step takes profit: a share above the average cost, or a price; neither: at once. Shares are counts of 10^-18 of one. */
export interface Target {
  readonly percent: bigint | null;
  readonly price: Amount | null;
  readonly share: bigint;
  readonly order: 'limit' | 'market';
  readonly trailing: bigint;
}

export interface StopLoss {
  readonly percent: bigint | null;
  readonly price: Amount | null;
  readonly order: 'limit' | 'market';
  /** How far its limit lies below its trigger. */
  readonly gap: bigint;
  readonly of: PriceOf;
  readonly timeoutMs: number;
  readonly trailing: boolean;
  /** Number of the step; 0 for never. */
  readonly breakevenAfter: number;
}

/** `size` in quote, `heldQuantity` in base; each zero where it does not apply. */
export interface TradeSettings {
  readonly pair: Pair;
  readonly entry: EntryKind;
  readonly size: Amount;
  readonly heldQuantity: Amount;
  readonly heldPrice: Amount | null;
  readonly entryPrice: Amount | null;
  readonly entryLimit: Amount | null;
  readonly entryWhen: 'at-or-above' | 'at-or-below';
  readonly entryOf: PriceOf;
  readonly entryTrailing: bigint;
  readonly entryTimeoutMs: number;
  readonly takeProfits: readonly Target[];
  readonly stopLoss: StopLoss | null;
  readonly rests: 'stop-loss' | 'take-profit';
  readonly feeAsset: FeeAsset;
  readonly fee: bigint;
  readonly slippage: bigint;
  readonly entryAttempts: number;
  readonly retryMs: number;
}

/** A percentage as a count of 10^-18 of one; at most 16 decimals. @throws ValueError `amount-malformed`, `amount-too-precise` */
export function fraction(percent: string): bigint {
  const value = amount(percent);
  if (value % 100n !== 0n) throw new ValueError('amount-too-precise', percent);
  return value / 100n;
}

/** Null for zero. */
function unless0<T extends bigint>(value: T): T | null {
  return value === 0n ? null : value;
}

const readTarget = (text: TakeProfitText): Target => ({
  percent: unless0(fraction(text.percent)),
  price: unless0(amount(text.price)),
  share: fraction(text.sharePercent),
  order: text.order,
  trailing: fraction(text.trailingPercent),
});

function readStopLoss(text: TradeSettingsText): StopLoss | null {
  const [percent, price] = [unless0(fraction(text.stopLossPercent)), unless0(amount(text.stopLossPrice))];
  if (percent === null && price === null) return null;
  return {
    percent,
    price,
    order: text.stopLossOrder,
    gap: fraction(text.stopLossGapPercent),
    of: text.stopLossPriceOf,
    timeoutMs: text.stopLossTimeoutSeconds * 1000,
    trailing: text.stopLossTrailing,
    breakevenAfter: text.breakevenAfterStep,
  };
}

/** @throws ValueError `amount-malformed`, `amount-too-precise` */
export function readTradeSettings(pair: Pair, text: TradeSettingsText): TradeSettings {
  return {
    pair,
    entry: text.entry,
    size: amount(text.size),
    heldQuantity: amount(text.heldQuantity),
    heldPrice: unless0(amount(text.heldPrice)),
    entryPrice: unless0(amount(text.entryPrice)),
    entryLimit: unless0(amount(text.entryLimit)),
    entryWhen: text.entryWhen,
    entryOf: text.entryPriceOf,
    entryTrailing: fraction(text.entryTrailingPercent),
    entryTimeoutMs: text.entryTimeoutSeconds * 1000,
    takeProfits: text.takeProfits.map(readTarget),
    stopLoss: readStopLoss(text),
    rests: text.rests,
    feeAsset: text.feeAsset,
    fee: fraction(text.feePercent),
    slippage: fraction(text.slippagePercent),
    entryAttempts: text.entryAttempts,
    retryMs: text.retrySeconds * 1000,
  };
}
