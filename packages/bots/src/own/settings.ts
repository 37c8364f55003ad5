/** Settings of a bot that runs a strategy of one's own: what the bot needs, and the values that the strategy is given. */
import { type Amount, amount, type Pair } from '@holdfast/domain';
import type { FeeAsset } from '../dca/settings.ts';
import { fraction } from '../trade/settings.ts';
import type { OwnValue } from './description.ts';

export type OwnSettingsText = Readonly<Record<string, OwnValue>>;

export interface OwnSettings {
  readonly pair: Pair;
  readonly funds: Amount;
  readonly fee: bigint;
  readonly feeAsset: FeeAsset;
  readonly slippage: bigint;
  readonly retryMs: number;
  /** All values, as the strategy sees them. */
  readonly values: OwnSettingsText;
}

/** @throws ValueError `amount-malformed`, `amount-too-precise` */
export const readOwnSettings = (pair: Pair, values: OwnSettingsText): OwnSettings => ({
  pair,
  funds: amount(String(values.funds)),
  fee: fraction(String(values.feePercent)),
  feeAsset: values.feeAsset as FeeAsset,
  slippage: fraction(String(values.slippagePercent)),
  retryMs: Number(values.retrySeconds) * 1000,
  values,
});
