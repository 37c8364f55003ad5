/** Settings of a DCA bot: as typed (plain data, checked by contracts/bot-settings) and as used (exact numbers). */
import { type Amount, amount, type Pair, ValueError } from '@holdfast/domain';

/** Decimal strings and whole numbers only. Every field is explained in docs/bots/dca.md. */
export interface DcaSettingsText {
  readonly start: 'at-once' | 'command';
  readonly baseOrderSize: string;
  readonly averagingOrderSize: string;
  readonly averagingOrders: number;
  readonly averagingOrdersActive: number;
  readonly stepPercent: string;
  readonly stepMultiplier: string;
  readonly sizeMultiplier: string;
  readonly takeProfitPercent: string;
  readonly cooldownSeconds: number;
  readonly feeAsset: FeeAsset;
  readonly feePercent: string;
  readonly slippagePercent: string;
  readonly entryAttempts: number;
  readonly retrySeconds: number;
}

/** The asset that the exchange takes the fee of a buy from. A sell pays in quote, or in the third asset. */
export type FeeAsset = 'quote' | 'base' | 'third';

/** Sizes in quote; percentages and multipliers as counts of 10^-18 of one (1 % is 10^16). */
export interface DcaSettings {
  readonly pair: Pair;
  readonly start: 'at-once' | 'command';
  readonly baseOrderSize: Amount;
  readonly averagingOrderSize: Amount;
  readonly averagingOrders: number;
  readonly averagingOrdersActive: number;
  readonly step: bigint;
  readonly stepMultiplier: bigint;
  readonly sizeMultiplier: bigint;
  readonly takeProfit: bigint;
  readonly cooldownMs: number;
  readonly feeAsset: FeeAsset;
  readonly fee: bigint;
  readonly slippage: bigint;
  readonly entryAttempts: number;
  readonly retryMs: number;
}

/** A percentage as a count of 10^-18 of one; at most 16 decimals. @throws ValueError `amount-malformed`, `amount-too-precise` */
function fraction(percent: string): bigint {
  const value = amount(percent);
  if (value % 100n !== 0n) throw new ValueError('amount-too-precise', percent);
  return value / 100n;
}

/** @throws ValueError `amount-malformed`, `amount-too-precise` */
export function readDcaSettings(pair: Pair, text: DcaSettingsText): DcaSettings {
  return {
    pair,
    start: text.start,
    baseOrderSize: amount(text.baseOrderSize),
    averagingOrderSize: amount(text.averagingOrderSize),
    averagingOrders: text.averagingOrders,
    averagingOrdersActive: text.averagingOrdersActive,
    step: fraction(text.stepPercent),
    stepMultiplier: amount(text.stepMultiplier),
    sizeMultiplier: amount(text.sizeMultiplier),
    takeProfit: fraction(text.takeProfitPercent),
    cooldownMs: text.cooldownSeconds * 1000,
    feeAsset: text.feeAsset,
    fee: fraction(text.feePercent),
    slippage: fraction(text.slippagePercent),
    entryAttempts: text.entryAttempts,
    retryMs: text.retrySeconds * 1000,
  };
}
