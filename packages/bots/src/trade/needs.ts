/** What a trade needs: what its pair cannot do, funds, and the smallest mandate (of a short trade: needs-short.ts). */
import {
  type Amount,
  baseOf,
  divide,
  formatAmount,
  lots,
  type MandateNeeds,
  multiply,
  type PairRules,
  priceAmount,
  type Quote,
  quoteOf,
  unit,
  zero,
} from '@holdfast/domain';
import type { Allotment } from '../bot-kind.ts';
import { splitByShares } from '../dca/arithmetic.ts';
import { mandateAmount } from '../mandate-amount.ts';
import { givenAsset, reaches, roundingTo, wayOf } from '../orders/direction.ts';
import { held, type SubBook } from '../orders/sub-book.ts';
import { isTradable, lotsOf, onTick, priceBeyond, stopLimit, targetPrice } from './arithmetic.ts';
import { entryAt, entryPriceOf, larger, oneCoin, ordersOf, room, sizeLots, smaller, stopLevel } from './needs-parts.ts';
import { shortFundsHeld, shortMandateNeeds } from './needs-short.ts';
import type { TradeSettings } from './settings.ts';

export function problems(settings: TradeSettings, rules: PairRules): readonly string[] {
  const found: string[] = [];
  const [base, quote] = [baseOf(settings.pair), quoteOf(settings.pair)];
  const least = formatAmount(rules.minNotional);
  const isTooFew = (quantity: Amount): boolean => lotsOf(quantity, rules) < Math.max(rules.minQuantity, 1);
  if (settings.entry === 'held') {
    if (isTooFew(settings.heldQuantity))
      found.push(`heldQuantity: ${formatAmount(settings.heldQuantity)} is below the exchange's smallest quantity.`);
  } else if (settings.sizeIn === 'base') {
    if (isTooFew(settings.size))
      found.push(`size: ${formatAmount(settings.size)} ${base} is below the exchange's smallest quantity.`);
  } else if (settings.size < rules.minNotional)
    found.push(`size: ${formatAmount(settings.size)} ${quote} is below the exchange's smallest order of ${least}.`);
  if (settings.takeProfits.length > rules.maxOrders)
    found.push(`takeProfits: ${settings.takeProfits.length} steps are more than the ${rules.maxOrders} orders that may rest.`);
  return [...found, ...distanceProblems(settings, rules), ...stepProblems(settings, rules)];
}

/** Distances in quote below one step of the price, or as far as the price itself where that is known. */
function distanceProblems(settings: TradeSettings, rules: PairRules): readonly string[] {
  const price = entryPriceOf(settings, rules, null);
  const distances = [
    ['entryTrailingDistance', settings.entryTrailingBy],
    ['stopLossDistance', settings.stopLoss?.distance],
    ...settings.takeProfits.map(({ trailingBy }, index) => [`takeProfits.${index}.trailingDistance`, trailingBy] as const),
  ] as const;
  return distances.flatMap(([field, by]) => {
    if (by === undefined) return [];
    if (by < rules.tick) return [`${field}: ${formatAmount(by)} is below one step of the price, ${formatAmount(rules.tick)}.`];
    const isFar = price !== null && by >= priceAmount(price, rules);
    return isFar
      ? [`${field}: ${formatAmount(by)} is not less than the price of ${formatAmount(priceAmount(price, rules))}.`]
      : [];
  });
}

/** Where the entry price is known: steps that are too small, and a stop or targets on the wrong side. */
function stepProblems(settings: TradeSettings, rules: PairRules): readonly string[] {
  const price = entryPriceOf(settings, rules, null);
  if (price === null) return [];
  const found: string[] = [];
  const way = wayOf(settings);
  const [profit, loss] = way.sign === 1 ? ['above', 'below'] : ['below', 'above'];
  const entryText = `the entry at ${formatAmount(priceAmount(price, rules))}`;
  const quantity = settings.entry === 'held' ? lotsOf(settings.heldQuantity, rules) : sizeLots(settings, price, rules);
  const basis = oneCoin(way, priceAmount(price, rules));
  const parts = splitByShares(
    BigInt(quantity),
    settings.takeProfits.map(({ share }) => share),
  );
  for (const [index, target] of settings.takeProfits.entries()) {
    const at = targetPrice(target, basis, settings, rules) ?? price;
    if (settings.entry !== 'held' && reaches(way, price, at))
      found.push(`takeProfits.${index}.price: ${formatAmount(priceAmount(at, rules))} is not ${profit} ${entryText}.`);
    if (!isTradable(lots(Number(parts[index] ?? 0n)), at, rules))
      found.push(
        `takeProfits.${index}.sharePercent: step ${index + 1} is below the exchange's smallest order and would be ${way.exit === 'sell' ? 'sold' : 'bought'} with another.`,
      );
  }
  const stop = settings.stopLoss?.price ?? null;
  if (stop !== null && settings.entry !== 'held' && reaches(way, onTick(stop, rules, roundingTo(way, 'profit')), price))
    found.push(`stopLossPrice: ${formatAmount(stop)} is not ${loss} ${entryText}.`);
  return found;
}

/** What the entry gives at its limit, fee included, or the coins that are held, or the quote that is to buy coins back. */
export function fundsNeeded(settings: TradeSettings, rules: PairRules, quote: Quote): readonly Allotment[] {
  const [base, asset] = [baseOf(settings.pair), quoteOf(settings.pair)];
  const none = (of: Allotment['asset']): Allotment => ({ asset: of, amount: zero });
  if (settings.entry === 'held')
    return settings.direction === 'long'
      ? [{ asset: base, amount: settings.heldQuantity }, none(asset)]
      : [{ asset, amount: shortFundsHeld(settings, rules, quote) }, none(base)];
  const given: Allotment = {
    asset: givenAsset(wayOf(settings), settings.pair),
    amount: entryAt(settings, rules, quote).cost,
  };
  // A stop may have to pay more for the coins than they brought.
  return settings.direction === 'short' && settings.profitIn === 'quote' ? [given, none(asset)] : [given];
}

/**
 * The whole of the funds may be bought with, so that funds can be added; sells reach from a quarter below the stop (or below the
 * price of now) to a quarter above the highest target, once each way in 24 hours, and once more for an edit.
 */
export function mandateNeeds(settings: TradeSettings, rules: PairRules, quote: Quote, funds: SubBook): MandateNeeds {
  if (settings.direction === 'short') return shortMandateNeeds(settings, rules, quote, funds);
  const { bid } = quote;
  const isHeld = settings.entry === 'held';
  const entry = isHeld ? null : entryAt(settings, rules, quote);
  const reference = entry === null ? entryPriceOf(settings, rules, bid) : entry.cap;
  const way = wayOf(settings);
  const basis = oneCoin(way, priceAmount(reference, rules));
  let [top, bottom] = [larger(basis.cost, priceAmount(bid, rules)), smaller(basis.cost, priceAmount(bid, rules))];
  for (const { price, percent } of settings.takeProfits)
    top = larger(top, price ?? priceAmount(priceBeyond(settings, basis, percent ?? 0n, rules), rules));
  const { stopLoss } = settings;
  if (stopLoss !== null) {
    const level = stopLevel(stopLoss, way, basis.cost);
    bottom = smaller(bottom, priceAmount(stopLimit(way, onTick(level, rules, 'down'), stopLoss, rules), rules));
  }
  const given = held(funds, quoteOf(settings.pair));
  const bought = entry === null ? given : larger(entry.value, given);
  const floor = divide(bottom * (unit - room), unit, 'down');
  const ceiling = divide(top * (unit + room), unit, 'up');
  const quantity = settings.heldQuantity + divide(bought * unit, floor, 'up');
  const position = multiply(settings.heldQuantity, ceiling, 'up') + bought;
  // With a stop each step may rest as an OCO, which is two orders.
  const resting = (stopLoss === null ? 1 : 2) * Math.max(settings.takeProfits.length, 1) + 2;
  return {
    pairs: [
      {
        pair: settings.pair,
        sides: isHeld && given === 0n ? ['sell'] : ['buy', 'sell'],
        orders: ordersOf(settings, stopLoss !== null),
        maxOrderQuote: mandateAmount(larger(bought, position), 'up'),
        maxOrderBase: mandateAmount(quantity, 'up'),
        maxPositionQuote: mandateAmount(position, 'up'),
        floor: mandateAmount(floor, 'down'),
        ceiling: mandateAmount(ceiling, 'up'),
        maxSellHeldBase24h: mandateAmount(settings.heldQuantity, 'up'),
      },
    ],
    turnover24h: mandateAmount(4n * multiply(quantity, ceiling, 'up'), 'up'),
    openOrders: resting,
    // Sales of coins that were held before count as entries.
    maxOpenQuote: mandateAmount(position, 'up'),
  };
}
