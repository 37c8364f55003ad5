/** What a grid needs: settings that can work on a pair, funds in both assets, and the smallest mandate (docs/bots/grid.md). */
import {
  type Amount,
  baseOf,
  divide,
  formatAmount,
  formatLots,
  formatTicks,
  type Lots,
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
  toLots,
  unit,
  zero,
} from '@holdfast/domain';
import type { Allotment } from '../bot-kind.ts';
import { lotsFor, lowered, raised } from '../dca/arithmetic.ts';
import { mandateAmount } from '../mandate-amount.ts';
import { held, type SubBook } from '../orders/sub-book.ts';
import { layout, pieceLines } from './balance.ts';
import { buyCost, cellQuantity, type Edges, edgesOf, grossLots, linePrice, linesMost } from './lines.ts';
import type { GridSettings } from './settings.ts';
import { isTradable } from './sizes.ts';

/** How far a side without a bound of its own may go within one mandate: half of the price. */
const room = unit / 2n;
/** How often a day the price is taken to cross all lines, one way. */
const crossings = 4n;
/** Lines looked at where there is no last one. */
const linesLookedAt = 200;

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
const most = (values: readonly bigint[]): bigint => values.reduce((top, value) => (value > top ? value : top), 0n);
const least = (values: readonly bigint[]): bigint => values.reduce((low, value) => (value < low ? value : low));

export function problems(settings: GridSettings, rules: PairRules): readonly string[] {
  const found: string[] = [];
  const count = settings.upper === null ? linesLookedAt : settings.lines;
  const prices = Array.from({ length: count }, (_, index) => linePrice(settings, rules, index));
  const outside = prices.indexOf(null);
  if (outside >= 0 && settings.upper !== null)
    found.push(`lowerPrice, upperPrice: line ${outside + 1} lies outside of what the exchange takes.`);
  const known = prices.slice(0, outside < 0 ? count : outside) as Ticks[];
  const close = known.findIndex((price, index) => index > 0 && price <= (known[index - 1] as number));
  if (close > 0)
    found.push(
      `lines: lines ${close} and ${close + 1} both lie at ${formatTicks(known[close] as Ticks, rules)}; use fewer lines.`,
    );
  else found.push(...thinStep(settings, rules, known), ...smallLine(settings, rules, known));
  const active = settings.activeBuyLines + settings.activeSellLines;
  if (active > rules.maxOrders)
    found.push(
      `activeBuyLines, activeSellLines: ${active} lines are more than the ${rules.maxOrders} orders that may rest on ${rules.pair}.`,
    );
  return found;
}

/** A round trip must bring more than the fees of its two orders: upper × (1 - fee)² > lower. */
function thinStep({ fee }: GridSettings, rules: PairRules, prices: readonly Ticks[]): readonly string[] {
  const index = prices.findIndex((upper, i) => {
    const lower = prices[i - 1];
    return lower !== undefined && BigInt(upper) * (unit - fee) ** 2n <= BigInt(lower) * unit ** 2n;
  });
  if (index < 0) return [];
  const [lower, upper] = [prices[index - 1] as Ticks, prices[index] as Ticks];
  const both = `${formatTicks(lower, rules)} to ${formatTicks(upper, rules)}`;
  return [
    `lines: the step from ${both} is smaller than two fees of ${formatAmount(fee * 100n)} %; use fewer lines or a wider range.`,
  ];
}

function smallLine(settings: GridSettings, rules: PairRules, prices: readonly Ticks[]): readonly string[] {
  const small = prices.slice(0, -1).find((price) => !isTradable(rules, cellQuantity(settings, rules, price), price));
  if (small === undefined) return [];
  const quantity = cellQuantity(settings, rules, small);
  const value = `${formatAmount(notional(small, quantity, rules, 'down'))} ${quoteOf(rules.pair)}`;
  const smallest = `${formatLots(rules.minQuantity, rules)} ${baseOf(rules.pair)} and ${formatAmount(rules.minNotional)} ${quoteOf(rules.pair)}`;
  return [
    `amountPerLine: the line at ${formatTicks(small, rules)} would order ${formatLots(quantity, rules)} worth ${value}, below the exchange's smallest of ${smallest}.`,
  ];
}

/** Cells that expansion may add below and above. */
function expansions(settings: GridSettings, rules: PairRules): readonly Edges[] {
  const { up, down } = settings.expansion;
  const found: Edges[] = [];
  for (let index = settings.lines - 1; up !== null && index < linesMost; index++) {
    const edges = edgesOf(settings, rules, index);
    if (edges === null || priceAmount(edges.upper, rules) > up) break;
    found.push(edges);
  }
  for (let index = -1; down !== null && index > -linesMost; index--) {
    const edges = edgesOf(settings, rules, index);
    if (edges === null || priceAmount(edges.lower, rules) < down) break;
    found.push(edges);
  }
  return found;
}

const cost = (settings: GridSettings, rules: PairRules, { lower, quantity }: Edges): bigint =>
  buyCost(settings, rules, lower, grossLots(settings, quantity));

const capOf = (settings: GridSettings, rules: PairRules, price: Ticks): Ticks =>
  Math.min(Math.max(raised(price, settings.slippage), price), rules.maxPrice) as Ticks;

/** Most quote that buying so much base can take now; one lot more for what pieces round up. */
function balancingCost(settings: GridSettings, rules: PairRules, { ask }: Quote, base: bigint): bigint {
  if (base <= 0n) return 0n;
  const gross = grossLots(settings, toLots(base as Amount, rules, 'up'));
  return buyCost(settings, rules, capOf(settings, rules, ask), lots(gross + 1));
}

/** Lots to sell at the bid, capped below, for so much quote after the fee. */
function soldFor(settings: GridSettings, rules: PairRules, { bid }: Quote, quote: bigint): Lots {
  if (quote <= 0n) return lots(0);
  const floor = Math.min(lowered(bid, settings.slippage), bid) as Ticks;
  return lots(lotsFor(divide(quote * unit, unit - settings.fee, 'up') as Amount, floor, rules) + 1);
}

/**
 * Both assets, as the lines around the price of now want them. What is lacking of base is bought and of quote sold for at the
 * start, so all may be given in quote, or for a reverse grid in base; without balancing each asset is needed.
 */
export function fundsNeeded(settings: GridSettings, rules: PairRules, quote: Quote, given: SubBook): readonly Allotment[] {
  const [baseAsset, quoteAsset] = [baseOf(settings.pair), quoteOf(settings.pair)];
  const lines = layout(settings, rules, quote.last);
  const money = lines.quote + sum(expansions(settings, rules).map((edges) => cost(settings, rules, edges)));
  const rows = (base: bigint, needed: bigint): readonly Allotment[] => [
    { asset: baseAsset, amount: base as Amount },
    { asset: quoteAsset, amount: needed as Amount },
  ];
  if (!settings.balance) return rows(lines.base, money);
  if (settings.mode === 'reverse' && given[baseAsset] === undefined) {
    const short = money - held(given, quoteAsset);
    return rows(lines.base + quantityAmount(soldFor(settings, rules, quote, short), rules), zero);
  }
  const spare = held(given, baseAsset) - lines.base;
  if (spare <= 0n) return rows(zero, money + balancingCost(settings, rules, quote, -spare));
  const floor = priceAmount(Math.min(lowered(quote.bid, settings.slippage), quote.bid) as Ticks, rules);
  const brings = multiply(multiply(spare, floor, 'down'), unit - settings.fee, 'down');
  return rows(zero, money > brings ? money - brings : zero);
}

interface Reach {
  readonly low: bigint;
  readonly high: bigint;
}

/** Lowest and highest limit of any order, slippage of balancing and closing included. */
function reachOf(settings: GridSettings, rules: PairRules, { last, bid, ask }: Quote): Reach {
  const { trailing, expansion, stops, slippage } = settings;
  const now = priceAmount(last, rules);
  const up = [now, settings.lower, settings.upper ?? multiply(now, unit + room, 'up'), expansion.up ?? 0n];
  const down = [now, settings.lower, expansion.down ?? now];
  if (trailing.up !== null) up.push(trailing.up === 'unbounded' ? multiply(most(up), unit + room, 'up') : trailing.up);
  if (trailing.down !== null)
    down.push(trailing.down === 'unbounded' ? multiply(least(down), unit - room, 'down') : trailing.down);
  if (stops.upper !== null && stops.upper.action !== 'stop') up.push(stops.upper.price);
  if (stops.lower !== null && stops.lower.action !== 'stop') down.push(stops.lower.price);
  const high = most([...up, priceAmount(ask, rules)]);
  const low = least([...down, priceAmount(bid, rules)]);
  return { low: multiply(low, unit - slippage, 'down'), high: multiply(high, unit + slippage, 'up') };
}

export function mandateNeeds(settings: GridSettings, rules: PairRules, quote: Quote, funds: SubBook): MandateNeeds {
  const { low, high } = reachOf(settings, rules, quote);
  const lines = layout(settings, rules, quote.last);
  const added = expansions(settings, rules).map((edges) => cost(settings, rules, edges));
  const costs = [...lines.cells.map((edges) => cost(settings, rules, edges)), ...added];
  const below = lines.quote + sum(added);
  const lacking = lines.base - held(funds, baseOf(settings.pair));
  const balancing = balancingCost(settings, rules, quote, lacking);
  const pieces = BigInt(pieceLines(settings));
  const lot = multiply(rules.lot, high, 'up');
  const line =
    settings.amountIn === 'quote'
      ? multiply(settings.amount, unit + settings.slippage, 'up')
      : multiply(settings.amount, high, 'up');
  const baseOfLine = settings.amountIn === 'quote' ? divide(settings.amount * unit, low, 'up') : settings.amount;
  // Where the range moves up, each of its cells may come to be bought at the highest price.
  const moving = settings.trailing.up === null ? costs : costs.map((each) => most([each, line + lot]));
  const dearest = sum(moving);
  const active = settings.activeBuyLines + settings.activeSellLines;
  // Sales of coins that were allotted count as entries, those of bought ones do not.
  const given = multiply(held(funds, baseOf(settings.pair)), high, 'up');
  const openAtMost = [...moving].sort((a, b) => (b > a ? 1 : -1)).slice(0, settings.activeBuyLines);
  return {
    pairs: [
      {
        pair: settings.pair,
        sides: ['buy', 'sell'],
        orders: ['limit', 'ioc'],
        maxOrderQuote: mandateAmount(line * pieces + lot, 'up'),
        maxOrderBase: mandateAmount((baseOfLine + rules.lot) * pieces, 'up'),
        // A lot more for each line: what fees leave of one is carried.
        maxPositionQuote: mandateAmount(most([dearest, below + balancing]) + BigInt(costs.length) * lot, 'up'),
        floor: mandateAmount(low, 'down'),
        ceiling: mandateAmount(high, 'up'),
        maxSellHeldBase24h: mandateAmount(held(funds, baseOf(settings.pair)), 'up'),
      },
    ],
    // The vault counts a buy together with the sale that may follow it.
    turnover24h: mandateAmount(2n * (crossings * dearest + balancing), 'up'),
    openOrders: settings.upper === null ? active : Math.min(active, costs.length),
    maxOpenQuote: mandateAmount(most([sum(openAtMost), line * pieces + lot]) + given, 'up'),
  };
}
