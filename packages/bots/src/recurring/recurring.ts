/** Recurring buys of one pair: docs/bots/recurring.md. */
import {
  type Amount,
  baseOf,
  divide,
  formatAmount,
  type MandateNeeds,
  multiply,
  type PairReport,
  type PairRules,
  priceAmount,
  type Quote,
  quoteOf,
  runsPerDay,
  type Ticks,
  unit,
  utcText,
  zero,
} from '@holdfast/domain';
import type { Allotment } from '../bot-kind.ts';
import { raised } from '../dca/arithmetic.ts';
import { mandateAmount } from '../mandate-amount.ts';
import type { PairKind } from '../one-pair.ts';
import { fundedBook, held } from '../orders/sub-book.ts';
import { type RecurringSettings, type RecurringSettingsText, readRecurringSettings } from './settings.ts';
import type { RecurringState } from './state.ts';
import { initial, refuses, step } from './step.ts';

export const recurring: PairKind<RecurringSettingsText, RecurringSettings, RecurringState> = {
  name: 'recurring',
  readSettings: readRecurringSettings,
  pairsOf: ({ pair }) => [pair],
  problems,
  fundsNeeded,
  mandateNeeds,
  initial,
  funded: ({ pair }, state, asset, more) => fundedBook([quoteOf(pair)], state, asset, more),
  step,
  refuses,
  report,
  closedDeals: (before, { lastClosed }) => (lastClosed === null || before.lastClosed === lastClosed ? [] : [lastClosed]),
};

/** A size below the exchange's smallest order is no fault: it is carried until it is enough. */
function problems(settings: RecurringSettings, rules: PairRules): readonly string[] {
  const found: string[] = [];
  if (settings.maxPrice !== null && settings.maxPrice < rules.tick)
    found.push(`maxPrice: ${formatAmount(settings.maxPrice)} is below the smallest price of ${formatAmount(rules.tick)}.`);
  if (settings.purchases > 0 && settings.size * BigInt(settings.purchases) < rules.minNotional)
    found.push(`size: all purchases together are below the exchange's smallest order of ${formatAmount(rules.minNotional)}.`);
  return found;
}

const fundedOf = ({ purchases, funded }: RecurringSettings): bigint =>
  BigInt(purchases > 0 ? Math.min(purchases, funded) : funded);

/** What one purchase can take: its size at the slippage, the fee where it is paid in quote. */
function costOf({ size, slippage, fee, feeAsset }: RecurringSettings): Amount {
  const value = multiply(size, unit + slippage, 'up');
  return feeAsset === 'quote' ? multiply(value, unit + fee, 'up') : value;
}

function fundsNeeded(settings: RecurringSettings): readonly Allotment[] {
  return [{ asset: quoteOf(settings.pair), amount: (costOf(settings) * fundedOf(settings)) as Amount }];
}

/**
 * Buys only. A time that was missed or an amount that was carried comes on top of the next: four sizes in one order, at least the
 * exchange's smallest order twice, never more than the funds with `missed: all`. The price may halve or double.
 */
function mandateNeeds(
  settings: RecurringSettings,
  rules: PairRules,
  { ask, bid }: Quote,
  funds: Readonly<Record<string, Amount>>,
): MandateNeeds {
  const given = held(funds, quoteOf(settings.pair));
  const usual = larger(4n * costOf(settings), 2n * rules.minNotional);
  const order = settings.missed === 'all' || settings.aboveMaxPrice !== 'skip' ? larger(given, usual) : usual;
  const cap = priceAmount(Math.min(raised(ask, settings.slippage), rules.maxPrice) as Ticks, rules);
  const floor = divide(priceAmount(bid, rules), 2n, 'down');
  return {
    pairs: [
      {
        pair: settings.pair,
        sides: ['buy'],
        orders: ['ioc'],
        maxOrderQuote: mandateAmount(order, 'up'),
        maxOrderBase: mandateAmount(divide(order * unit, floor, 'up'), 'up'),
        maxPositionQuote: mandateAmount(larger(given, order), 'up'),
        floor: mandateAmount(floor, 'down'),
        ceiling: mandateAmount(settings.maxPrice ?? 2n * cap, 'up'),
        maxSellHeldBase24h: zero,
      },
    ],
    // The vault also counts the exit of all coins held (decision 0008), and this bot never sells.
    turnover24h: mandateAmount(given + larger(order, costOf(settings) * BigInt(runsPerDay(settings.schedule))), 'up'),
    openOrders: 1,
    maxOpenQuote: mandateAmount(order, 'up'),
  };
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

function report(settings: RecurringSettings, state: RecurringState): PairReport {
  const [base, quote] = [baseOf(settings.pair), quoteOf(settings.pair)];
  return {
    state: state.purchase !== null ? 'deal-open' : state.running && !isDone(settings, state) ? 'idle' : 'stopped',
    waitingFor: waitingFor(settings, state),
    deal: null,
    dealsClosed: state.purchasesDone,
    realised: zero,
    holdings: [
      { asset: quote, amount: held(state.book, quote) },
      { asset: base, amount: held(state.book, base) },
    ],
    dust: { quantity: zero, cost: zero },
    kept: state.held,
  };
}

const isDone = ({ purchases }: RecurringSettings, state: RecurringState): boolean =>
  purchases > 0 && state.purchasesBegun >= purchases && state.purchase === null;

function waitingFor(settings: RecurringSettings, state: RecurringState): string {
  const { pair } = settings;
  const carried = state.pending > 0n ? `; ${formatAmount(state.pending)} ${quoteOf(pair)} are carried` : '';
  const skipped = state.skipped > 0 ? `; ${state.skipped} times were skipped, last because ${state.skippedBecause}` : '';
  const { purchase, stoppedBecause, orders, holdup } = state;
  if (purchase !== null) {
    if (state.halted) return `trading of ${pair} to go on; the exchange has halted it`;
    if (orders.length > 0) return `order ${orders[0]?.id} of purchase ${purchase.number} to be answered`;
    if (holdup !== null) return `${utcText(holdup.at)} to try purchase ${purchase.number} again: ${holdup.reason}`;
    const ceiling = settings.maxPrice === null ? '' : ` at or below ${formatAmount(settings.maxPrice)}`;
    return `a price of ${pair}${ceiling} for purchase ${purchase.number}${carried}`;
  }
  if (isDone(settings, state)) return `nothing: all ${settings.purchases} purchases were made${carried}${skipped}`;
  if (!state.running) {
    const why = stoppedBecause === null ? '' : `: ${stoppedBecause.reason} (${stoppedBecause.code})`;
    const first = stoppedBecause?.code === 'funds-short' ? 'give it more funds, then ' : '';
    return `stopped${why}; ${first}resume it to buy again${carried}${skipped}`;
  }
  return state.nextAt === null ? 'the first event' : `${utcText(state.nextAt)} to buy${carried}${skipped}`;
}
