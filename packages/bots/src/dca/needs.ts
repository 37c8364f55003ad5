/**
 * What a DCA bot needs: funds for one deal, and the smallest mandate (of short deals: needs-short.ts). The price at which a later deal opens is not known, so the
 * corridor leaves it room: a quarter below the last averaging order and a quarter above the take profit, as counted from now.
 */
import {
  type Amount,
  divide,
  lots,
  type MandateNeeds,
  multiply,
  notional,
  type PairRules,
  priceAmount,
  type Quote,
  quantityAmount,
  quoteOf,
  type Ticks,
  unit,
  zero,
} from '@holdfast/domain';
import type { Allotment } from '../bot-kind.ts';
import { mandateAmount } from '../mandate-amount.ts';
import { held, type SubBook } from '../orders/sub-book.ts';
import { asPyramid, asSet, averagingPrice, averagingSize, buyReserve, lotsFor, raised, sizedLots } from './arithmetic.ts';
import { fundsForPercent, largest, most, restingExits, room, stopMayRest, sum, turnoverOfFunds } from './needs-parts.ts';
import { shortFundsNeeded, shortMandateNeeds } from './needs-short.ts';
import type { DcaSettings } from './settings.ts';
import type { Holding, Sizing } from './state.ts';

interface Buy {
  /** In quote, fees in quote included. */
  readonly cost: bigint;
  /** In quote, without fees. */
  readonly value: bigint;
  readonly base: bigint;
  readonly price: bigint;
}

/** The buys of one deal that opens at `ask`, each as large as it can be; the base order first. */
function buysOf(settings: DcaSettings, rules: PairRules, ask: Ticks, sizing: Sizing): readonly Buy[] {
  const cap = Math.min(raised(ask, settings.slippage), rules.maxPrice) as Ticks;
  const price = priceAmount(cap, rules);
  const base = quantityAmount(sizedLots(settings.baseOrderSize, settings.baseOrderSizeIn, ask, rules, sizing), rules);
  const buys: Buy[] = [{ cost: buyReserve(base, price, settings), value: multiply(base, price, 'up'), base, price }];
  const averageAtMost: Holding = {
    quantity: unit as Amount,
    cost: divide(price * (unit + settings.fee), unit - settings.fee, 'up') as Amount,
  };
  const laddered = [settings, asPyramid(settings)].flatMap((of) =>
    Array.from({ length: of.averagingOrders }, (_, n) => [of, n + 1] as const),
  );
  for (const [of, n] of laddered) {
    const at = averagingPrice(of, averageAtMost, rules, n);
    if (at === null) continue;
    // The price is not known yet: one lot at the highest it can be covers the rounding up at any lower one.
    const value = averagingValue(of, n, at, rules, sizing) + notional(at, lots(1), rules, 'up');
    const quantity = quantityAmount(lotsFor(value as Amount, at, rules), rules);
    buys.push({ cost: buyReserve(value, unit, settings), value, base: quantity, price: priceAmount(at, rules) });
  }
  return buys;
}

/** An averaging order in quote. */
function averagingValue(settings: DcaSettings, n: number, at: Ticks, rules: PairRules, { funds, scale }: Sizing): bigint {
  const size = averagingSize(settings, n);
  if (settings.averagingOrderSizeIn === 'percent') return multiply(funds, size, 'up');
  const scaled = scale === unit ? size : multiply(size, scale, 'up');
  return settings.averagingOrderSizeIn === 'base' ? multiply(scaled, priceAmount(at, rules), 'up') : scaled;
}

/** Base order at its cap and every averaging order, each rounded up to the lot, fees in quote included. */
export function fundsNeeded(settings: DcaSettings, rules: PairRules, quote: Quote): readonly Allotment[] {
  if (settings.direction === 'short') return shortFundsNeeded(settings, rules, quote);
  const { ask } = quote;
  const amount = sum(buysOf(settings, rules, ask, asSet).map(({ cost }) => cost));
  return [{ asset: quoteOf(settings.pair), amount: (amount + fundsForPercent(settings, rules.minNotional, amount)) as Amount }];
}

export function mandateNeeds(settings: DcaSettings, rules: PairRules, quote: Quote, funds: SubBook): MandateNeeds {
  if (settings.direction === 'short') return shortMandateNeeds(settings, rules, quote, funds);
  const { ask } = quote;
  const buys = buysOf(settings, rules, ask, largest(settings, held(funds, quoteOf(settings.pair))));
  const cost = sum(buys.map(({ cost: each }) => each));
  const lowest = lowestPrice(settings, buys);
  const topPrice =
    divide(most(buys.map(({ price }) => price)) * (unit + settings.takeProfit), unit - settings.fee, 'up') + rules.tick;
  // A lot is worth more where the price has risen: one more of them at the ceiling covers each rounding up.
  const ceiling = divide(topPrice * (unit + room), unit, 'up');
  const floor = divide(lowest * (unit - room), unit, 'down');
  const lot = multiply(rules.lot, ceiling, 'up');
  const values = buys.map(({ value }) => value + lot);
  const active = settings.averagingOrdersActive;
  const averaging = values.slice(1).sort((a, b) => (b > a ? 1 : -1));
  return {
    pairs: [
      {
        pair: settings.pair,
        sides: ['buy', 'sell'],
        orders: ['limit', 'ioc', ...(stopMayRest(settings, rules) ? (['stop-limit'] as const) : [])],
        maxOrderQuote: mandateAmount(most(values), 'up'),
        // The take profit sells all that was bought, at the lowest that it can have been bought at.
        maxOrderBase: mandateAmount(divide(sum(buys.map(({ base }) => base)) * unit, unit - room, 'up'), 'up'),
        // A lot more: what fees leave of one is carried into the next deal.
        maxPositionQuote: mandateAmount(sum(values) + lot, 'up'),
        floor: mandateAmount(floor, 'down'),
        ceiling: mandateAmount(ceiling, 'up'),
        maxSellHeldBase24h: zero,
      },
    ],
    turnover24h: mandateAmount(most([held(funds, quoteOf(settings.pair)), cost]) * turnoverOfFunds, 'up'),
    openOrders: active + restingExits(settings, rules),
    maxOpenQuote: mandateAmount(most([sum(averaging.slice(0, active)), values[0] as bigint]), 'up'),
  };
}

/** The lowest limit before the room below: of the last averaging order, or of the stop. */
function lowestPrice({ stopLoss, stopGap }: DcaSettings, buys: readonly Buy[]): bigint {
  const price = buys.reduce((low, buy) => (buy.price < low ? buy.price : low), (buys[0] as Buy).price);
  if (stopLoss === 0n) return price;
  const stop = ((buys[0] as Buy).price * (unit - stopLoss) * (unit - stopGap)) / (unit * unit);
  return stop < price ? stop : price;
}
