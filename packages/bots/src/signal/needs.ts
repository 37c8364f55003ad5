/**
 * What a signal bot needs: what its cap of investment buys (or sells, for shorts), and the smallest mandate. When a signal comes is
 * not known, so the corridor leaves a quarter either way from the price of now.
 */
import {
  type Amount,
  baseOf,
  divide,
  formatAmount,
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
import { mandateAmount } from '../mandate-amount.ts';
import { held, type SubBook } from '../orders/sub-book.ts';
import type { SignalSettings } from './settings.ts';
import { percent } from './sizes.ts';

const room = unit / 4n;
/** Quote that the entries and exits of a bot may turn over in 24 hours, as a multiple of what it may invest. */
const turnoverOfInvestment = 20n;
/** A message may have so many take-profit steps. */
const targetsMost = 8;

/** Sentences, all of them. */
export function problems(settings: SignalSettings, rules: PairRules): readonly string[] {
  const found: string[] = [];
  const { maxEntry, maxInvestment, size, sizeIn } = settings;
  const quote = quoteOf(settings.pair);
  const say = (value: bigint): string => `${formatAmount(value)} ${quote}`;
  if (maxEntry < rules.minNotional)
    found.push(
      `maxEntryQuote: The cap of ${say(maxEntry)} per entry is below the exchange's smallest order of ${say(rules.minNotional)}.`,
    );
  if (maxEntry > maxInvestment)
    found.push(`maxEntryQuote: The cap of ${say(maxEntry)} per entry is above the most invested, ${say(maxInvestment)}.`);
  const own = sizeIn === 'quote' ? size : sizeIn === 'percent' ? multiply(maxInvestment, size / 100n, 'down') : null;
  if (own !== null && own < rules.minNotional)
    found.push(`size: An entry of ${say(own)} is below the exchange's smallest order of ${say(rules.minNotional)}.`);
  if (own !== null && own > maxEntry) found.push(`size: An entry of ${say(own)} is above the cap of ${say(maxEntry)} per entry.`);
  if (sizeIn === 'base' && size < rules.lot)
    found.push(`size: An entry of ${formatAmount(size)} is below one lot of ${formatAmount(rules.lot)}.`);
  return found;
}

export function fundsNeeded(settings: SignalSettings, rules: PairRules, { bid }: Quote): readonly Allotment[] {
  const withFee =
    settings.feeAsset === 'quote' ? multiply(settings.maxInvestment, unit + settings.fee, 'up') : settings.maxInvestment;
  const coins = divide(settings.maxInvestment * unit, priceAmount(bid, rules), 'up') as Amount;
  const [base, quote] = [baseOf(settings.pair), quoteOf(settings.pair)];
  const long = settings.direction !== 'short';
  const short = settings.direction !== 'long';
  const inBase: Allotment[] = short ? [{ asset: base, amount: coins }] : [];
  return [{ asset: quote, amount: long ? withFee : zero }, ...inBase];
}

export function mandateNeeds(settings: SignalSettings, rules: PairRules, { bid, ask }: Quote, funds: SubBook): MandateNeeds {
  const { maxInvestment, exits, exitsFrom } = settings;
  const gain = exits.targets?.at(-1)?.percent ?? 0n;
  const loss = exits.stop?.percent ?? 0n;
  const [up, down] =
    settings.direction === 'short'
      ? [loss, gain]
      : settings.direction === 'long'
        ? [gain, loss]
        : [max(gain, loss), max(gain, loss)];
  const ceiling = multiply(divide(priceAmount(ask, rules) * (percent + up), percent, 'up'), unit + room, 'up');
  const below = down >= percent ? 0n : (priceAmount(bid, rules) * (percent - down)) / percent;
  const floor = max(multiply(below, unit - room, 'down'), rules.tick);
  const coins = divide(maxInvestment * unit, floor, 'up');
  const base = held(funds, baseOf(settings.pair));
  // An exit sells all of it where the price has risen.
  const largest =
    multiply(divide(maxInvestment * (percent + up), percent, 'up'), unit + room, 'up') + multiply(rules.lot, ceiling, 'up');
  const mayStop = exits.stop !== null || exitsFrom === 'message';
  return {
    pairs: [
      {
        pair: settings.pair,
        sides: ['buy', 'sell'],
        orders: mayStop ? ['limit', 'ioc', 'stop-limit'] : ['limit', 'ioc'],
        maxOrderQuote: mandateAmount(largest, 'up'),
        maxOrderBase: mandateAmount(coins, 'up'),
        maxPositionQuote: mandateAmount(multiply(maxInvestment, unit + settings.fee + settings.slippage, 'up'), 'up'),
        floor: mandateAmount(floor, 'down'),
        ceiling: mandateAmount(ceiling, 'up'),
        maxSellHeldBase24h: settings.direction === 'long' ? zero : mandateAmount(base, 'up'),
      },
    ],
    turnover24h: mandateAmount(maxInvestment * turnoverOfInvestment, 'up'),
    // With a stop each target may rest as an OCO, which is two orders.
    openOrders: 2 + (mayStop ? 2 : 1) * (exitsFrom === 'message' ? targetsMost : (exits.targets?.length ?? 0)),
    maxOpenQuote: mandateAmount(largest, 'up'),
  };
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
