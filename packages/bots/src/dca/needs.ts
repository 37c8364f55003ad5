/**
 * What a DCA bot needs: funds for one deal, and the smallest mandate. The price at which a later deal opens is not known, so the
 * corridor leaves it room: a quarter below the last averaging order and a quarter above the take profit, as counted from now.
 */
import {
  type Amount,
  divide,
  lots,
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
import type { Allotment, MandateNeeds } from '../bot-kind.ts';
import { mandateAmount } from '../mandate-amount.ts';
import { held, type SubBook } from '../orders/sub-book.ts';
import { averagingPrice, averagingSize, buyReserve, lotsFor, raised } from './arithmetic.ts';
import type { DcaSettings } from './settings.ts';
import type { Holding } from './state.ts';

/** How far a later deal may open from now, either way: 25 %. */
const room = unit / 4n;
/** Quote that the orders of a bot may turn over in 24 hours, as a multiple of its funds. */
const turnoverOfFunds = 50n;

interface Buy {
  /** In quote, fees in quote included. */
  readonly cost: bigint;
  /** In quote, without fees. */
  readonly value: bigint;
  readonly base: bigint;
  readonly price: bigint;
}

/** The buys of one deal that opens at `ask`, each as large as it can be; the base order first. */
function buysOf(settings: DcaSettings, rules: PairRules, ask: Ticks): readonly Buy[] {
  const cap = Math.min(raised(ask, settings.slippage), rules.maxPrice) as Ticks;
  const price = priceAmount(cap, rules);
  const base = quantityAmount(lotsFor(settings.baseOrderSize, ask, rules), rules);
  const buys: Buy[] = [{ cost: buyReserve(base, price, settings), value: multiply(base, price, 'up'), base, price }];
  const averageAtMost: Holding = {
    quantity: unit as Amount,
    cost: divide(price * (unit + settings.fee), unit - settings.fee, 'up') as Amount,
  };
  for (let n = 1; n <= settings.averagingOrders; n++) {
    const at = averagingPrice(settings, averageAtMost, rules, n);
    if (at === null) break;
    // The price is not known yet: one lot at the highest it can be covers the rounding up at any lower one.
    const value = averagingSize(settings, n) + notional(at, lots(1), rules, 'up');
    const quantity = quantityAmount(lotsFor(value as Amount, at, rules), rules);
    buys.push({ cost: buyReserve(value, unit, settings), value, base: quantity, price: priceAmount(at, rules) });
  }
  return buys;
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
const most = (values: readonly bigint[]): bigint => values.reduce((top, value) => (value > top ? value : top), 0n);

/** Base order at its cap and every averaging order, each rounded up to the lot, fees in quote included. */
export function fundsNeeded(settings: DcaSettings, rules: PairRules, { ask }: Quote): readonly Allotment[] {
  const amount = sum(buysOf(settings, rules, ask).map(({ cost }) => cost)) as Amount;
  return [{ asset: quoteOf(settings.pair), amount }];
}

export function mandateNeeds(settings: DcaSettings, rules: PairRules, { ask }: Quote, funds: SubBook): MandateNeeds {
  const buys = buysOf(settings, rules, ask);
  const cost = sum(buys.map(({ cost: each }) => each));
  const lowest = (buys.at(-1) as Buy).price;
  const topPrice = divide((buys[0] as Buy).price * (unit + settings.takeProfit), unit - settings.fee, 'up') + rules.tick;
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
        orders: ['limit', 'ioc'],
        maxOrderQuote: mandateAmount(most(values), 'up'),
        // The take profit sells all that was bought, at the lowest that it can have been bought at.
        maxOrderBase: mandateAmount(divide(sum(buys.map(({ base }) => base)) * unit, unit - room, 'up'), 'up'),
        maxPositionQuote: mandateAmount(sum(values), 'up'),
        floor: mandateAmount(floor, 'down'),
        ceiling: mandateAmount(ceiling, 'up'),
        maxSellHeldBase24h: zero,
      },
    ],
    turnover24h: mandateAmount(most([held(funds, quoteOf(settings.pair)), cost]) * turnoverOfFunds, 'up'),
    openOrders: active + 1,
    maxOpenQuote: mandateAmount(most([sum(averaging.slice(0, active)), values[0] as bigint]), 'up'),
  };
}
