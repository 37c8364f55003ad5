/** What a trade needs: what its pair cannot do, funds, and the smallest mandate. */
import {
  type Amount,
  baseOf,
  divide,
  formatAmount,
  lots,
  multiply,
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
import { buyReserve, lotsWithin, raised, splitByShares } from '../dca/arithmetic.ts';
import { mandateAmount } from '../mandate-amount.ts';
import { held, type SubBook } from '../orders/sub-book.ts';
import { isTradable, lotsOf, onTick, priceAbove, stopLimit } from './arithmetic.ts';
import type { TradeSettings } from './settings.ts';

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** Price that the entry counts from where the settings name one, else the given one. */
function entryPriceOf(settings: TradeSettings, rules: PairRules, ask: Ticks | null): Ticks | null {
  const named = settings.entryLimit ?? settings.entryPrice ?? settings.heldPrice;
  return named === null ? ask : onTick(named, rules, 'down');
}

export function problems(settings: TradeSettings, rules: PairRules): readonly string[] {
  const found: string[] = [];
  const asset = quoteOf(settings.pair);
  const least = formatAmount(rules.minNotional);
  if (settings.entry === 'held') {
    if (lotsOf(settings.heldQuantity, rules) < Math.max(rules.minQuantity, 1))
      found.push(`heldQuantity: ${formatAmount(settings.heldQuantity)} is below the exchange's smallest quantity.`);
  } else if (settings.size < rules.minNotional)
    found.push(`size: ${formatAmount(settings.size)} ${asset} is below the exchange's smallest order of ${least}.`);
  if (settings.takeProfits.length > rules.maxOrders)
    found.push(`takeProfits: ${settings.takeProfits.length} steps are more than the ${rules.maxOrders} orders that may rest.`);
  return [...found, ...stepProblems(settings, rules)];
}

/** Where the entry price is known: steps that are too small, and a stop or targets on the wrong side. */
function stepProblems(settings: TradeSettings, rules: PairRules): readonly string[] {
  const price = entryPriceOf(settings, rules, null);
  if (price === null) return [];
  const found: string[] = [];
  const quantity = settings.entry === 'held' ? lotsOf(settings.heldQuantity, rules) : lotsWithin(settings.size, price, rules);
  const basis = { quantity: unit as Amount, cost: priceAmount(price, rules) };
  const parts = splitByShares(
    quantity,
    settings.takeProfits.map(({ share }) => share),
  );
  for (const [index, target] of settings.takeProfits.entries()) {
    const at =
      target.price === null ? priceAbove(basis, target.percent ?? 0n, settings.fee, rules) : onTick(target.price, rules, 'up');
    if (settings.entry !== 'held' && at <= price)
      found.push(
        `takeProfits.${index}.price: ${formatAmount(priceAmount(at, rules))} is not above the entry at ${formatAmount(priceAmount(price, rules))}.`,
      );
    if (!isTradable(parts[index] ?? lots(0), at, rules))
      found.push(
        `takeProfits.${index}.sharePercent: step ${index + 1} is below the exchange's smallest order and would be sold with another.`,
      );
  }
  const stop = settings.stopLoss?.price ?? null;
  if (stop !== null && settings.entry !== 'held' && onTick(stop, rules, 'up') >= price)
    found.push(`stopLossPrice: ${formatAmount(stop)} is not below the entry at ${formatAmount(priceAmount(price, rules))}.`);
  return found;
}

/** Quote of the entry at its highest limit, fee included, or the coins that are held. */
export function fundsNeeded(settings: TradeSettings, rules: PairRules, { ask }: Quote): readonly Allotment[] {
  const [base, quote] = [baseOf(settings.pair), quoteOf(settings.pair)];
  if (settings.entry === 'held')
    return [
      { asset: base, amount: settings.heldQuantity },
      { asset: quote, amount: zero },
    ];
  return [{ asset: quote, amount: entryAt(settings, rules, ask).cost }];
}

function entryAt(settings: TradeSettings, rules: PairRules, ask: Ticks) {
  const price = entryPriceOf(settings, rules, ask) as Ticks;
  const isFixed = settings.entry === 'limit' || (settings.entry === 'conditional' && settings.entryLimit !== null);
  const cap = isFixed ? price : (Math.min(raised(price, settings.slippage), rules.maxPrice) as Ticks);
  const quantity = quantityAmount(lotsWithin(settings.size, price, rules), rules);
  const limit = priceAmount(cap, rules);
  return { price, cap, base: quantity, value: multiply(quantity, limit, 'up'), cost: buyReserve(quantity, limit, settings) };
}

/** Room that a price may go beyond what the settings name, either way: 25 %. */
const room = unit / 4n;

/**
 * The whole of the funds may be bought with, so that funds can be added; sells reach from a quarter below the stop (or below the
 * price of now) to a quarter above the highest target, once each way in 24 hours, and once more for an edit.
 */
export function mandateNeeds(settings: TradeSettings, rules: PairRules, { ask, bid }: Quote, funds: SubBook): MandateNeeds {
  const isHeld = settings.entry === 'held';
  const entry = isHeld ? null : entryAt(settings, rules, ask);
  const reference = entry === null ? (entryPriceOf(settings, rules, bid) as Ticks) : entry.cap;
  const basis = { quantity: unit as Amount, cost: priceAmount(reference, rules) };
  let [top, bottom] = [larger(basis.cost, priceAmount(bid, rules)), smaller(basis.cost, priceAmount(bid, rules))];
  for (const { price, percent } of settings.takeProfits)
    top = larger(top, price ?? priceAmount(priceAbove(basis, percent ?? 0n, settings.fee, rules), rules));
  const { stopLoss } = settings;
  if (stopLoss !== null) {
    const level = stopLoss.price ?? divide(basis.cost * (unit - (stopLoss.percent ?? 0n)), unit, 'down');
    bottom = smaller(bottom, priceAmount(stopLimit(onTick(level, rules, 'down'), stopLoss, rules), rules));
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
        orders: stopLoss === null ? ['limit', 'ioc'] : ['limit', 'ioc', 'stop-limit'],
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
