/** The DCA bot, long: docs/bots/dca.md. */
import {
  type Amount,
  divide,
  formatAmount,
  lots,
  notional,
  type PairRules,
  priceAmount,
  type Quote,
  quoteOf,
  type Ticks,
  unit,
} from '@holdfast/domain';
import type { Allotment, BotKind } from '../bot-kind.ts';
import { averagingPrice, averagingSize, buyReserve, deviation, lotsFor, raised } from './arithmetic.ts';
import { report } from './report.ts';
import { type DcaSettings, type DcaSettingsText, readDcaSettings } from './settings.ts';
import type { DcaState, Holding } from './state.ts';
import { initial, refuses, step } from './step.ts';

export const dca: BotKind<DcaSettingsText, DcaSettings, DcaState> = {
  name: 'dca',
  readSettings: readDcaSettings,
  pairsOf: ({ pair }) => [pair],
  problems,
  fundsNeeded,
  initial,
  step,
  refuses,
  report,
  closedDeal: (before, after) => (before.lastClosed === after.lastClosed ? null : after.lastClosed),
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

/** Base order at its cap and every averaging order, each rounded up to the lot, fees in quote included. */
function fundsNeeded(settings: DcaSettings, rules: PairRules, { ask }: Quote): Allotment {
  const cap = Math.min(raised(ask, settings.slippage), rules.maxPrice) as Ticks;
  const price = priceAmount(cap, rules);
  const reserve = (size: Amount, at: Ticks, limit: Amount): bigint =>
    buyReserve(BigInt(lotsFor(size, at, rules)) * rules.lot, limit, settings);
  const averageAtMost: Holding = {
    quantity: unit as Amount,
    cost: divide(price * (unit + settings.fee), unit - settings.fee, 'up') as Amount,
  };
  let amount = reserve(settings.baseOrderSize, ask, price);
  for (let n = 1; n <= settings.averagingOrders; n++) {
    const at = averagingPrice(settings, averageAtMost, rules, n);
    if (at === null) break;
    const size = averagingSize(settings, n);
    // The price is not known yet: one lot at the highest it can be covers the rounding up at any lower one.
    amount += buyReserve(size + notional(at, lots(1), rules, 'up'), unit, settings);
  }
  return { asset: quoteOf(settings.pair), amount: amount as Amount };
}
