/**
 * What a short trade needs. It sells coins that it was allotted (the right `sell-held`) and buys back with what their sale brought, and
 * with quote that it was given besides; the vault takes both for entries.
 */
import {
  type Amount,
  baseOf,
  divide,
  type MandateNeeds,
  multiply,
  type PairRules,
  priceAmount,
  type Quote,
  quoteOf,
  type Ticks,
  unit,
} from '@holdfast/domain';

import { buyReserve } from '../dca/arithmetic.ts';
import { mandateAmount } from '../mandate-amount.ts';
import { short } from '../orders/direction.ts';
import { held, type SubBook } from '../orders/sub-book.ts';
import { onTick, stopLimit, targetPrice } from './arithmetic.ts';
import { entryAt, entryPriceOf, larger, oneCoin, ordersOf, room, smaller, stopLevel } from './needs-parts.ts';
import type { TradeSettings } from './settings.ts';

/** Limit of the stop as counted from a price; null without one. */
function stopFrom({ stopLoss }: TradeSettings, rules: PairRules, price: Ticks): Ticks | null {
  if (stopLoss === null) return null;
  const level = stopLevel(stopLoss, short, priceAmount(price, rules));
  return stopLimit(short, onTick(level, rules, 'up'), stopLoss, rules);
}

const stopMayRest = ({ stopLoss, rests }: TradeSettings): boolean =>
  stopLoss !== null && rests === 'stop-loss' && stopLoss.timeoutMs === 0 && stopLoss.of === 'last';

/** Quote that coins sold before are to be bought back with: what they brought, and where their number counts what the stop asks for them. */
export function shortFundsHeld(settings: TradeSettings, rules: PairRules, { ask }: Quote): Amount {
  const price = entryPriceOf(settings, rules, ask);
  const stop = settings.profitIn === 'quote' ? stopFrom(settings, rules, price) : null;
  const highest = stop === null || stop < price ? price : stop;
  return buyReserve(settings.heldQuantity, priceAmount(highest, rules), settings);
}

/**
 * All coins of the funds may be sold, so that funds can be added; limits reach from a quarter below the lowest target to a quarter above
 * the stop, or above the price of now. Where the price at which coins are sold is not known they may be worth that much.
 */
export function shortMandateNeeds(settings: TradeSettings, rules: PairRules, quote: Quote, funds: SubBook): MandateNeeds {
  const { pair, heldQuantity, takeProfits, entry: kind } = settings;
  const [given, purse] = [held(funds, baseOf(pair)), held(funds, quoteOf(pair))];
  const entry = kind === 'held' ? null : entryAt(settings, rules, quote);
  const reference = entry === null ? entryPriceOf(settings, rules, quote.ask) : entry.price;
  const basis = oneCoin(short, priceAmount(reference, rules));
  const now = priceAmount(quote.ask, rules);
  let [top, bottom] = [larger(basis.quantity, now), smaller(basis.quantity, priceAmount(entry?.cap ?? quote.bid, rules))];
  const saleTop = top;
  for (const target of takeProfits)
    bottom = smaller(bottom, priceAmount(targetPrice(target, basis, settings, rules) as Ticks, rules));
  const stop = stopFrom(settings, rules, reference);
  if (stop !== null) top = larger(top, priceAmount(stop, rules));
  const floor = divide(bottom * (unit - room), unit, 'down');
  const ceiling = divide(top * (unit + room), unit, 'up');
  const toSell = larger(entry?.base ?? 0n, given);
  const isOpen = kind === 'trailing' || (entry !== null && given > entry.base);
  const sold = multiply(toSell, isOpen ? ceiling : saleTop, 'up');
  const spent = sold + purse;
  const back = divide((toSell + heldQuantity) * unit, unit - settings.fee, 'up') + rules.lot;
  const quantity = settings.profitIn === 'base' ? larger(back, divide(spent * unit, floor, 'up')) : back;
  return {
    pairs: [
      {
        pair,
        sides: toSell === 0n ? ['buy'] : ['buy', 'sell'],
        orders: ordersOf(settings, stopMayRest(settings)),
        maxOrderQuote: mandateAmount(spent, 'up'),
        maxOrderBase: mandateAmount(quantity, 'up'),
        maxPositionQuote: mandateAmount(spent, 'up'),
        floor: mandateAmount(floor, 'down'),
        ceiling: mandateAmount(ceiling, 'up'),
        maxSellHeldBase24h: mandateAmount(toSell, 'up'),
      },
    ],
    turnover24h: mandateAmount(4n * multiply(quantity, ceiling, 'up'), 'up'),
    openOrders: Math.max(takeProfits.length, 1) + 2,
    maxOpenQuote: mandateAmount(spent, 'up'),
  };
}
