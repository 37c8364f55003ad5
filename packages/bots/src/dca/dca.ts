/** The DCA bot, long: docs/bots/dca.md. */
import { type Amount, formatAmount, type PairRules, quoteOf, unit } from '@holdfast/domain';
import type { BotKind } from '../bot-kind.ts';
import { averagingSize, deviation } from './arithmetic.ts';
import { fundsNeeded, mandateNeeds } from './needs.ts';
import { report } from './report.ts';
import { type DcaSettings, type DcaSettingsText, readDcaSettings } from './settings.ts';
import type { DcaState } from './state.ts';
import { initial, refuses, step } from './step.ts';

export const dca: BotKind<DcaSettingsText, DcaSettings, DcaState> = {
  name: 'dca',
  readSettings: readDcaSettings,
  pairsOf: ({ pair }) => [pair],
  problems,
  fundsNeeded,
  mandateNeeds,
  initial,
  step,
  refuses,
  report,
  closedDeals: (before, { lastClosed }) => (lastClosed === null || before.lastClosed === lastClosed ? [] : [lastClosed]),
};

function problems(settings: DcaSettings, rules: PairRules): readonly string[] {
  const found: string[] = [];
  const least = formatAmount(rules.minNotional);
  const asset = quoteOf(settings.pair);
  if (settings.baseOrderSize < rules.minNotional)
    found.push(
      `The base order of ${formatAmount(settings.baseOrderSize)} ${asset} is below the exchange's smallest of ${least}.`,
    );
  const small = smallestAveraging(settings);
  if (small !== null && small.size < rules.minNotional)
    found.push(
      `Averaging order ${small.index} of ${formatAmount(small.size)} ${asset} is below the exchange's smallest of ${least}.`,
    );
  const last = deviation(settings, settings.averagingOrders);
  if (last.numerator >= last.denominator)
    found.push(`Averaging order ${settings.averagingOrders} would lie 100 % or more below the base order.`);
  if (settings.averagingOrdersActive + 1 > rules.maxOrders)
    found.push(
      `${settings.averagingOrdersActive} averaging orders and a take profit are more than the ${rules.maxOrders} orders that may rest.`,
    );
  return found;
}

function smallestAveraging(settings: DcaSettings): { readonly index: number; readonly size: Amount } | null {
  if (settings.averagingOrders === 0) return null;
  const index = settings.sizeMultiplier < unit ? settings.averagingOrders : 1;
  return { index, size: averagingSize(settings, index) };
}
