/** The DCA bot: docs/bots/dca.md. */
import { type Amount, baseOf, formatAmount, type PairRules, quantityAmount, quoteOf } from '@holdfast/domain';
import type { PairKind } from '../one-pair.ts';
import { averagingSize, deviation } from './arithmetic.ts';
import { refuses } from './commands.ts';
import { wayOf } from './direction.ts';
import { fundsNeeded, mandateNeeds } from './needs.ts';
import { report } from './report.ts';
import { type DcaSettings, type DcaSettingsText, readDcaSettings, type SizeIn } from './settings.ts';
import { heard, hears } from './signals.ts';
import type { DcaState } from './state.ts';
import { funded, initial, step } from './step.ts';

export const dca: Omit<PairKind<DcaSettingsText, DcaSettings, DcaState>, 'problems'> & {
  readonly problems: typeof problems;
  readonly hears: typeof hears;
  readonly heard: typeof heard;
  readonly funded: typeof funded;
} = {
  name: 'dca',
  readSettings: readDcaSettings,
  pairsOf: ({ pair }) => [pair],
  problems,
  fundsNeeded,
  mandateNeeds,
  initial,
  funded,
  step,
  refuses,
  hears,
  heard,
  report,
  closedDeals: (before, { lastClosed }) => (lastClosed === null || before.lastClosed === lastClosed ? [] : [lastClosed]),
};

/** `of`: whose orders are counted, where the exchange's number of them is shared with others. */
function problems(settings: DcaSettings, rules: PairRules, of = ''): readonly string[] {
  const found: string[] = [];
  const base = smallness(settings.baseOrderSize, settings.baseOrderSizeIn, settings, rules);
  if (base !== null) found.push(`baseOrderSize: The base order of ${base}.`);
  const small = smallestAveraging(settings);
  const averaging = small === null ? null : smallness(small.size, settings.averagingOrderSizeIn, settings, rules);
  if (averaging !== null) found.push(`averagingOrderSize: Averaging order ${small?.index} of ${averaging}.`);
  const last = deviation(settings, settings.averagingOrders);
  if (wayOf(settings).sign === 1 && last.numerator >= last.denominator)
    found.push(`averagingOrders: Averaging order ${settings.averagingOrders} would lie 100 % or more below the base order.`);
  const exits = settings.takeProfits.length;
  const { averagingOrdersActive, averagingOrders, averagingCondition } = settings;
  const resting = averagingCondition === null ? Math.min(averagingOrdersActive, averagingOrders) : 0;
  if (resting + exits > rules.maxOrders)
    found.push(
      `averagingOrdersActive: ${resting} averaging orders and ${exits === 1 ? 'a take profit' : `${exits} take profits`} are more than the ${rules.maxOrders} orders${of} that may rest.`,
    );
  return found;
}

/** How a size is below the exchange's smallest order; null where it is not. Sizes in percent are as large as the funds make them. */
function smallness(size: Amount, sizeIn: SizeIn, { pair }: DcaSettings, rules: PairRules): string | null {
  const least = quantityAmount(rules.minQuantity, rules);
  if (sizeIn === 'quote' && size < rules.minNotional)
    return `${formatAmount(size)} ${quoteOf(pair)} is below the exchange's smallest of ${formatAmount(rules.minNotional)}`;
  if (sizeIn === 'base' && size < least)
    return `${formatAmount(size)} ${baseOf(pair)} is below the exchange's smallest of ${formatAmount(least)}`;
  return null;
}

function smallestAveraging(settings: DcaSettings): { readonly index: number; readonly size: Amount } | null {
  let smallest: { readonly index: number; readonly size: Amount } | null = null;
  for (let index = 1; index <= settings.averagingOrders; index++) {
    const size = averagingSize(settings, index);
    if (smallest === null || size < smallest.size) smallest = { index, size };
  }
  return smallest;
}
