/** What people ask of a bot that is there: commands, its description, and its deletion. */
import type { EngineBot } from '@holdfast/contracts';
import { type BotCommand, type BotId, baseOf, epochMs, type Pair, quoteOf, type SubKeyId } from '@holdfast/domain';
import { botBook } from '@holdfast/ledger';
import type { Batch } from './batch.ts';
import { CommandError } from './command-error.ts';
import { refreshBot, stepBot } from './effects.ts';
import { completeSettings, readSettings } from './kinds.ts';
import type { Bot, Memory } from './memory.ts';

/** @throws CommandError `bot-unknown` */
export function botOf(memory: Memory, id: string): Bot {
  const bot = memory.bots.get(id as BotId);
  if (bot !== undefined) return bot;
  throw new CommandError('bot-unknown', `There is no bot ${id}; see \`holdfast bot list\``);
}

/** `of` names one of several pairs; without it the command is for all. @throws CommandError `command-refused`; nothing was done then */
export function giveCommand(memory: Memory, batch: Batch, bot: Bot, command: BotCommand, of?: Pair): void {
  const { runtime, row } = bot;
  if (of !== undefined && !bot.pairs.includes(of))
    throw new CommandError('command-refused', `Bot ${row.id} does not trade ${of}; it trades ${bot.pairs.join(', ')}.`);
  const why = runtime.kind.refuses(runtime.settings, runtime.state, command, of);
  if (why !== null) throw new CommandError('command-refused', why);
  if (command.name === 'resume') row.status = 'running';
  if (command.name === 'stop' && (of === undefined || bot.pairs.length === 1)) row.status = 'stopping';
  const which = of === undefined ? {} : { pair: of };
  batch.journal('command', { ...command, ...which }, row.id);
  stepBot(memory, batch, runtime.id, { kind: 'command', at: epochMs(batch.at), command, ...which });
  refreshBot(memory, batch, bot);
  batch.say('info', row.id, `Command ${command.name}${of === undefined ? '' : ` for ${of}`}`);
}

/** New settings of a bot that goes on, checked as at its start. @throws CommandError `settings-malformed`, `settings-unfit` */
export function editable(
  memory: Memory,
  { row, runtime, pairs }: Bot,
  settings: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const complete = completeSettings(row.kind, settings);
  const read = readSettings(row.kind, complete, pairs);
  const known = pairs.flatMap((of) => memory.rules.get(of) ?? []);
  const problems =
    known.length < pairs.length ? [] : runtime.kind.problems(read, Object.fromEntries(known.map((each) => [each.pair, each])));
  if (problems.length > 0) throw new CommandError('settings-unfit', problems.join(' '));
  return complete;
}

export function describeBot(memory: Memory, { row, pairs }: Bot): EngineBot {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    pairs,
    status: row.status as EngineBot['status'],
    waitingFor: row.waiting_for,
    settings: JSON.parse(row.settings) as Record<string, unknown>,
    funds: JSON.parse(row.funds) as Record<string, string>,
    createdAt: row.created_at,
    deals: { open: memory.openDealsOf(row.id as BotId).length, closed: memory.closedDeals.get(row.id) ?? 0 },
  };
}

/** Its funds are free again; its sub-key is still to be revoked. @throws CommandError `bot-has-open-deal` */
export function deleteBot(memory: Memory, batch: Batch, { row, pairs, runtime: { id } }: Bot): SubKeyId | null {
  const { ledger, orders } = memory;
  const live = [...orders.values()].some((order) => order.bot === id);
  if (live || memory.openDealsOf(id).length > 0)
    throw new CommandError('bot-has-open-deal', `Bot ${id} has an open deal; close or cancel it first`);
  for (const asset of new Set(pairs.flatMap((of) => [baseOf(of), quoteOf(of)]))) {
    const posting = ledger.giveBack(id, asset, ledger.balance(botBook(id), asset), `delete:${id}`, epochMs(batch.at));
    if (posting.kind === 'posted') batch.post(ledger, posting.entries);
  }
  row.status = 'deleted';
  row.wakes = '[]';
  row.updated_at = batch.at;
  batch.put('bots', row);
  batch.say('info', id, 'Bot deleted; its funds are free again');
  memory.removeBot(id);
  return row.sub_key as SubKeyId | null;
}
