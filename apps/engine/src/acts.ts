/** What a person does to an open deal: from the words of the command socket to those of the bot. */
import type { DealAct } from '@holdfast/contracts';
import { amount, type BotCommand } from '@holdfast/domain';
import { CommandError } from './command-error.ts';

const limitOf = (price: string | undefined) => (price === undefined ? null : amount(price));

/**
 * `complete` checks new settings as at the start and gives them completed; it is asked for an edit only.
 * @throws CommandError `command-refused`, and what `complete` throws
 */
export function readAct(
  act: DealAct,
  kind: string,
  complete: (settings: Readonly<Record<string, unknown>>) => Record<string, unknown>,
): BotCommand {
  switch (act.name) {
    case 'add-funds':
      return { name: act.name, amount: amount(act.quote), limit: limitOf(act.price) };
    case 'reduce-funds':
      return { name: act.name, quantity: amount(act.quantity), limit: limitOf(act.price) };
    case 'edit':
      // Settings that stand for one deal are those of a trade; other kinds change their open deal, and not what comes after it.
      if (kind !== 'trade')
        throw new CommandError('command-refused', `A ${kind} bot is not edited as a whole; change its open deal with edit-deal`);
      return { name: act.name, settings: complete(act.settings) };
    default:
      return act;
  }
}
