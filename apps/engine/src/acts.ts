/** What a person does to an open deal: from the words of the command socket to those of the bot. */
import type { DealAct } from '@holdfast/contracts';
import { amount, type BotCommand } from '@holdfast/domain';

const limitOf = (price: string | undefined) => (price === undefined ? null : amount(price));

/**
 * `complete` checks new settings as at the start and gives them completed; it is asked for an edit only.
 * @throws what `complete` throws
 */
export function readAct(
  act: DealAct,
  complete: (settings: Readonly<Record<string, unknown>>) => Record<string, unknown>,
): BotCommand {
  switch (act.name) {
    case 'add-funds':
      return { name: act.name, amount: amount(act.quote), limit: limitOf(act.price) };
    case 'reduce-funds':
      return { name: act.name, quantity: amount(act.quantity), limit: limitOf(act.price) };
    case 'edit':
      return { name: act.name, settings: complete(act.settings) };
    default:
      return act;
  }
}
