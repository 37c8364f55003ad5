/**
 * What a bot of short deals needs: coins for one deal, and the smallest mandate. It sells what it was allotted (the right
 * `sell-held`, at most so much in 24 hours as it was given) and buys back, which the vault takes for entries: their size, their
 * worth at rest and the position that they make are those of a whole deal. The price of a later deal is given the same room as in
 * needs.ts, above the last averaging order and the stop, and below the last target.
 */
import {
  type Amount,
  baseOf,
  divide,
  lots,
  type MandateNeeds,
  multiply,
  type PairRules,
  priceAmount,
  type Quote,
  quantityAmount,
  type Ticks,
  toLots,
  unit,
} from '@holdfast/domain';
import type { Allotment } from '../bot-kind.ts';
import { mandateAmount } from '../mandate-amount.ts';
import { held, type SubBook } from '../orders/sub-book.ts';
import { asPyramid, asSet, averagingPrice, averagingSize, entryCap, sizedLots } from './arithmetic.ts';
import { short } from './direction.ts';
import { fundsForPercent, largest, most, restingExits, room, stopMayRest, sum, turnoverOfFunds } from './needs-parts.ts';
import type { DcaSettings } from './settings.ts';
import type { Holding, Sizing } from './state.ts';

interface Sale {
  readonly base: bigint;
  readonly price: bigint;
}

/** The sales of one deal that opens at `price`, each as large as it can be; the base order first. */
function salesOf(settings: DcaSettings, rules: PairRules, price: Ticks, sizing: Sizing): readonly Sale[] {
  const lowest = entryCap(short, price, settings.slippage, rules);
  const base = quantityAmount(sizedLots(settings.baseOrderSize, settings.baseOrderSizeIn, lowest, rules, sizing, short), rules);
  const sales: Sale[] = [{ base, price: priceAmount(price, rules) }];
  // Sizes in quote are the more coins the lower the price, so the lowest that P0 can have is taken, and one lot more.
  const least: Holding = { quantity: multiply(priceAmount(lowest, rules), unit - settings.fee, 'down'), cost: unit as Amount };
  const laddered = [settings, asPyramid(settings)].flatMap((of) =>
    Array.from({ length: of.averagingOrders }, (_, n) => [of, n + 1] as const),
  );
  for (const [of, n] of laddered) {
    const at = averagingPrice(of, least, rules, n);
    if (at === null) continue;
    const count = sizedLots(averagingSize(of, n), settings.averagingOrderSizeIn, at, rules, sizing, short);
    const top = multiply(priceAmount(price, rules), priceAmount(at, rules), 'up');
    const highest = divide(top * unit, least.quantity, 'up');
    sales.push({ base: quantityAmount(lots(count + 1), rules), price: highest });
  }
  return sales;
}

/** Coins of the base order and every averaging order, each rounded up to the lot. */
export function shortFundsNeeded(settings: DcaSettings, rules: PairRules, { bid }: Quote): readonly Allotment[] {
  const others = sum(salesOf(settings, rules, bid, asSet).map(({ base }) => base));
  const least = divide(rules.minNotional * unit, priceAmount(entryCap(short, bid, settings.slippage, rules), rules), 'up');
  const smallest = most([least, quantityAmount(rules.minQuantity, rules)]);
  const amount = others + fundsForPercent(settings, smallest, others);
  return [{ asset: baseOf(settings.pair), amount: quantityAmount(toLots(amount as Amount, rules, 'up'), rules) }];
}

export function shortMandateNeeds(settings: DcaSettings, rules: PairRules, { bid }: Quote, funds: SubBook): MandateNeeds {
  const given = held(funds, baseOf(settings.pair));
  const sales = salesOf(settings, rules, bid, largest(settings, given));
  const base = sum(sales.map((sale) => sale.base));
  const prices = sales.map(({ price }) => price);
  const [floor, ceiling] = [lowest(settings, prices), highest(settings, prices)];
  const lot = multiply(rules.lot, ceiling, 'up');
  // Sizes in base are worth more where the price has risen until a later deal.
  const values = sales.map((sale) => multiply(multiply(sale.base, sale.price, 'up'), unit + room, 'up') + lot);
  const whole = sum(values);
  const active = settings.averagingOrdersActive;
  return {
    pairs: [
      {
        pair: settings.pair,
        sides: ['buy', 'sell'],
        orders: ['limit', 'ioc', ...(stopMayRest(settings, rules) ? (['stop-limit'] as const) : [])],
        maxOrderQuote: mandateAmount(whole, 'up'),
        maxOrderBase: mandateAmount(most([base, divide(whole * unit, floor, 'up')]), 'up'),
        maxPositionQuote: mandateAmount(whole, 'up'),
        floor: mandateAmount(floor, 'down'),
        ceiling: mandateAmount(ceiling, 'up'),
        maxSellHeldBase24h: mandateAmount(most([given, base]), 'up'),
      },
    ],
    turnover24h: mandateAmount(multiply(most([given, base]), ceiling, 'up') * turnoverOfFunds, 'up'),
    openOrders: active + restingExits(settings, rules),
    maxOpenQuote: mandateAmount(whole, 'up'),
  };
}

/** Below the last target and the slippage under it, by the room that later deals have. */
function lowest({ takeProfit, slippage, fee }: DcaSettings, prices: readonly bigint[]): bigint {
  const first = prices.reduce((low, price) => (price < low ? price : low));
  const target = first * (unit - takeProfit) * (unit - fee) * (unit - slippage);
  return divide(target * (unit - room), unit ** 4n, 'down');
}

/** Above the last averaging order, the stop with its gap, and the slippage over it, by that room. */
function highest({ stopLoss, stopGap, slippage }: DcaSettings, prices: readonly bigint[]): bigint {
  const stop = divide((prices[0] as bigint) * (unit + stopLoss) * (unit + stopGap), unit * unit, 'up');
  return divide(most([...prices, stop]) * (unit + slippage) * (unit + room), unit * unit, 'up');
}
