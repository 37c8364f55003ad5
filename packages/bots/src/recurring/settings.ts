/** Settings of recurring buys: as typed (checked by contracts/bot-settings) and as used. */
import { type Amount, amount, type Pair, readSchedule, type Schedule, ValueError } from '@holdfast/domain';
import type { FeeAsset } from '../dca/settings.ts';
import { fraction } from '../trade/settings.ts';

/** Decimal strings and whole numbers; every field is explained in docs/bots/recurring.md. */
export interface RecurringSettingsText {
  readonly size: string;
  /** Several pairs with their parts of the size; empty for one pair. */
  readonly basket?: readonly { readonly pair: string; readonly percent: string; readonly maxPrice: string }[];
  readonly schedule: string;
  readonly timeZone: string;
  readonly maxPrice: string;
  readonly aboveMaxPrice: 'skip' | 'carry' | 'wait';
  readonly missed: 'skip' | 'once' | 'all';
  readonly lateSeconds: number;
  readonly purchases: number;
  readonly fundedPurchases: number;
  readonly feeAsset: FeeAsset;
  readonly feePercent: string;
  readonly slippagePercent: string;
  readonly attempts: number;
  readonly retrySeconds: number;
}

export interface RecurringSettings {
  readonly pair: Pair;
  /** Numbers of the purchases: the first, and how far apart they are where several bots share them. */
  readonly numbers: { readonly first: number; readonly apart: number };
  /** In quote. */
  readonly size: Amount;
  readonly schedule: Schedule;
  /** In quote per base; null for none. */
  readonly maxPrice: Amount | null;
  readonly aboveMaxPrice: 'skip' | 'carry' | 'wait';
  readonly missed: 'skip' | 'once' | 'all';
  readonly lateMs: number;
  /** 0: without end. */
  readonly purchases: number;
  readonly funded: number;
  readonly feeAsset: FeeAsset;
  readonly fee: bigint;
  readonly slippage: bigint;
  readonly attempts: number;
  readonly retryMs: number;
}

/** @throws ValueError `schedule-malformed`, `amount-malformed`, `amount-too-precise` */
export function readRecurringSettings(pair: Pair, text: RecurringSettingsText): RecurringSettings {
  const schedule = readSchedule(text.schedule, text.timeZone);
  if (typeof schedule === 'string') throw new ValueError('schedule-malformed', schedule);
  const maxPrice = amount(text.maxPrice);
  return {
    pair,
    numbers: { first: 1, apart: 1 },
    size: amount(text.size),
    schedule,
    maxPrice: maxPrice === 0n ? null : maxPrice,
    aboveMaxPrice: text.aboveMaxPrice,
    missed: text.missed,
    lateMs: text.lateSeconds * 1000,
    purchases: text.purchases,
    funded: text.fundedPurchases,
    feeAsset: text.feeAsset,
    fee: fraction(text.feePercent),
    slippage: fraction(text.slippagePercent),
    attempts: text.attempts,
    retryMs: text.retrySeconds * 1000,
  };
}
