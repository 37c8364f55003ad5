/** Limits over all bots of an account: as typed (checked by contracts/guard-settings) and as used. Every field is explained in docs/guards.md. */
import { type Amount, amount, divide, unit } from '@holdfast/domain';

/** Decimal strings and whole numbers; "0" and 0 switch a limit off. */
export interface GuardSettingsText {
  readonly blackList: readonly string[];
  readonly maxExposurePerCoin: string;
  readonly maxDeals: number;
  readonly crashPercent: string;
  readonly crashMinutes: number;
  readonly crashPauseMinutes: number;
  readonly crashScope: 'account' | 'pair';
  readonly crashCloses: boolean;
  readonly maxDailyLoss: string;
  readonly dailyLossCloses: boolean;
  readonly haltCloses: boolean;
}

export interface CrashBreaker {
  /** Share of the peak, counted in 10^-18 of one. */
  readonly fall: bigint;
  readonly withinMs: number;
  readonly pauseMs: number;
  readonly scope: 'account' | 'pair';
  readonly closes: boolean;
}

export interface GuardSettings {
  /** Coins (`DOGE`) and pairs (`DOGE/USDT`). */
  readonly blackList: ReadonlySet<string>;
  /** In the account's quote; 0 for none. */
  readonly maxExposure: Amount;
  /** 0 for none. */
  readonly maxDeals: number;
  readonly crash: CrashBreaker | null;
  /** In the account's quote. */
  readonly dailyLoss: { readonly most: Amount; readonly closes: boolean } | null;
  /** Whether what is open on a pair is sold when it trades again after a halt. */
  readonly haltCloses: boolean;
}

const minuteMs = 60_000;
const share = (percent: string): bigint => divide(amount(percent), 100n, 'down');

/** @throws ValueError `amount-malformed` */
export function readGuardSettings(text: GuardSettingsText): GuardSettings {
  const fall = share(text.crashPercent);
  const most = amount(text.maxDailyLoss);
  return {
    blackList: new Set(text.blackList),
    maxExposure: amount(text.maxExposurePerCoin),
    maxDeals: text.maxDeals,
    crash:
      fall === 0n
        ? null
        : {
            fall: fall > unit ? unit : fall,
            withinMs: text.crashMinutes * minuteMs,
            pauseMs: text.crashPauseMinutes * minuteMs,
            scope: text.crashScope,
            closes: text.crashCloses,
          },
    dailyLoss: most === 0n ? null : { most, closes: text.dailyLossCloses },
    haltCloses: text.haltCloses,
  };
}

/** Whether any limit is set. */
export const guardsAnything = (settings: GuardSettings): boolean =>
  settings.blackList.size > 0 ||
  settings.maxExposure > 0n ||
  settings.maxDeals > 0 ||
  settings.crash !== null ||
  settings.dailyLoss !== null;
