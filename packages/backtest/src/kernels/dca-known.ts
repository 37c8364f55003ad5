/** What the DCA kernel knows of the bot's settings; it declines the rest. */
import type { DcaSettings } from '@holdfast/bots';
import type { Assumptions } from '../run/result.ts';
import { any, isKnown, type Knows } from './known.ts';

const none = (share: bigint): boolean => share === 0n;

const knows: Knows<DcaSettings> = {
  pair: any,
  direction: (direction) => direction === 'long',
  start: (start) => start === 'at-once',
  startCondition: (condition) => condition === null,
  startDelayMs: any,
  baseOrderSize: any,
  baseOrderSizeIn: (unitOfSize) => unitOfSize === 'quote',
  baseOrderType: (type) => type === 'market',
  repriceMs: any,
  averagingOrderSize: any,
  averagingOrderSizeIn: (unitOfSize) => unitOfSize === 'quote',
  averagingOrders: any,
  averagingOrdersActive: any,
  step: any,
  stepMultiplier: any,
  sizeMultiplier: any,
  ladder: (levels) => levels.every(({ distance }) => distance > 0n),
  pyramid: (levels) => levels.length === 0,
  averagingCondition: (condition) => condition === null,
  averagingFrom: any,
  takeProfit: any,
  takeProfits: (steps) => steps.length === 1,
  takeProfitOf: (of) => of === 'total',
  trailing: none,
  profitIn: (asset) => asset === 'quote',
  closeCondition: (condition) => condition === null,
  minProfitOf: any,
  minProfit: any,
  stopLoss: none,
  stopTimeoutMs: any,
  stopTrailing: any,
  breakevenSteps: any,
  restsFirst: any,
  stopGap: any,
  stopAction: any,
  cooldownMs: any,
  dealsAtMost: (count) => count === 0,
  lossesAtMost: (count) => count === 0,
  minPrice: none,
  maxPrice: none,
  minPriceShare: none,
  maxPriceShare: none,
  dealTimeoutMs: (time) => time === 0,
  reinvest: none,
  riskReduction: none,
  feeAsset: any,
  fee: any,
  slippage: any,
  entryAttempts: (count) => count > 0,
  retryMs: any,
};

/** Whether the kernel plays these settings under these assumptions. */
export const isKnownDca = (settings: DcaSettings, assumptions: Assumptions): boolean => isKnown(knows, settings, assumptions);
