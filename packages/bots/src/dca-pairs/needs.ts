/** What a DCA bot of several deals needs: for as many deals as may be open at once, on whichever pairs that cost most. */
import {
  type Amount,
  type Asset,
  baseOf,
  divide,
  type MandateNeeds,
  type PairNeeds,
  type PairRules,
  type Quote,
  type Ticks,
  ticks,
  unit,
} from '@holdfast/domain';
import type { Allotment, Quotes, RulesByPair } from '../bot-kind.ts';
import { dca } from '../dca/dca.ts';
import { wayOf } from '../dca/direction.ts';
import type { DcaSettings } from '../dca/settings.ts';
import { quoteFor, rulesOf } from '../one-pair.ts';
import { held, type SubBook } from '../orders/sub-book.ts';
import { ofDearest, quoteOfAll } from '../several-pairs.ts';
import { dealsOf, dealsOnPair, type SeveralPairs } from './settings.ts';

export function problems(settings: SeveralPairs, rules: RulesByPair): readonly string[] {
  const deals = dealsOnPair(settings);
  return settings.parts.flatMap((part) => {
    const own = rulesOf(rules, part.pair);
    const each = deals === 1 ? own : { ...own, maxOrders: Math.floor(own.maxOrders / deals) };
    const of = deals === 1 ? '' : ` of each of ${deals} deals`;
    return dca.problems(part, each, of).map((problem) => `${part.pair}: ${problem}`);
  });
}

/** The quote of one deal for each that may be open, or of the dearest pair that often; coins for short deals pair by pair. */
export function fundsNeeded(settings: SeveralPairs, rules: RulesByPair, quotes: Quotes, given: SubBook): readonly Allotment[] {
  const quote = quoteOfAll(settings);
  const deals = BigInt(dealsOf(settings));
  const ofPair = BigInt(dealsOnPair(settings));
  const sums = new Map<Asset, bigint>();
  for (const part of settings.parts) {
    const each = shareOf(settings, part, given);
    const needed = dca.fundsNeeded(part, rulesOf(rules, part.pair), quoteFor(quotes, part.pair), each);
    for (const { asset, amount } of needed) {
      const before = sums.get(asset) ?? 0n;
      sums.set(asset, asset === quote && amount <= before ? before : amount);
    }
  }
  return [...sums].map(([asset, amount]) => ({ asset, amount: (amount * (asset === quote ? deals : ofPair)) as Amount }));
}

/** What one deal of a pair has of the funds. */
function shareOf(settings: SeveralPairs, { pair }: DcaSettings, funds: SubBook): SubBook {
  const part = (asset: Asset, deals: number): SubBook =>
    funds[asset] === undefined ? {} : { [asset]: (held(funds, asset) / BigInt(deals)) as Amount };
  return { ...funds, ...part(quoteOfAll(settings), dealsOf(settings)), ...part(baseOf(pair), dealsOnPair(settings)) };
}

/**
 * Each pair as if it were alone with the funds of one deal, but for the position, which is that of all its deals; turnover and open
 * orders for as many deals as may be open at once.
 */
export function mandateNeeds(settings: SeveralPairs, rules: RulesByPair, quotes: Quotes, funds: SubBook): MandateNeeds {
  const needs = settings.parts.map((part) =>
    needsOf(settings, part, rulesOf(rules, part.pair), quoteFor(quotes, part.pair), funds),
  );
  const deals = needs.flatMap((need) => Array<MandateNeeds>(dealsOnPair(settings)).fill(need));
  return {
    pairs: needs.flatMap(({ pairs }) => pairs.map((pair) => ofDeals(pair, BigInt(dealsOnPair(settings))))),
    ...ofDearest(deals, dealsOf(settings)),
  };
}

const ofDeals = (pair: PairNeeds, deals: bigint): PairNeeds => ({
  ...pair,
  maxPositionQuote: (pair.maxPositionQuote * deals) as Amount,
  maxSellHeldBase24h: (pair.maxSellHeldBase24h * deals) as Amount,
});

/** Of one deal of a pair, wherever it opens: the last of several that open step by step lies farthest from now. */
function needsOf(settings: SeveralPairs, part: DcaSettings, rules: PairRules, quote: Quote, funds: SubBook): MandateNeeds {
  const each = shareOf(settings, part, funds);
  const near = dca.mandateNeeds(part, rules, quote, each);
  const far = lastOpening(settings, part, quote);
  if (far === null) return near;
  const needs = dca.mandateNeeds(part, rules, far, each);
  return {
    pairs: near.pairs.map((pair, i) => widest(pair, needs.pairs[i] as PairNeeds)),
    turnover24h: larger(near.turnover24h, needs.turnover24h),
    openOrders: near.openOrders,
    maxOpenQuote: larger(near.maxOpenQuote, needs.maxOpenQuote),
  };
}

/** The price of the last of a pair's deals where each opens a step beyond the one before. */
function lastOpening({ dealStep, ...settings }: SeveralPairs, part: DcaSettings, quote: Quote): Quote | null {
  const steps = dealsOnPair({ ...settings, dealStep }) - 1;
  if (dealStep === 0n || steps === 0) return null;
  const { sign } = wayOf(part);
  const [to, from] = [(unit + BigInt(-sign) * dealStep) ** BigInt(steps), unit ** BigInt(steps)];
  const at = (price: Ticks): Ticks => ticks(Math.max(Number(divide(BigInt(price) * to, from, sign === 1 ? 'down' : 'up')), 1));
  return { ...quote, last: at(quote.last), bid: at(quote.bid), ask: at(quote.ask) };
}

const larger = (a: Amount, b: Amount): Amount => (a > b ? a : b);
const lower = (a: Amount, b: Amount): Amount => (a < b ? a : b);

const widest = (a: PairNeeds, b: PairNeeds): PairNeeds => ({
  ...a,
  maxOrderQuote: larger(a.maxOrderQuote, b.maxOrderQuote),
  maxOrderBase: larger(a.maxOrderBase, b.maxOrderBase),
  maxPositionQuote: larger(a.maxPositionQuote, b.maxPositionQuote),
  floor: lower(a.floor, b.floor),
  ceiling: larger(a.ceiling, b.ceiling),
  maxSellHeldBase24h: larger(a.maxSellHeldBase24h, b.maxSellHeldBase24h),
});
