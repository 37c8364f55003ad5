/** What people ask of a bot that is there: commands, its description, and its deletion. */
import { unchanged } from '@holdfast/bots';
import type { EngineBot } from '@holdfast/contracts';
import {
  type Amount,
  type Asset,
  type BotCommand,
  type BotEvent,
  type BotId,
  baseOf,
  epochMs,
  type Pair,
  quoteOf,
  type SubKeyId,
} from '@holdfast/domain';
import { botBook } from '@holdfast/ledger';
import type { EventBody } from '@holdfast/runtime';
import type { Batch } from './batch.ts';
import { CommandError } from './command-error.ts';
import { refreshBot, stepBot } from './effects.ts';
import { counted, soundSettings } from './examine.ts';
import type { Bot, Memory } from './memory.ts';

/** @throws CommandError `bot-unknown` */
export function botOf(memory: Memory, id: string): Bot {
  const bot = memory.bots.get(id as BotId);
  if (bot !== undefined) return bot;
  throw new CommandError('bot-unknown', `There is no bot ${id}; see \`holdfast bot list\``);
}

/**
 * Plays a step and throws it away, where it goes by numbers that somebody gave: what they make with the bot's own may be more than
 * can be counted, and then nothing must have changed. @throws ValueError
 */
export function playStep(memory: Memory, { runtime }: Bot, body: EventBody): void {
  const { kind, settings, state } = runtime;
  const step = kind.step(settings, state, { ...body, quotes: memory.runtime.quotes } as BotEvent);
  if (step !== unchanged) kind.report(settings, (step as Exclude<typeof step, typeof unchanged>).state);
}

const withNumbers: ReadonlySet<BotCommand['name']> = new Set(['add-funds', 'reduce-funds', 'edit-deal', 'edit']);

/** `of` names one of several pairs, `deal` an open deal; without them the command is for all. @throws CommandError `command-refused`; nothing was done then */
export function giveCommand(memory: Memory, batch: Batch, bot: Bot, command: BotCommand, of?: Pair, deal?: number): void {
  const { runtime, row } = bot;
  if (of !== undefined && !bot.pairs.includes(of))
    throw new CommandError('command-refused', `Bot ${row.id} does not trade ${of}; it trades ${bot.pairs.join(', ')}.`);
  const which = { ...(of === undefined ? {} : { pair: of }), ...(deal === undefined ? {} : { deal }) };
  const step = { kind: 'command', at: epochMs(batch.at), command, ...which } as const;
  const said = counted(() => {
    const why = runtime.kind.refuses(runtime.settings, runtime.state, command, of, deal);
    if (why === null && withNumbers.has(command.name)) playStep(memory, bot, step);
    return { why };
  });
  const why = 'beyond' in said ? said.beyond.reason : said.why;
  if (why !== null) throw new CommandError('command-refused', why);
  if (command.name === 'resume') row.status = 'running';
  if (command.name === 'stop' && (of === undefined || bot.pairs.length === 1)) row.status = 'stopping';
  batch.journal('command', { ...command, ...which }, row.id);
  const before = command.name === 'release-kept' ? holdingsOf(bot) : null;
  if (!stepBot(memory, batch, runtime.id, step)) refreshBot(memory, batch, bot);
  if (before !== null) freeReleased(memory, batch, bot, before);
  const to = `${of === undefined ? '' : ` for ${of}`}${deal === undefined ? '' : ` of deal ${deal}`}`;
  batch.say('info', row.id, `Command ${command.name}${to}`);
}

type Holdings = ReadonlyMap<Asset, Amount>;

const holdingsOf = ({ runtime: { kind, settings, state } }: Bot): Holdings =>
  new Map(kind.report(settings, state).holdings.map(({ asset, amount }) => [asset, amount]));

/** What a bot has let go of is its owner's again. */
function freeReleased(memory: Memory, batch: Batch, bot: Bot, before: Holdings): void {
  const after = holdingsOf(bot);
  for (const [asset, held] of before) {
    const released = (held - (after.get(asset) ?? 0n)) as Amount;
    if (released <= 0n) continue;
    const posting = memory.ledger.giveBack(bot.runtime.id, asset, released, `release:${batch.at}`, epochMs(batch.at));
    if (posting.kind === 'posted') batch.post(memory.ledger, posting.entries);
  }
}

/** New settings of a bot that goes on, checked as at its start. @throws CommandError `settings-malformed`, `settings-unfit` */
export function editable(
  memory: Memory,
  { row, runtime, pairs }: Bot,
  settings: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const known = pairs.flatMap((of) => memory.rules.get(of) ?? []);
  const rules = known.length < pairs.length ? null : Object.fromEntries(known.map((each) => [each.pair, each]));
  return soundSettings({ kind: row.kind, settings, pairs }, (read) => (rules === null ? [] : runtime.kind.problems(read, rules)));
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
  const { ledger } = memory;
  const [live] = memory.ordersOf(id);
  if (live !== undefined || memory.openDealsOf(id).length > 0)
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
