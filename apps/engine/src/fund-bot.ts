/** More of its owner's free funds for a bot that is there: the bot takes all of it or nothing changes. */
import { encodeState } from '@holdfast/bots';
import { type Amount, amount, asset, epochMs, formatAmount } from '@holdfast/domain';
import { botBook } from '@holdfast/ledger';
import { namedFunds } from './asked.ts';
import type { Batch } from './batch.ts';
import { CommandError } from './command-error.ts';
import { fundsOf } from './edit-bot.ts';
import { refreshBot, stepBot } from './effects.ts';
import { readSettings } from './kinds.ts';
import type { Bot } from './memory.ts';
import { type Founding, grantFor } from './new-bot.ts';

/** @throws CommandError `funds-malformed`, `funds-insufficient`, VaultRefusal; nothing was done then */
export async function fundBot(
  founding: Founding,
  batch: Batch,
  bot: Bot,
  asked: Readonly<Record<string, string>>,
): Promise<void> {
  const { memory } = founding;
  const { runtime, row, pairs } = bot;
  const { ledger } = memory;
  const { funds, faults } = namedFunds({ funds: asked });
  const [fault] = faults;
  if (fault !== undefined) throw new CommandError('funds-malformed', `${fault.field}: ${fault.reason}`);
  const given = Object.entries(funds).map(([name, text]) => ({ asset: asset(name), more: amount(text) }));
  if (given.length === 0) throw new CommandError('funds-malformed', 'funds: name an asset and how much of it, such as USDT=100');
  const allotted = JSON.parse(row.funds) as Record<string, string>;
  let { state } = runtime;
  for (const { asset: of, more } of given) {
    state = runtime.kind.funded?.(runtime.settings, state, of, more) ?? null;
    if (state === null) throw new CommandError('funds-malformed', `funds.${of}: bot ${row.id} takes no ${of}`);
    const free = ledger.balance('owner', of);
    if (more > free) {
      const text = `${formatAmount(more)} ${of} are asked for, and ${formatAmount(free)} are free of other bots`;
      throw new CommandError('funds-insufficient', `funds.${of}: ${text}`);
    }
    allotted[of] = formatAmount((amount(allotted[of] ?? '0') + more) as Amount);
  }
  const settings = readSettings(row.kind, JSON.parse(row.settings) as Record<string, unknown>, pairs);
  const { rules, quotes } = await founding.market(pairs);
  const funded = fundsOf(founding, bot, allotted);
  await grantFor(founding, runtime.id, runtime.kind.mandateNeeds(settings, rules, quotes, funded), 'no smaller');
  runtime.state = state;
  for (const { asset: of, more } of given) {
    const posting = ledger.allot(runtime.id, of, more, `fund:${batch.at}`, epochMs(batch.at));
    if (posting.kind === 'posted') batch.post(ledger, posting.entries);
  }
  row.state = encodeState(state);
  row.funds = JSON.stringify(allotted);
  row.updated_at = batch.at;
  batch.journal('funded', funds, row.id);
  batch.say('info', row.id, `Given ${given.map(({ asset: of, more }) => `${formatAmount(more)} ${of}`).join(' and ')} more`);
  for (const { asset: of } of given)
    stepBot(memory, batch, runtime.id, {
      ...{ kind: 'balance-changed', at: epochMs(batch.at), asset: of },
      available: ledger.balance(botBook(runtime.id), of),
    });
  refreshBot(memory, batch, bot);
}
