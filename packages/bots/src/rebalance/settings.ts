/** Settings of a rebalancing bot: as typed (checked by contracts/bot-settings) and as used. Several pairs of one quote. */
import { type Amount, amount, type Pair, pair, quoteOf, readSchedule, type Schedule, unit, ValueError } from '@holdfast/domain';
import { fraction } from '../trade/settings.ts';

export interface RebalanceSettingsText {
  readonly targets: readonly { readonly pair: string; readonly percent: string }[];
  readonly cashPercent: string;
  readonly schedule: string;
  readonly timeZone: string;
  readonly thresholdPercent: string;
  readonly checkInterval: string;
  readonly minTrade: string;
  readonly feeOfBuysInQuote: boolean;
  readonly feePercent: string;
  readonly slippagePercent: string;
  readonly attempts: number;
  readonly retrySeconds: number;
}

/** Shares are counts of 10^-18 of one; with the cash they make exactly one. */
export interface RebalanceSettings {
  readonly targets: readonly { readonly pair: Pair; readonly share: bigint }[];
  readonly cash: bigint;
  /** Null: not by time. */
  readonly schedule: Schedule | null;
  /** How far a share may stray, in points of 10^-18; 0: not by threshold. */
  readonly threshold: bigint;
  readonly checkInterval: string;
  /** In quote. */
  readonly minTrade: Amount;
  readonly feeInQuote: boolean;
  readonly fee: bigint;
  readonly slippage: bigint;
  readonly attempts: number;
  readonly retryMs: number;
}

/** @throws ValueError `schedule-malformed`, `targets-malformed`, `pair-malformed`, `amount-malformed`, `amount-too-precise` */
export function readRebalanceSettings(text: RebalanceSettingsText): RebalanceSettings {
  const schedule = text.schedule === '' ? null : readSchedule(text.schedule, text.timeZone);
  if (typeof schedule === 'string') throw new ValueError('schedule-malformed', schedule);
  const targets = text.targets.map((target) => ({ pair: pair(target.pair), share: fraction(target.percent) }));
  const cash = fraction(text.cashPercent);
  const sum = targets.reduce((total, { share }) => total + share, cash);
  if (sum !== unit) throw new ValueError('targets-malformed', 'targets and cash must make exactly 100 percent');
  if (new Set(targets.map(({ pair: of }) => of)).size !== targets.length)
    throw new ValueError('targets-malformed', 'a pair is there twice');
  if (new Set(targets.map(({ pair: of }) => quoteOf(of))).size !== 1)
    throw new ValueError('targets-malformed', 'all pairs must have the same quote');
  return {
    targets,
    cash,
    schedule,
    threshold: fraction(text.thresholdPercent),
    checkInterval: text.checkInterval,
    minTrade: amount(text.minTrade),
    feeInQuote: text.feeOfBuysInQuote,
    fee: fraction(text.feePercent),
    slippage: fraction(text.slippagePercent),
    attempts: text.attempts,
    retryMs: text.retrySeconds * 1000,
  };
}
