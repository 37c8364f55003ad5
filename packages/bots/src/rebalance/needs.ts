/** What a rebalancing bot needs: funds that make an order of every coin, and the smallest mandate. */
import {
  type Amount,
  baseOf,
  divide,
  type MandateNeeds,
  multiply,
  type Pair,
  type PairNeeds,
  type PairRules,
  priceAmount,
  type Quote,
  quoteOf,
  type Ticks,
  unit,
  zero,
} from '@holdfast/domain';
import type { Allotment, FirstOrder, Quotes, RulesByPair } from '../bot-kind.ts';
import { raised } from '../dca/arithmetic.ts';
import { mandateAmount } from '../mandate-amount.ts';
import { quoteFor, rulesOf } from '../one-pair.ts';
import { held, type SubBook } from '../orders/sub-book.ts';
import { planRebalance } from './plan.ts';
import type { RebalanceSettings } from './settings.ts';

/** By how much the portfolio may grow, and its coins rise, before the mandate is too small. */
const growth = 2n;

export const quoteOfAll = ({ targets: [first] }: RebalanceSettings) =>
  quoteOf((first as RebalanceSettings['targets'][number]).pair);

/** The value at which each coin with a target can be bought: a tenth above the exchange's smallest order and the settings' own. */
function leastTotal({ targets, minTrade }: RebalanceSettings, rules: RulesByPair): bigint {
  let most = 0n;
  for (const { pair, share } of targets) {
    if (share === 0n) continue;
    const { minNotional } = rulesOf(rules, pair);
    const order = ((minTrade > minNotional ? minTrade : minNotional) * 11n) / 10n;
    const total = divide(order * unit, share, 'up');
    if (total > most) most = total;
  }
  return most;
}

const worth = (quantity: Amount, rules: PairRules, { bid }: Quote): Amount => multiply(quantity, priceAmount(bid, rules), 'down');

function coinsWorth({ targets }: RebalanceSettings, rules: RulesByPair, quotes: Quotes, book: SubBook): bigint {
  return targets.reduce(
    (sum, { pair }) => sum + worth(held(book, baseOf(pair)), rulesOf(rules, pair), quoteFor(quotes, pair)),
    0n,
  );
}

/** Coins are taken and not needed; what they are worth is less quote to bring. */
export function fundsNeeded(
  settings: RebalanceSettings,
  rules: RulesByPair,
  quotes: Quotes,
  given: SubBook,
): readonly Allotment[] {
  const missing = leastTotal(settings, rules) - coinsWorth(settings, rules, quotes, given);
  const coins = settings.targets.map(({ pair }) => ({ asset: baseOf(pair), amount: zero }));
  return [{ asset: quoteOfAll(settings), amount: (missing > 0n ? missing : 0n) as Amount }, ...coins];
}

/**
 * Both sides of every pair by `ioc` orders. The portfolio may double: a coin is bought for at most its share of that, and sold for
 * at most the larger of its share and what is there at the start. One whole turn of the doubled portfolio in 24 hours: the vault
 * counts what is bought twice.
 */
export function mandateNeeds(settings: RebalanceSettings, rules: RulesByPair, quotes: Quotes, funds: SubBook): MandateNeeds {
  const total = coinsWorth(settings, rules, quotes, funds) + held(funds, quoteOfAll(settings));
  const pairs = settings.targets.map(({ pair, share }) => {
    const [known, quote] = [rulesOf(rules, pair), quoteFor(quotes, pair)];
    return needsOf(settings, pair, known, quote, { share, total, has: held(funds, baseOf(pair)) });
  });
  return {
    pairs,
    turnover24h: mandateAmount(3n * growth * total, 'up'),
    openOrders: settings.targets.length,
    // One order of each coin at once; sales of coins that were allotted count as entries.
    maxOpenQuote: pairs.reduce((sum, { maxOrderQuote }) => (sum + maxOrderQuote) as Amount, zero),
  };
}

interface Part {
  readonly share: bigint;
  /** Of the portfolio, in quote. */
  readonly total: bigint;
  /** Base that is there at the start. */
  readonly has: Amount;
}

function needsOf(
  { slippage }: RebalanceSettings,
  pair: Pair,
  rules: PairRules,
  quote: Quote,
  { share, total, has }: Part,
): PairNeeds {
  const cap = priceAmount(Math.min(raised(quote.ask, slippage), rules.maxPrice) as Ticks, rules);
  const floor = divide(priceAmount(quote.bid, rules), growth, 'down');
  const wanted = multiply(growth * total, share, 'up');
  const there = growth * worth(has, rules, quote);
  const order = multiply(wanted > there ? wanted : there, unit + slippage, 'up');
  const base = divide(wanted * unit, floor, 'up');
  return {
    pair,
    sides: share === 0n ? ['sell'] : ['buy', 'sell'],
    orders: ['ioc'],
    maxOrderQuote: mandateAmount(order, 'up'),
    maxOrderBase: mandateAmount(base > has ? base : has, 'up'),
    maxPositionQuote: mandateAmount(order, 'up'),
    floor: mandateAmount(floor, 'down'),
    ceiling: mandateAmount(growth * cap, 'up'),
    maxSellHeldBase24h: mandateAmount(has, 'up'),
  };
}

/** The dry run: what would be ordered at once, with the sales counted in. */
export function firstOrders(
  settings: RebalanceSettings,
  rules: RulesByPair,
  quotes: Quotes,
  funds: SubBook,
): readonly FirstOrder[] {
  const markets = new Map(
    settings.targets.map(({ pair }) => [pair, { rules: rulesOf(rules, pair), quote: quoteFor(quotes, pair) }]),
  );
  return (planRebalance(settings, funds, markets)?.rows ?? []).map(({ pair, order, leftOut }) => ({
    pair,
    order,
    reason: order === null ? (leftOut ?? 'its share is as it should be') : null,
  }));
}
