/** What the needs of long and short deals are made of. */
import { type Amount, divide, type PairRules, unit } from '@holdfast/domain';
import { averagingSize } from './arithmetic.ts';
import type { DcaSettings } from './settings.ts';
import type { Sizing } from './state.ts';

/** How far a later deal may open from now, either way: 25 %. */
export const room = unit / 4n;
/** Quote that the orders of a bot may turn over in 24 hours, as a multiple of its funds. */
export const turnoverOfFunds = 50n;

export const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
export const most = (values: readonly bigint[]): bigint => values.reduce((top, value) => (value > top ? value : top), 0n);

/** Earned profit that is put in again makes orders larger; the mandate leaves room for them to grow by that share, once over. */
export const largest = (settings: DcaSettings, funds: Amount): Sizing => ({ funds, scale: unit + settings.reinvest });

/** What sizes in percent need on top of the others: each as large as the exchange's smallest order, and a tenth more. */
export function fundsForPercent(settings: DcaSettings, smallestOrder: bigint, others: bigint): bigint {
  const sizes = [
    ...(settings.baseOrderSizeIn === 'percent' ? [settings.baseOrderSize] : []),
    ...(settings.averagingOrderSizeIn === 'percent'
      ? [
          ...Array.from({ length: settings.averagingOrders }, (_, n) => averagingSize(settings, n + 1)),
          ...settings.pyramid.map(({ size }) => size),
        ]
      : []),
  ].filter((size) => size > 0n);
  if (sizes.length === 0) return 0n;
  const smallest = sizes.reduce((least, size) => (size < least ? size : least));
  const forSmallest = divide(smallestOrder * 11n * unit, smallest * 10n, 'up');
  const together = sum(sizes);
  const forOthers = together >= unit ? others : divide(others * unit, unit - together, 'up');
  return most([forSmallest, forOthers]) - others;
}

/** Whether targets and stop may rest together, where the exchange's filters allow it at the time. */
const mayPair = ({ direction, stopLoss, stopTimeoutMs, closeCondition }: DcaSettings, rules: PairRules): boolean =>
  direction === 'long' && stopLoss > 0n && stopTimeoutMs === 0 && closeCondition === null && rules.maxOrderLists > 0;

/** Whether a stop loss rests at the exchange at any time, where balance and filters allow. */
export function stopMayRest(settings: DcaSettings, rules: PairRules): boolean {
  const { stopLoss, stopTimeoutMs, restsFirst, trailing, closeCondition } = settings;
  if (stopLoss === 0n || stopTimeoutMs > 0 || rules.maxAlgoOrders === 0) return false;
  return restsFirst === 'stop-loss' || trailing > 0n || closeCondition !== null || mayPair(settings, rules);
}

/** Exits that rest at once; a target that rests with the stop is two orders, and what no target sells has a stop of its own. */
export function restingExits(settings: DcaSettings, rules: PairRules): number {
  const targets = settings.takeProfits.length;
  const resting = settings.trailing > 0n ? targets - 1 : targets;
  const fits = resting <= Math.min(rules.maxOrderLists, rules.maxAlgoOrders) && 2 * resting <= rules.maxOrders;
  return fits && mayPair(settings, rules) ? Math.max(targets, 2 * resting + 1) : targets;
}
