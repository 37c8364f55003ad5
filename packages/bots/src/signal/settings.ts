/** Settings of a signal bot: as typed (plain data, checked by contracts/bot-settings) and as used (exact numbers). */
import { type Amount, amount, type Pair, type SignalExits, type SignalTarget, ValueError, zero } from '@holdfast/domain';
import type { FeeAsset } from '../dca/settings.ts';

/** Decimal strings and whole numbers only. Every field is explained in docs/bots/signal.md. */
export interface SignalSettingsText {
  readonly direction: 'long' | 'short' | 'both';
  readonly size: string;
  readonly sizeIn: 'quote' | 'base' | 'percent';
  readonly sizeFrom: 'message' | 'bot';
  readonly maxEntryQuote: string;
  readonly maxInvestmentQuote: string;
  readonly maxEntries: number;
  readonly addStepPercent: string;
  readonly cooldownSeconds: number;
  readonly takeProfitPercent: string;
  /** Left out by settings that are older. */
  readonly takeProfitSteps?: readonly { readonly percent: string; readonly share: string; readonly order: 'limit' | 'market' }[];
  readonly takeProfitTrailingPercent: string;
  readonly stopLossPercent: string;
  readonly stopLossTrailing: boolean;
  readonly exitsFrom: 'message' | 'bot';
  readonly minProfitPercent: string;
  readonly limitSeconds: number;
  readonly feeAsset: FeeAsset;
  readonly feePercent: string;
  readonly slippagePercent: string;
  readonly entryAttempts: number;
  readonly retrySeconds: number;
}

/** Sizes in quote; shares as counts of 10^-18 of one (1 % is 10^16); percentages of exits as in `SignalExits`. */
export interface SignalSettings {
  readonly pair: Pair;
  readonly direction: 'long' | 'short' | 'both';
  readonly size: Amount;
  readonly sizeIn: 'quote' | 'base' | 'percent';
  readonly sizeFrom: 'message' | 'bot';
  readonly maxEntry: Amount;
  readonly maxInvestment: Amount;
  readonly maxEntries: number;
  readonly addStep: bigint;
  readonly cooldownMs: number;
  readonly exits: SignalExits;
  readonly exitsFrom: 'message' | 'bot';
  readonly minProfit: bigint;
  readonly limitMs: number;
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
export function readSignalSettings(pair: Pair, text: SignalSettingsText): SignalSettings {
  const loss = amount(text.stopLossPercent);
  return {
    pair,
    direction: text.direction,
    size: amount(text.size),
    sizeIn: text.sizeIn,
    sizeFrom: text.sizeFrom,
    maxEntry: amount(text.maxEntryQuote),
    maxInvestment: amount(text.maxInvestmentQuote),
    maxEntries: text.maxEntries,
    addStep: fraction(text.addStepPercent),
    cooldownMs: text.cooldownSeconds * 1000,
    exits: {
      targets: readTargets(text),
      stop: loss === 0n ? null : { order: 'market', percent: loss, trailing: text.stopLossTrailing ? loss : zero },
    },
    exitsFrom: text.exitsFrom,
    minProfit: fraction(text.minProfitPercent),
    limitMs: text.limitSeconds * 1000,
    feeAsset: text.feeAsset,
    fee: fraction(text.feePercent),
    slippage: fraction(text.slippagePercent),
    entryAttempts: text.entryAttempts,
    retryMs: text.retrySeconds * 1000,
  };
}

/** The last one trails where that is asked for; null without any. */
function readTargets(text: SignalSettingsText): readonly SignalTarget[] | null {
  const { takeProfitPercent: percent, takeProfitSteps: several = [], takeProfitTrailingPercent } = text;
  const steps = several.length > 0 ? several : [{ percent, share: '100', order: 'limit' as const }];
  if (amount(steps[0]?.percent ?? '0') === 0n) return null;
  return steps.map(({ order, percent: each, share }, at) => ({
    order,
    percent: amount(each),
    share: amount(share),
    trailing: at === steps.length - 1 ? amount(takeProfitTrailingPercent) : zero,
  }));
}
