/** Settings of a DCA bot: as typed (plain data, checked by contracts/bot-settings) and as used (exact numbers). */
import { type Amount, amount, type Pair, unit, ValueError } from '@holdfast/domain';
import { type Condition, conditionText } from '@holdfast/indicators';
import { type Direction, wayOf } from './direction.ts';

/** The asset that the exchange takes the fee of a buy from. A sell pays in quote, or in the third asset. */
export type FeeAsset = 'quote' | 'base' | 'third';
/** What a size is counted in; `percent` of what the bot has of the asset that deals give when one opens. */
export type SizeIn = 'quote' | 'base' | 'percent';

/** Decimal strings and whole numbers only. Every field is explained in docs/bots/dca.md; those that may be left out have defaults. */
export interface DcaSettingsText {
  readonly direction?: Direction;
  readonly start: 'at-once' | 'command' | 'conditions';
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
  readonly startConditions?: readonly Condition[];
  readonly startDelaySeconds?: number;
  readonly baseOrderSizeIn?: SizeIn;
  readonly baseOrderType?: 'market' | 'limit';
  readonly repriceSeconds?: number;
  readonly averagingOrderSizeIn?: SizeIn;
  readonly ladder?: readonly { readonly percent: string; readonly size: string }[];
  readonly pyramid?: readonly { readonly percent: string; readonly size: string }[];
  readonly averagingConditions?: readonly Condition[];
  readonly averagingFrom?: 'base' | 'last';
  readonly takeProfitOf?: 'total' | 'base';
  readonly takeProfitSteps?: readonly { readonly percent: string; readonly share: string }[];
  readonly trailingPercent?: string;
  /** `given`: the asset that deals give. */
  readonly profitIn?: 'given' | 'quote' | 'base';
  readonly closeConditions?: readonly Condition[];
  readonly minProfitOf?: 'none' | 'total' | 'base';
  readonly minProfitPercent?: string;
  readonly stopLossPercent?: string;
  readonly stopTimeoutSeconds?: number;
  readonly stopTrailing?: boolean;
  readonly breakevenSteps?: number;
  readonly restsFirst?: 'stop-loss' | 'take-profit';
  readonly stopGapPercent?: string;
  readonly stopAction?: 'close' | 'close-and-stop';
  readonly dealsAtMost?: number;
  readonly lossesAtMost?: number;
  readonly minPrice?: string;
  readonly maxPrice?: string;
  readonly minPricePercent?: string;
  readonly maxPricePercent?: string;
  readonly minDayVolume?: string;
  readonly dealTimeoutSeconds?: number;
  readonly reinvestPercent?: string;
  readonly riskReductionPercent?: string;
}

/** One target: profit and share of the position, counts of 10^-18 of one. */
export interface TakeProfit {
  readonly profit: bigint;
  readonly share: bigint;
}

/**
 * Percentages, multipliers and sizes in percent as counts of 10^-18 of one (1 % is 10^16). A share, price, time or count of 0
 * is off, and so is a condition of null.
 */
export interface DcaSettings {
  readonly pair: Pair;
  readonly direction: Direction;
  readonly start: 'at-once' | 'command' | 'conditions';
  /** All start conditions and the filter of volume as one condition. */
  readonly startCondition: string | null;
  readonly startDelayMs: number;
  readonly baseOrderSize: Amount;
  readonly baseOrderSizeIn: SizeIn;
  readonly baseOrderType: 'market' | 'limit';
  readonly repriceMs: number;
  readonly averagingOrderSize: Amount;
  readonly averagingOrderSizeIn: SizeIn;
  readonly averagingOrders: number;
  readonly averagingOrdersActive: number;
  readonly step: bigint;
  readonly stepMultiplier: bigint;
  readonly sizeMultiplier: bigint;
  /** Explicit averaging orders in place of the multipliers; distance from P0. */
  readonly ladder: readonly { readonly distance: bigint; readonly size: Amount }[];
  /** Orders on the side of profit, counted and sized like those of the ladder. */
  readonly pyramid: readonly { readonly distance: bigint; readonly size: Amount }[];
  readonly averagingCondition: string | null;
  readonly averagingFrom: 'base' | 'last';
  /** The farthest target. */
  readonly takeProfit: bigint;
  /** At least one, nearest first; shares add up to one. */
  readonly takeProfits: readonly TakeProfit[];
  readonly takeProfitOf: 'total' | 'base';
  readonly trailing: bigint;
  readonly profitIn: 'quote' | 'base';
  readonly closeCondition: string | null;
  readonly minProfitOf: 'none' | 'total' | 'base';
  readonly minProfit: bigint;
  readonly stopLoss: bigint;
  readonly stopTimeoutMs: number;
  readonly stopTrailing: boolean;
  readonly breakevenSteps: number;
  readonly restsFirst: 'stop-loss' | 'take-profit';
  readonly stopGap: bigint;
  readonly stopAction: 'close' | 'close-and-stop';
  readonly cooldownMs: number;
  readonly dealsAtMost: number;
  readonly lossesAtMost: number;
  readonly minPrice: Amount;
  readonly maxPrice: Amount;
  /** The same as shares of the price at which the bot began to look. */
  readonly minPriceShare: bigint;
  readonly maxPriceShare: bigint;
  readonly dealTimeoutMs: number;
  readonly reinvest: bigint;
  readonly riskReduction: bigint;
  readonly feeAsset: FeeAsset;
  readonly fee: bigint;
  readonly slippage: bigint;
  readonly entryAttempts: number;
  readonly retryMs: number;
}

/** A percentage as a count of 10^-18 of one; at most 16 decimals. @throws ValueError `amount-malformed`, `amount-too-precise` */
export function fraction(percent: string): bigint {
  const value = amount(percent);
  if (value % 100n !== 0n) throw new ValueError('amount-too-precise', percent);
  return value / 100n;
}

const sizeOf = (text: string, sizeIn: SizeIn): Amount => (sizeIn === 'percent' ? (fraction(text) as Amount) : amount(text));

/** @throws ValueError `amount-malformed`, `amount-too-precise`; ConditionError */
export function readDcaSettings(pair: Pair, text: DcaSettingsText): DcaSettings {
  return {
    pair,
    direction: text.direction ?? 'long',
    ...readStart(text),
    ...readBuys(text),
    ...readTargets(text),
    ...readStop(text),
    ...readLimits(text),
    feeAsset: text.feeAsset,
    fee: fraction(text.feePercent),
    slippage: fraction(text.slippagePercent),
    entryAttempts: text.entryAttempts,
    retryMs: text.retrySeconds * 1000,
  };
}

function readStart({ start, startConditions = [], startDelaySeconds = 0, minDayVolume = '0' }: DcaSettingsText) {
  const volume = Number(minDayVolume);
  const all = volume > 0 ? [...startConditions, ...dayVolume(volume)] : startConditions;
  return { start, startCondition: allOf(all), startDelayMs: startDelaySeconds * 1000 };
}

/** The last whole day traded so much in quote. The second makes every minute look, not only the one that ends a day. */
const dayVolume = (quote: number): readonly Condition[] => [
  { kind: 'indicator', indicator: 'volume', parameters: [], timeframe: '1d', when: 'greater', than: quote },
  { kind: 'indicator', indicator: 'price', parameters: [], timeframe: '1m', when: 'greater', than: 0 },
];

/** Several conditions that must hold at once, as the one text that wakes are named by; null for none. */
const allOf = (of: readonly Condition[]): string | null => {
  const [only] = of;
  return only === undefined ? null : conditionText(of.length === 1 ? only : { kind: 'all', of });
};

function readBuys(text: DcaSettingsText) {
  const { baseOrderSizeIn = 'quote', averagingOrderSizeIn = 'quote', baseOrderType = 'market', ladder = [] } = text;
  const { pyramid = [], averagingConditions = [], averagingFrom = 'base', repriceSeconds = 15 } = text;
  return {
    baseOrderSize: sizeOf(text.baseOrderSize, baseOrderSizeIn),
    baseOrderSizeIn,
    baseOrderType,
    repriceMs: repriceSeconds * 1000,
    averagingOrderSize: sizeOf(text.averagingOrderSize, averagingOrderSizeIn),
    averagingOrderSizeIn,
    averagingOrders: ladder.length > 0 ? ladder.length : text.averagingOrders,
    averagingOrdersActive: text.averagingOrdersActive,
    step: fraction(text.stepPercent),
    stepMultiplier: amount(text.stepMultiplier),
    sizeMultiplier: amount(text.sizeMultiplier),
    ladder: ladder.map(({ percent, size }) => ({ distance: fraction(percent), size: sizeOf(size, averagingOrderSizeIn) })),
    pyramid: pyramid.map(({ percent, size }) => ({ distance: fraction(percent), size: sizeOf(size, averagingOrderSizeIn) })),
    averagingCondition: allOf(averagingConditions),
    averagingFrom,
  };
}

function readTargets(text: DcaSettingsText) {
  const { takeProfitSteps = [], takeProfitOf = 'total', trailingPercent = '0', profitIn = 'given' } = text;
  const { closeConditions = [], minProfitOf = 'none', minProfitPercent = '0' } = text;
  const single: TakeProfit = { profit: fraction(text.takeProfitPercent), share: unit };
  const steps = takeProfitSteps.map(({ percent, share }) => ({ profit: fraction(percent), share: fraction(share) }));
  return {
    takeProfit: (steps.at(-1) ?? single).profit,
    takeProfits: steps.length > 0 ? steps : [single],
    takeProfitOf,
    trailing: fraction(trailingPercent),
    profitIn: profitIn === 'given' ? wayOf(text).gives : profitIn,
    closeCondition: allOf(closeConditions),
    minProfitOf,
    minProfit: fraction(minProfitPercent),
  };
}

function readStop(text: DcaSettingsText) {
  const { stopLossPercent = '0', stopTimeoutSeconds = 0, stopTrailing = false, breakevenSteps = 0 } = text;
  const { restsFirst = 'stop-loss', stopGapPercent = '0.5', stopAction = 'close' } = text;
  return {
    stopLoss: fraction(stopLossPercent),
    stopTimeoutMs: stopTimeoutSeconds * 1000,
    stopTrailing,
    breakevenSteps,
    restsFirst,
    stopGap: fraction(stopGapPercent),
    stopAction,
  };
}

function readLimits(text: DcaSettingsText) {
  const { dealsAtMost = 0, lossesAtMost = 0, minPrice = '0', maxPrice = '0', dealTimeoutSeconds = 0 } = text;
  return {
    cooldownMs: text.cooldownSeconds * 1000,
    dealsAtMost,
    lossesAtMost,
    minPrice: amount(minPrice),
    maxPrice: amount(maxPrice),
    minPriceShare: fraction(text.minPricePercent ?? '0'),
    maxPriceShare: fraction(text.maxPricePercent ?? '0'),
    dealTimeoutMs: dealTimeoutSeconds * 1000,
    reinvest: fraction(text.reinvestPercent ?? '0'),
    riskReduction: fraction(text.riskReductionPercent ?? '0'),
  };
}
