/** What a signal bot of several pairs needs: for as many positions as may be open at once, on whichever pairs that cost most. */
import type { Amount, Asset, MandateNeeds } from '@holdfast/domain';
import type { Allotment, Quotes, RulesByPair } from '../bot-kind.ts';
import { quoteFor, rulesOf } from '../one-pair.ts';
import type { SubBook } from '../orders/sub-book.ts';
import { ofDearest, quoteOfAll } from '../several-pairs.ts';
import { signal } from '../signal/signal.ts';
import { positionsOf, type SeveralSignals } from './settings.ts';

export const problems = (settings: SeveralSignals, rules: RulesByPair): readonly string[] =>
  settings.parts.flatMap((part) => signal.problems(part, rulesOf(rules, part.pair)).map((problem) => `${part.pair}: ${problem}`));

/** The quote of one position for each that may be open; coins for shorts pair by pair. */
export function fundsNeeded(settings: SeveralSignals, rules: RulesByPair, quotes: Quotes, given: SubBook): readonly Allotment[] {
  const quote = quoteOfAll(settings);
  const sums = new Map<Asset, bigint>();
  for (const part of settings.parts) {
    const needed = signal.fundsNeeded(part, rulesOf(rules, part.pair), quoteFor(quotes, part.pair), given);
    for (const { asset, amount } of needed) {
      const all = asset === quote ? amount * BigInt(positionsOf(settings)) : amount;
      if (all >= (sums.get(asset) ?? 0n)) sums.set(asset, all);
    }
  }
  return [...sums].map(([asset, amount]) => ({ asset, amount: amount as Amount }));
}

/** Each pair as if it were alone; turnover and open orders for as many positions as may be open at once. */
export function mandateNeeds(settings: SeveralSignals, rules: RulesByPair, quotes: Quotes, funds: SubBook): MandateNeeds {
  const needs = settings.parts.map((part) =>
    signal.mandateNeeds(part, rulesOf(rules, part.pair), quoteFor(quotes, part.pair), funds),
  );
  return { pairs: needs.flatMap(({ pairs }) => pairs), ...ofDearest(needs, positionsOf(settings)) };
}
