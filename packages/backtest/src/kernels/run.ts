/** What kernels are asked and what they answer. */
import type { SubBook } from '@holdfast/bots';
import type { Amount } from '@holdfast/domain';
import type { Columns } from '../run/columns.ts';
import type { Fall } from '../run/equity.ts';
import type { Assumptions } from '../run/result.ts';
import { declined } from './decline.ts';
import type { FillLog } from './fill-log.ts';

export interface KernelRun {
  readonly columns: Columns;
  readonly assumptions: Assumptions;
  /** What the bot is given. */
  readonly funds: SubBook;
  /** First place, and the place behind the last. */
  readonly from: number;
  readonly end: number;
  /** Close of the last candle, unix ms. */
  readonly until: number;
  /** Gets every fill. */
  readonly log?: FillLog;
}

export interface KernelResult {
  readonly fills: number;
  readonly deals: number;
  readonly wins: number;
  /** Quote in 10^-8. */
  readonly quote: number;
  /** Base in 10^-8. */
  readonly base: number;
  /** Counted in quote, in 10^-18. */
  readonly fees: Amount;
  readonly heldMs: number;
  /** What is held at the last close, in 10^-18 of quote. */
  readonly endEquity: Amount;
  readonly drawdown: Fall;
  readonly daily: { readonly times: Float64Array; readonly values: Float64Array };
}

/** What a run gives; null when it turns out to be one that the kernel does not know. */
export function unlessDeclined(run: () => KernelResult): KernelResult | null {
  try {
    return run();
  } catch (error) {
    if (error === declined) return null;
    throw error;
  }
}
