/** What the grid kernel knows of the bot's settings; it declines the rest. */
import type { GridSettings } from '@holdfast/bots';
import type { Assumptions } from '../run/result.ts';
import { any, isKnown, type Knows } from './known.ts';

const neither = (pair: object): boolean => Object.values(pair).every((value) => value === null);

const knows: Knows<GridSettings> = {
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
export const isKnownGrid = (settings: GridSettings, assumptions: Assumptions): boolean => isKnown(knows, settings, assumptions);
