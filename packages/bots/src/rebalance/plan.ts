/**
 * Which orders bring a portfolio to its targets: what the bot does and what the dry run shows.
 *   G1  Nothing is sold beyond what is held, and buys at their limits with fees fit into the quote that is there or comes in.
 *   G2  A trade below `minTrade` or below the exchange's smallest order is left out and said.
 */
import {
  type Amount,
  baseOf,
  divide,
  type Lots,
  lots,
  multiply,
  notional,
  type Pair,
  type PairRules,
  priceAmount,
  type Quote,
  quantityAmount,
  quoteOf,
  type Side,
  type Ticks,
  toLots,
  unit,
} from '@holdfast/domain';
import { buyReserve, lotsWithin, lowered, raised } from '../dca/arithmetic.ts';
import { held, type SubBook } from '../orders/sub-book.ts';
import type { RebalanceSettings } from './settings.ts';

export interface Market {
  readonly rules: PairRules;
  readonly quote: Quote;
}

/** One pair of the portfolio. Amounts in quote but `held`; shares are counts of 10^-18 of one, down. */
export interface Row {
  readonly pair: Pair;
  readonly held: Amount;
  readonly value: Amount;
  readonly share: bigint;
  readonly target: bigint;
  readonly order: { readonly side: Side; readonly quantity: Lots; readonly limit: Ticks; readonly value: Amount } | null;
  /** Why there is no order though the share differs, or null. */
  readonly leftOut: string | null;
}

export interface RebalancePlan {
  /** Value of all in quote, coins at the bid, rounded down. */
  readonly total: Amount;
  readonly cash: Amount;
  readonly rows: readonly Row[];
  /** The widest distance of a share from its target. */
  readonly drift: bigint;
}

const distance = (a: bigint, b: bigint): bigint => (a > b ? a - b : b - a);

/** Null when a price is missing: a missing one is never counted as 0. Without `countsSales` buys use only the quote that is there. */
export function planRebalance(
  settings: RebalanceSettings,
  book: SubBook,
  markets: ReadonlyMap<Pair, Market>,
  countsSales = true,
): RebalancePlan | null {
  const quote = quoteOf((settings.targets[0] as RebalanceSettings['targets'][number]).pair);
  const cash = held(book, quote);
  const lines: { pair: Pair; share: bigint; market: Market; has: Amount; value: Amount }[] = [];
  for (const { pair, share } of settings.targets) {
    const market = markets.get(pair);
    if (market === undefined) return null;
    const has = held(book, baseOf(pair));
    lines.push({ pair, share, market, has, value: multiply(has, priceAmount(market.quote.bid, market.rules), 'down') });
  }
  const total = lines.reduce((sum, { value }) => sum + value, cash as bigint) as Amount;
  if (total === 0n) return { total, cash, rows: [], drift: 0n };
  const shareOf = (value: bigint): bigint => divide(value * unit, total, 'down');

  let funds = cash - multiply(total, settings.cash, 'up');
  const orders = new Map<Pair, Pick<Row, 'order' | 'leftOut'>>();
  for (const { pair, share, market, has, value } of lines) {
    const wanted = multiply(total, share, 'down');
    if (value <= wanted) continue;
    const sale = sell(settings, market, has, (value - wanted) as Amount, share === 0n);
    orders.set(pair, sale);
    if (sale.order !== null && countsSales) funds += proceedsAtLeast(settings, market, sale.order.quantity, sale.order.limit);
  }
  for (const { pair, share, market, value } of lines) {
    const wanted = multiply(total, share, 'down');
    if (value >= wanted) continue;
    const purchase = buy(settings, market, (wanted - value) as Amount, funds);
    orders.set(pair, purchase);
    if (purchase.order !== null) funds -= reserveOf(settings, market, purchase.order.quantity, purchase.order.limit);
  }
  const rows = lines.map(({ pair, share, has, value }) => ({
    pair,
    held: has,
    value,
    share: shareOf(value),
    target: share,
    order: null,
    leftOut: null,
    ...orders.get(pair),
  }));
  const drift = rows.reduce((most, row) => (distance(row.share, row.target) > most ? distance(row.share, row.target) : most), 0n);
  return { total, cash, rows, drift };
}

/** What a sale brings at its limit after the fee, rounded down. */
const proceedsAtLeast = (settings: RebalanceSettings, { rules }: Market, quantity: Lots, limit: Ticks): bigint =>
  multiply(notional(limit, quantity, rules, 'down'), unit - settings.fee, 'down');

const reserveOf = (settings: RebalanceSettings, { rules }: Market, quantity: Lots, limit: Ticks): bigint =>
  buyReserve(quantityAmount(quantity, rules), priceAmount(limit, rules), {
    fee: settings.fee,
    feeAsset: settings.feeInQuote ? 'quote' : 'base',
  });

const leaveOut = (leftOut: string): Pick<Row, 'order' | 'leftOut'> => ({ order: null, leftOut });

/** With `all`, the target is nothing: every lot goes. */
function sell(settings: RebalanceSettings, { rules, quote }: Market, has: Amount, excess: Amount, all: boolean) {
  const limit = lowered(quote.bid, settings.slippage);
  const wanted = all ? has : divide(excess * unit, priceAmount(quote.bid, rules), 'down');
  const quantity = lots(Math.min(toLots((wanted < has ? wanted : has) as Amount, rules, 'down'), rules.maxQuantity));
  return judged(settings, rules, 'sell', quantity, limit, quote.bid);
}

function buy(settings: RebalanceSettings, market: Market, missing: Amount, funds: bigint) {
  const { rules, quote } = market;
  const limit = Math.min(raised(quote.ask, settings.slippage), rules.maxPrice) as Ticks;
  let quantity = lots(Math.min(lotsWithin(missing, quote.ask, rules), rules.maxQuantity));
  if (reserveOf(settings, market, quantity, limit) > funds) {
    const within = settings.feeInQuote ? divide((funds > 0n ? funds : 0n) * unit, unit + settings.fee, 'down') : funds;
    quantity = lots(Math.min(quantity, lotsWithin(within, limit, rules)));
    while (quantity > 0 && reserveOf(settings, market, quantity, limit) > funds) quantity = lots(quantity - 1);
    if (quantity === 0) return leaveOut('no quote is left for it');
  }
  return judged(settings, rules, 'buy', quantity, limit, quote.ask);
}

/** G2. The value counts at the price of now, the exchange's smallest order at the limit of a sale too. */
function judged(settings: RebalanceSettings, rules: PairRules, side: Side, quantity: Lots, limit: Ticks, price: Ticks) {
  const value = notional(price, quantity, rules, 'down');
  const least = notional(Math.min(limit, price) as Ticks, quantity, rules, 'down');
  if (value < settings.minTrade) return leaveOut('below the smallest trade of the settings');
  if (quantity === 0 || quantity < rules.minQuantity || least < rules.minNotional)
    return leaveOut("below the exchange's smallest order");
  return { order: { side, quantity, limit, value }, leftOut: null };
}
