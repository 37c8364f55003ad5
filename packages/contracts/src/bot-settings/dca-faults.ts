/** What fields of the DCA bot cannot be together. All faults are named at once, each with its field. */
import { amount } from '@holdfast/domain';
import type { Rule } from './fields.ts';

/** The settings as far as they could be read. */
interface Read {
  readonly direction: string;
  readonly start: string;
  readonly startConditions: readonly unknown[];
  readonly startDelaySeconds: number;
  readonly baseOrderSize: string;
  readonly baseOrderSizeIn: string;
  readonly averagingOrderSize: string;
  readonly averagingOrderSizeIn: string;
  readonly averagingOrders: number;
  readonly stepPercent: string;
  readonly stepMultiplier: string;
  readonly sizeMultiplier: string;
  readonly ladder: readonly { readonly percent: string; readonly size: string }[];
  readonly averagingOrdersActive: number;
  readonly pyramid: readonly { readonly percent: string; readonly size: string }[];
  readonly minPricePercent: string;
  readonly maxPricePercent: string;
  readonly averagingConditions: readonly unknown[];
  readonly averagingFrom: string;
  readonly takeProfitPercent: string;
  readonly takeProfitSteps: readonly { readonly percent: string; readonly share: string }[];
  readonly trailingPercent: string;
  readonly profitIn: string;
  readonly closeConditions: readonly unknown[];
  readonly minProfitOf: string;
  readonly minProfitPercent: string;
  readonly stopLossPercent: string;
  readonly stopTimeoutSeconds: number;
  readonly stopTrailing: boolean;
  readonly breakevenSteps: number;
  readonly dealTimeoutSeconds: number;
  readonly minPrice: string;
  readonly maxPrice: string;
  readonly minDayVolume: string;
  readonly reinvestPercent: string;
  readonly riskReductionPercent: string;
  readonly dealsAtOnce: number;
  readonly dealsPerPair: number;
  readonly dealStepPercent: string;
}

const isAbove0 = (text: string): boolean => Number(text) > 0;
const rises = (texts: readonly string[]): boolean =>
  texts.every((text, at) => at === 0 || amount(text) > amount(texts[at - 1] as string));
const isShort = ({ direction }: Read): boolean => direction === 'short';
const isExplicit = ({ ladder }: Read): boolean => ladder.length > 0;
const count = (settings: Read): number => (isExplicit(settings) ? settings.ladder.length : settings.averagingOrders);
const lastTarget = ({ takeProfitSteps, takeProfitPercent }: Read): number =>
  Number(takeProfitSteps.at(-1)?.percent ?? takeProfitPercent);

/** Deviation of the last averaging order in percent, near enough to refuse a ladder that reaches zero; the bot checks exactly. */
function deepestDeviation({ averagingOrders, stepPercent, stepMultiplier, ladder }: Read): number {
  const explicit = ladder.at(-1);
  if (explicit !== undefined) return Number(explicit.percent);
  let [deviation, step] = [0, Number(stepPercent)];
  for (let n = 0; n < averagingOrders; n++) {
    deviation += step;
    step *= Number(stepMultiplier);
  }
  return deviation;
}

/** The largest averaging order, near enough to refuse one that no number of lots is large enough for. */
const largestAveraging = ({ averagingOrders, averagingOrderSize, sizeMultiplier }: Read): number =>
  Number(averagingOrderSize) * Math.max(1, Number(sizeMultiplier) ** (averagingOrders - 1));

/** All orders of a deal that are counted in percent of its funds. */
function percentOfFunds(settings: Read): number {
  let sum = settings.baseOrderSizeIn === 'percent' ? Number(settings.baseOrderSize) : 0;
  if (settings.averagingOrderSizeIn !== 'percent') return sum;
  let size = Number(settings.averagingOrderSize);
  for (let n = 0; n < count(settings); n++) {
    sum += Number(settings.ladder[n]?.size ?? size);
    size *= Number(settings.sizeMultiplier);
  }
  for (const order of settings.pyramid) sum += Number(order.size);
  return sum;
}

const buys: readonly Rule<Read>[] = [
  [
    'startConditions',
    'must not be empty when deals start by conditions',
    (it) => it.start === 'conditions' && it.startConditions.length === 0,
  ],
  [
    'start',
    'must be "conditions" where start conditions are given',
    (it) => it.start !== 'conditions' && it.startConditions.length > 0,
  ],
  ['startDelaySeconds', 'needs start conditions', (it) => it.startDelaySeconds > 0 && it.start !== 'conditions'],
  [
    'minDayVolume',
    'is not asked for by deals that start by command',
    (it) => it.start === 'command' && isAbove0(it.minDayVolume),
  ],
  ['maxPrice', 'must not be below minPrice', (it) => isAbove0(it.maxPrice) && amount(it.maxPrice) < amount(it.minPrice)],
  [
    'stepPercent',
    'the last averaging order would lie 100 % or more below the base order; use fewer orders or smaller steps',
    (it) => !isShort(it) && !isExplicit(it) && it.averagingOrders > 0 && deepestDeviation(it) >= 100,
  ],
  [
    'stepPercent',
    'the last averaging order would lie 1000 % or more above the base order; use fewer orders or smaller steps',
    (it) => isShort(it) && !isExplicit(it) && it.averagingOrders > 0 && deepestDeviation(it) >= 1000,
  ],
  [
    'sizeMultiplier',
    'the last averaging order would be larger than 10000000000; use fewer orders or a smaller multiplier',
    (it) => !isExplicit(it) && it.averagingOrders > 0 && largestAveraging(it) > 1e10,
  ],
  ['ladder', 'percents must rise from order to order', (it) => !rises(it.ladder.map(({ percent }) => percent))],
  [
    'ladder',
    'percents must be above 0 and below 100, in short deals below 1000, and sizes above 0',
    (it) =>
      it.ladder.some(
        ({ percent, size }) => !isAbove0(percent) || Number(percent) >= (isShort(it) ? 1000 : 100) || !isAbove0(size),
      ),
  ],
  [
    'averagingOrdersActive',
    'must be above 0: only averaging orders by conditions do not rest',
    (it) => it.averagingOrdersActive === 0 && count(it) > 0 && it.averagingConditions.length === 0,
  ],
  ['pyramid', 'percents must rise from order to order', (it) => !rises(it.pyramid.map(({ percent }) => percent))],
  [
    'pyramid',
    'percents must be above 0 and at most 10000, in short deals below 100, and sizes above 0',
    (it) =>
      it.pyramid.some(
        ({ percent, size }) => !isAbove0(percent) || !isAbove0(size) || Number(percent) > (isShort(it) ? 99.9999 : 10_000),
      ),
  ],
  [
    'pyramid',
    'the first order lies beyond the last target, so that the deal would be over before it',
    (it) => it.closeConditions.length === 0 && it.pyramid.slice(0, 1).some(({ percent }) => Number(percent) >= lastTarget(it)),
  ],
  [
    'maxPricePercent',
    'must not be below minPricePercent',
    (it) => isAbove0(it.maxPricePercent) && Number(it.maxPricePercent) < Number(it.minPricePercent),
  ],
  ['averagingConditions', 'need at least one averaging order', (it) => it.averagingConditions.length > 0 && count(it) === 0],
  [
    'averagingFrom',
    'must be "base" without averaging conditions',
    (it) => it.averagingFrom === 'last' && it.averagingConditions.length === 0,
  ],
  [
    'baseOrderSize',
    'base order and averaging orders take more than 100 percent of the funds together',
    (it) => percentOfFunds(it) > 100,
  ],
];

const hasOtherExit = (it: Read): boolean =>
  it.takeProfitSteps.length > 0 || isAbove0(it.trailingPercent) || it.closeConditions.length > 0;

const targets: readonly Rule<Read>[] = [
  [
    'takeProfitSteps',
    'shares must make exactly 100 percent together',
    (it) =>
      it.takeProfitSteps.length > 0 && it.takeProfitSteps.reduce((sum, { share }) => sum + amount(share), 0n) !== amount('100'),
  ],
  [
    'takeProfitSteps',
    'percents must be above 0, at most 1000, and rise from step to step; shares must be above 0',
    (it) =>
      !rises(it.takeProfitSteps.map(({ percent }) => percent)) ||
      it.takeProfitSteps.some(({ percent, share }) => !isAbove0(percent) || Number(percent) > 1000 || !isAbove0(share)),
  ],
  [
    'trailingPercent',
    'must be smaller than the last target',
    (it) => isAbove0(it.trailingPercent) && Number(it.trailingPercent) >= lastTarget(it),
  ],
  [
    'closeConditions',
    'close the whole deal: they cannot be together with takeProfitSteps or trailingPercent',
    (it) => it.closeConditions.length > 0 && (it.takeProfitSteps.length > 0 || isAbove0(it.trailingPercent)),
  ],
  ['minProfitOf', 'needs close conditions', (it) => it.minProfitOf !== 'none' && it.closeConditions.length === 0],
  ['minProfitPercent', 'needs minProfitOf', (it) => isAbove0(it.minProfitPercent) && it.minProfitOf === 'none'],
  [
    'profitIn',
    'base cannot be together with takeProfitSteps, trailingPercent or closeConditions',
    (it) => !isShort(it) && it.profitIn === 'base' && hasOtherExit(it),
  ],
  [
    'profitIn',
    'quote cannot be together with takeProfitSteps, trailingPercent or closeConditions in short deals',
    (it) => isShort(it) && it.profitIn === 'quote' && hasOtherExit(it),
  ],
  [
    'takeProfitPercent',
    'must be below 100 in short deals: no price is so low',
    (it) => isShort(it) && it.takeProfitSteps.length === 0 && Number(it.takeProfitPercent) >= 100,
  ],
  [
    'takeProfitSteps',
    'percents must be below 100 in short deals: no price is so low',
    (it) => isShort(it) && it.takeProfitSteps.some(({ percent }) => Number(percent) >= 100),
  ],
];

const hasNoStop = (it: Read): boolean => !isAbove0(it.stopLossPercent);
const isStopTooNear = (it: Read): boolean =>
  !hasNoStop(it) && count(it) > 0 && Number(it.stopLossPercent) <= deepestDeviation(it);
const isScaled = (it: Read): boolean => isAbove0(it.reinvestPercent) || isAbove0(it.riskReductionPercent);

const limits: readonly Rule<Read>[] = [
  [
    'stopLossPercent',
    'the stop would lie above the last averaging order; it must be farther from the base order',
    (it) => !isShort(it) && isStopTooNear(it),
  ],
  [
    'stopLossPercent',
    'the stop would lie below the last averaging order; it must be farther from the base order',
    (it) => isShort(it) && isStopTooNear(it),
  ],
  ['stopTimeoutSeconds', 'needs stopLossPercent', (it) => it.stopTimeoutSeconds > 0 && hasNoStop(it)],
  ['stopTrailing', 'needs stopLossPercent', (it) => it.stopTrailing && hasNoStop(it)],
  ['breakevenSteps', 'needs stopLossPercent', (it) => it.breakevenSteps > 0 && hasNoStop(it)],
  [
    'breakevenSteps',
    'must be smaller than the number of take profit steps',
    (it) => it.breakevenSteps > 0 && it.breakevenSteps >= it.takeProfitSteps.length,
  ],
  [
    'dealsPerPair',
    'must not be above dealsAtOnce, which counts the deals of all pairs',
    (it) => it.dealsPerPair > it.dealsAtOnce,
  ],
  ['dealStepPercent', 'needs dealsPerPair above 1', (it) => isAbove0(it.dealStepPercent) && it.dealsPerPair === 1],
  [
    'dealStepPercent',
    'must be above 0 where several deals of a pair start at once: all would open at the same price',
    (it) => it.start === 'at-once' && it.dealsPerPair > 1 && !isAbove0(it.dealStepPercent),
  ],
  ['dealTimeoutSeconds', 'must be 0 or at least 60', (it) => it.dealTimeoutSeconds > 0 && it.dealTimeoutSeconds < 60],
  [
    'reinvestPercent',
    'and riskReductionPercent scale sizes in quote and base; sizes in percent follow the funds by themselves',
    (it) => isScaled(it) && (it.baseOrderSizeIn === 'percent' || it.averagingOrderSizeIn === 'percent'),
  ],
  [
    'reinvestPercent',
    'and riskReductionPercent count profit in quote; profitIn is base',
    (it) => !isShort(it) && isScaled(it) && it.profitIn === 'base',
  ],
  [
    'reinvestPercent',
    'and riskReductionPercent count profit in base; profitIn is quote',
    (it) => isShort(it) && isScaled(it) && it.profitIn === 'quote',
  ],
];

export const dcaRules: readonly Rule<Read>[] = [...buys, ...targets, ...limits];
