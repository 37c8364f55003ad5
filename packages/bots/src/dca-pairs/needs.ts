/** What a DCA bot of several pairs needs: for as many deals as may be open at once, on whichever pairs that cost most. */
import { type Amount, type Asset, type Pair, quoteOf, zero } from '@holdfast/domain';
import type { Allotment, MandateNeeds, Quotes, RulesByPair } from '../bot-kind.ts';
import { dca } from '../dca/dca.ts';
import type { DcaSettings } from '../dca/settings.ts';
import { mandateAmount } from '../mandate-amount.ts';
import { quoteFor, rulesOf } from '../one-pair.ts';
import { held, type SubBook } from '../orders/sub-book.ts';
import type { SeveralPairs } from './settings.ts';

export const quoteOfAll = ({ parts: [first] }: SeveralPairs): Asset => quoteOf((first as DcaSettings).pair);

/** Deals that can be open at once: no more than there are pairs. */
export const dealsOf = ({ parts, dealsAtOnce }: SeveralPairs): number => Math.min(parts.length, dealsAtOnce);

export function problems(settings: SeveralPairs, rules: RulesByPair): readonly string[] {
  return settings.parts.flatMap((part) => dca.problems(part, rulesOf(rules, part.pair)).map((each) => `${part.pair}: ${each}`));
}

/** The quote of one deal for each that may be open, or of the dearest pair that often; coins for short deals pair by pair. */
export function fundsNeeded(settings: SeveralPairs, rules: RulesByPair, quotes: Quotes, given: SubBook): readonly Allotment[] {
  const quote = quoteOfAll(settings);
  const deals = BigInt(dealsOf(settings));
  const each = share(given, quote, deals);
  const sums = new Map<Asset, bigint>();
  for (const part of settings.parts) {
    const needed = dca.fundsNeeded(part, rulesOf(rules, part.pair), quoteFor(quotes, part.pair), each);
    for (const { asset, amount } of needed) {
      const before = sums.get(asset) ?? 0n;
      sums.set(asset, asset === quote && amount <= before ? before : amount);
    }
  }
  return [...sums].map(([asset, amount]) => ({ asset, amount: (asset === quote ? amount * deals : amount) as Amount }));
}

/** What one deal has of the funds. */
const share = (funds: SubBook, quote: Asset, deals: bigint): SubBook =>
  funds[quote] === undefined ? funds : { ...funds, [quote]: (held(funds, quote) / deals) as Amount };

/** Each pair as if it were alone with the funds of one deal; turnover and open orders for as many deals as may be open at once. */
export function mandateNeeds(settings: SeveralPairs, rules: RulesByPair, quotes: Quotes, funds: SubBook): MandateNeeds {
  const deals = dealsOf(settings);
  const each = share(funds, quoteOfAll(settings), BigInt(deals));
  const needs = settings.parts.map((part) =>
    dca.mandateNeeds(part, rulesOf(rules, part.pair), quoteFor(quotes, part.pair), each),
  );
  const together = (of: (need: MandateNeeds) => bigint): bigint =>
    needs
      .map(of)
      .sort((a, b) => (b > a ? 1 : b < a ? -1 : 0))
      .slice(0, deals)
      .reduce((sum, value) => sum + value, zero as bigint);
  return {
    pairs: needs.flatMap(({ pairs }) => pairs),
    turnover24h: mandateAmount(
      together(({ turnover24h }) => turnover24h),
      'up',
    ),
    openOrders: Number(together(({ openOrders }) => BigInt(openOrders))),
    maxOpenQuote: mandateAmount(
      together(({ maxOpenQuote }) => maxOpenQuote),
      'up',
    ),
  };
}

export const pairsOf = ({ parts }: SeveralPairs): readonly Pair[] => parts.map(({ pair }) => pair);
