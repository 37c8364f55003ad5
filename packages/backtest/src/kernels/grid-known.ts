/** What the grid kernel knows of the bot's settings; it declines the rest. */
import type { GridSettings } from '@holdfast/bots';
import type { Assumptions } from '../run/result.ts';
import { isPlain } from './depth.ts';

const any = (): boolean => true;
const neither = (pair: object): boolean => Object.values(pair).every((value) => value === null);

/** What each setting must be for the kernel to know it. A setting that is not here does not compile. */
const knows: { readonly [Field in keyof GridSettings]-?: (value: GridSettings[Field]) => boolean } = {
  pair: any,
  mode: (mode) => mode === 'normal',
  lower: any,
  upper: (price) => price !== null,
  lines: any,
  spacing: any,
  amount: any,
  amountIn: any,
  profitIn: (asset) => asset === 'quote',
  activeBuyLines: any,
  activeSellLines: any,
  balance: any,
  balanceOrderLines: any,
  trailing: neither,
  expansion: neither,
  stops: neither,
  feeAsset: any,
  fee: any,
  slippage: any,
  retryMs: any,
};

/** Whether the kernel plays these settings under these assumptions. */
export function isKnownGrid(settings: GridSettings, assumptions: Assumptions): boolean {
  const fields = Object.keys(settings) as (keyof GridSettings)[];
  return (
    isPlain(assumptions) &&
    settings.feeAsset === (assumptions.feeIn === 'received' ? 'base' : 'quote') &&
    fields.every((field) => (knows[field] as ((value: unknown) => boolean) | undefined)?.(settings[field]) ?? false)
  );
}
