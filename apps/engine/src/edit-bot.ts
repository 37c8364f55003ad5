/** Other settings for a bot that is there, between its deals: checked as at its start, with a grant that fits them, all of it or nothing. */
import { encodeState, type SubBook } from '@holdfast/bots';
import { type Asset, amount, epochMs, formatAmount } from '@holdfast/domain';
import { botBook } from '@holdfast/ledger';
import type { Batch } from './batch.ts';
import { editable } from './bot-commands.ts';
import { CommandError } from './command-error.ts';
import { refreshBot, stepBot } from './effects.ts';
import { readSettings } from './kinds.ts';
import type { Bot } from './memory.ts';
import { type Founding, grantFor } from './new-bot.ts';

type Settings = Readonly<Record<string, unknown>>;

/** @throws CommandError, VaultRefusal; nothing was done then */
export async function editBot(founding: Founding, batch: Batch, bot: Bot, asked: Settings): Promise<void> {
  const { memory } = founding;
  const { row, runtime, pairs } = bot;
  const { kind } = runtime;
  if (kind.edited === undefined)
    throw new CommandError('command-refused', `A ${row.kind} bot is not edited; copy it with the settings that you want`);
  const [live] = memory.ordersOf(row.id);
  if (live !== undefined || memory.openDealsOf(runtime.id).length > 0) {
    const how = 'stop it and edit it when that has ended; edit-deal changes the open deal of a dca bot';
    throw new CommandError('bot-has-open-deal', `Bot ${row.id} has an open deal or orders at the exchange: ${how}`);
  }
  const stored = editable(memory, bot, asked);
  const settings = readSettings(row.kind, stored, pairs);
  const others = kind.pairsOf(settings);
  if (others.toSorted().join() !== pairs.toSorted().join())
    throw new CommandError(
      'command-refused',
      `Bot ${row.id} trades ${pairs.join(', ')}; make another one for ${others.join(', ')}`,
    );
  const { rules, quotes } = await founding.market(pairs);
  const funds = fundsOf(founding, bot, JSON.parse(row.funds) as Record<string, string>);
  const state = kind.edited(runtime.settings, settings, runtime.state);
  if (typeof state === 'string') throw new CommandError('command-refused', state);
  await grantFor(founding, runtime.id, kind.mandateNeeds(settings, rules, quotes, funds));
  const changed = changesOf(JSON.parse(row.settings) as Settings, stored);
  runtime.settings = settings;
  runtime.state = state;
  row.settings = JSON.stringify(stored);
  row.state = encodeState(state);
  row.updated_at = batch.at;
  batch.journal('edited', stored, row.id);
  batch.say('info', row.id, `Settings changed: ${changed}`);
  // Losses, too, may have left it less than it would be given at its start: it goes on with what it has.
  for (const { asset, amount: most } of kind.fundsNeeded(settings, rules, quotes, funds)) {
    const has = memory.ledger.balance(botBook(runtime.id), asset);
    if (most <= has) continue;
    const text = `${formatAmount(most)} ${asset} and the bot has ${formatAmount(has)}; it goes on with these`;
    batch.say('warning', row.id, `These settings may need up to ${text} until it is given more`);
  }
  stepBot(memory, batch, runtime.id, { kind: 'started', at: epochMs(batch.at) });
  refreshBot(memory, batch, bot);
}

/** `takeProfitPercent 1 to 2, averagingOrders 3 to 5` */
function changesOf(before: Settings, after: Settings): string {
  const text = (value: unknown): string => (typeof value === 'string' ? value || 'none' : JSON.stringify(value ?? 'none'));
  const fields = Object.keys({ ...before, ...after }).filter((name) => text(before[name]) !== text(after[name]));
  return fields.length === 0 ? 'none' : fields.map((name) => `${name} ${text(before[name])} to ${text(after[name])}`).join(', ');
}

/** The more of what it has and what it was given: what its coins cost counts at the vault as well. */
export function fundsOf(
  { memory: { ledger } }: Founding,
  { runtime, pairs }: Bot,
  allotted: Readonly<Record<string, string>>,
): SubBook {
  const assets = new Set(pairs.flatMap((pair) => pair.split('/') as Asset[]));
  return Object.fromEntries(
    [...assets].map((asset) => {
      const [has, was] = [ledger.balance(botBook(runtime.id), asset), amount(allotted[asset] ?? '0')];
      return [asset, has > was ? has : was];
    }),
  );
}
