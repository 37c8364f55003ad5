/** Recurring buys of one pair or of a basket: docs/bots/recurring.md. */
import { type Pair, ValueError } from '@holdfast/domain';
import type { BotKind } from '../bot-kind.ts';
import { onePair } from '../one-pair.ts';
import { oneOrSeveral } from '../several-pairs.ts';
import * as basket from './basket.ts';
import { recurring } from './recurring.ts';
import type { RecurringSettings, RecurringSettingsText } from './settings.ts';
import type { RecurringState } from './state.ts';

export type AnyRecurringSettings = RecurringSettings | basket.Basket;
export type AnyRecurringState = RecurringState | basket.BasketState;

const one = onePair(recurring);
const again = (part: RecurringState): RecurringState => ({ ...part, nextAt: null });

export const recurringBuys: BotKind<RecurringSettingsText, AnyRecurringSettings, AnyRecurringState> = oneOrSeveral({
  name: recurring.name,
  readSettings,
  edited: (_before, settings, state) => {
    if (!('parts' in settings)) return 'parts' in state ? 'A basket stays one.' : again(state);
    if (!('parts' in state)) return 'A bot of one pair cannot become a basket.';
    const parts = Object.entries(state.parts).map(([pair, part]) => [pair, { ...part, state: again(part.state) }]);
    return { ...state, parts: Object.fromEntries(parts) };
  },
  one,
  several: basket,
});

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
