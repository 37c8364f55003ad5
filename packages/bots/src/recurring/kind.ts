/** Recurring buys of one pair or of a basket: docs/bots/recurring.md. */
import { type Pair, ValueError } from '@holdfast/domain';
import type { BotKind } from '../bot-kind.ts';
import { onePair } from '../one-pair.ts';
import * as basket from './basket.ts';
import { recurring } from './recurring.ts';
import type { RecurringSettings, RecurringSettingsText } from './settings.ts';
import type { RecurringState } from './state.ts';

export type AnyRecurringSettings = RecurringSettings | basket.Basket;
export type AnyRecurringState = RecurringState | basket.BasketState;

const one = onePair(recurring);
const isBasket = (settings: AnyRecurringSettings): settings is basket.Basket => 'parts' in settings;
const asOne = (state: AnyRecurringState): RecurringState => state as RecurringState;
const asBasket = (state: AnyRecurringState): basket.BasketState => state as basket.BasketState;

export const recurringBuys: BotKind<RecurringSettingsText, AnyRecurringSettings, AnyRecurringState> = {
  name: recurring.name,
  readSettings,
  pairsOf: (settings) => (isBasket(settings) ? basket.pairsOf(settings) : one.pairsOf(settings)),
  problems: (settings, rules) => (isBasket(settings) ? basket.problems(settings, rules) : one.problems(settings, rules)),
  fundsNeeded: (settings, rules, quotes, given) =>
    isBasket(settings) ? basket.fundsNeeded(settings, rules, quotes, given) : one.fundsNeeded(settings, rules, quotes, given),
  mandateNeeds: (settings, rules, quotes, funds) =>
    isBasket(settings) ? basket.mandateNeeds(settings, rules, quotes, funds) : one.mandateNeeds(settings, rules, quotes, funds),
  initial: (settings, birth) => (isBasket(settings) ? basket.initial(settings, birth) : one.initial(settings, birth)),
  step: (settings, state, event) =>
    isBasket(settings) ? basket.step(settings, asBasket(state), event) : one.step(settings, asOne(state), event),
  refuses: (settings, state, command, pair) =>
    isBasket(settings)
      ? basket.refuses(settings, asBasket(state), command, pair)
      : one.refuses(settings, asOne(state), command, pair),
  report: (settings, state) =>
    isBasket(settings) ? basket.report(settings, asBasket(state)) : one.report(settings, asOne(state)),
  closedDeals: (before, after) =>
    'parts' in after ? basket.closedDeals(asBasket(before), after) : one.closedDeals(asOne(before), after),
};

/** A basket names its pairs; naming others besides is a mistake. @throws ValueError */
function readSettings(pairs: readonly Pair[], text: RecurringSettingsText): AnyRecurringSettings {
  const { basket: parts = [] } = text;
  if (parts.length === 0) {
    if (pairs.length > 1)
      throw new ValueError('pairs-malformed', `several pairs need a basket, such as "${pairs[0]}:60, ${pairs[1]}:40"`);
    return one.readSettings(pairs, text);
  }
  const others = pairs.filter((named) => !parts.some(({ pair }) => pair === named));
  if (others.length > 0)
    throw new ValueError('pairs-malformed', `the basket names the pairs, and ${others.join(', ')} is not among them`);
  return basket.readBasket(text, parts);
}
