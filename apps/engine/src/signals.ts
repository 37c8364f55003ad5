/**
 * Signals from the listener: which bot one is for, what it is taken for, and the outcome, kept with the command's id.
 *   N1  A signal has one outcome for ever: repeated, it gets the first one again and nothing is done.
 *   N2  A refused signal changes no bot; the reason is in the log beside the bot.
 */
import { type EngineCommand, readAsk, type SignalOutcome } from '@holdfast/contracts';
import {
  amount,
  type BotCommand,
  type BotId,
  epochMs,
  type Pair,
  type Signal,
  type SignalAsk,
  unreachable,
} from '@holdfast/domain';
import type { Batch } from './batch.ts';
import { playStep } from './bot-commands.ts';
import { CommandError } from './command-error.ts';
import { refreshBot, stepBot } from './effects.ts';
import { counted } from './examine.ts';
import type { Bot, Memory } from './memory.ts';

type SignalCommand = Extract<EngineCommand, { readonly command: 'signal' }>;
/** Gives a bot a command. @throws CommandError when the bot refuses it; then nothing was done */
export type GiveCommand = (bot: Bot, command: BotCommand, of?: Pair, deal?: number) => void;

/** Takes a signal in; everything that it does goes into the batch. */
export function hearSignal(memory: Memory, batch: Batch, command: SignalCommand, give: GiveCommand): SignalOutcome {
  const found = botFor(memory, command);
  const outcome = 'code' in found ? found : heardBy(memory, batch, command, found, give);
  const what = outcome.code === null ? outcome.reason : `refused (${outcome.code}): ${outcome.reason}`;
  batch.journal('signal', { id: command.id, source: command.source, outcome }, outcome.bot);
  batch.say(outcome.code === null ? 'info' : 'warning', outcome.bot, `Signal of ${command.source}: ${what}`);
  return outcome;
}

const refused = (bot: string | null, code: string, reason: string): SignalOutcome => ({ bot, code, reason });

/** `BTCUSDT`, `btc-usdt` and `BTC/USDT` name the same. */
const bare = (name: string): string => name.toUpperCase().replace(/[^A-Z0-9.]/g, '');

/** The pair of the bot that the message names; undefined for none of its own, or where it names none. */
const pairNamed = ({ pairs }: Bot, instrument: string | null): Pair | undefined =>
  instrument === null ? undefined : pairs.find((pair) => bare(instrument) === bare(pair));

/** The registered bot that trades what the message names; where it names nothing, the only one. */
function botFor(memory: Memory, { bots, instrument }: SignalCommand): Bot | SignalOutcome {
  const registered = bots.flatMap((id) => memory.bots.get(id as BotId) ?? []);
  const [only, ...others] = registered;
  if (only === undefined)
    return refused(null, 'signal-bot-unknown', `no bot is left that the token is registered for (${bots.join(', ')})`);
  if (instrument === null)
    return others.length === 0
      ? only
      : refused(null, 'signal-pair', `the token is registered for ${registered.length} bots and the message names no pair`);
  const named = registered.filter((bot) => pairNamed(bot, instrument) !== undefined);
  const [match, ...more] = named;
  if (match !== undefined && more.length === 0) return match;
  const pairs = [...new Set(registered.flatMap(({ pairs: of }) => of))].join(', ');
  return refused(
    others.length === 0 ? only.row.id : null,
    'signal-pair',
    match === undefined
      ? `${instrument} is not registered; there is ${pairs}`
      : `${instrument} is traded by bots ${named.map(({ row }) => row.id).join(', ')} of the token; make a token for each`,
  );
}

function heardBy(memory: Memory, batch: Batch, command: SignalCommand, bot: Bot, giveTo: GiveCommand): SignalOutcome {
  const { runtime } = bot;
  const ask = readAsk(command.ask);
  const of = bot.pairs.length > 1 ? pairNamed(bot, command.instrument) : undefined;
  const isGiven = ask.kind === 'commands' || ask.kind === 'add-funds';
  const give = (each: BotCommand) => given(bot, each, giveTo, of, isGiven ? ask.deal : undefined);
  if (ask.kind === 'commands')
    return commands(bot, ask.commands, (name) =>
      name === 'start-deal' && ask.deal === undefined && runtime.kind.hears !== undefined
        ? startedBy(memory, batch, command, bot, of)
        : give({ name }),
    );
  if (ask.kind === 'add-funds') return give({ name: 'add-funds', amount: ask.quote, limit: ask.limit });
  return askedOf(memory, batch, command, bot, ask, of);
}

/** The bot itself says what it makes of it, and is stepped with it. */
function askedOf(
  memory: Memory,
  batch: Batch,
  command: SignalCommand,
  bot: Bot,
  ask: SignalAsk,
  of: Pair | undefined,
): SignalOutcome {
  const { runtime, row } = bot;
  const { hears } = runtime.kind;
  if (hears === undefined) return refused(row.id, 'signal-unsupported', `a ${row.kind} bot takes no ${words(ask)} by signal`);
  const signal: Signal = { id: command.id, price: command.price === null ? null : amount(command.price), ask };
  const event = { kind: 'signal', at: epochMs(batch.at), signal, ...(of === undefined ? {} : { pair: of }) } as const;
  const answer = counted(() => {
    const heard = hears(runtime.settings, runtime.state, { ...event, quotes: memory.runtime.quotes });
    if (heard.kind === 'taken') playStep(memory, bot, event);
    return heard;
  });
  if ('beyond' in answer) return refused(row.id, 'signal-size', answer.beyond.reason);
  const isWaited = ask.kind === 'condition' && answer.kind === 'taken' ? waitingFor(memory, bot, ask.name, of) : null;
  if (isWaited?.length === 0)
    return refused(row.id, 'signal-not-now', `its conditions do not wait for the signal ${words(ask)} now`);
  stepBot(memory, batch, runtime.id, event);
  const holding = isWaited === null ? null : tellConditions(memory, batch, bot, isWaited);
  if (answer.kind === 'taken' && ask.kind === 'enable') row.status = 'running';
  if (answer.kind === 'taken' && ask.kind === 'disable') row.status = 'stopping';
  refreshBot(memory, batch, bot);
  if (answer.kind === 'refused') return refused(row.id, answer.code, answer.reason);
  const more = holding === null ? '' : holding ? '; its conditions hold' : '; its other conditions do not hold yet';
  return { bot: row.id, code: null, reason: `${answer.does}${more}` };
}

/** Pairs on which the bot waits for a condition with this signal, with the name that the signal has there. */
function waitingFor({ runtime: all }: Memory, { runtime }: Bot, name: string, of: Pair | undefined) {
  const scoped = `${name}@${runtime.id}`;
  const waited = all.wakesOf(runtime.id).flatMap((wake) => (wake.kind === 'condition' ? [wake] : []));
  const pairs = waited.filter(({ condition }) => condition.includes(`"name":"${scoped}"`)).map(({ pair }) => pair);
  return [...new Set(pairs)].filter((pair) => of === undefined || pair === of).map((pair) => ({ pair, name: scoped }));
}

/** Whether a condition that waited for the signal holds with it; then the bot is woken. */
function tellConditions(
  memory: Memory,
  batch: Batch,
  { runtime }: Bot,
  signals: readonly { readonly pair: Pair; readonly name: string }[],
): boolean {
  const at = epochMs(batch.at);
  const dues = signals.flatMap(({ pair, name }) => memory.runtime.onSignal(pair, name, at));
  const own = dues.filter(({ bot }) => bot === runtime.id);
  for (const due of own)
    if (memory.runtime.stillDue(due)) stepBot(memory, batch, runtime.id, { kind: 'woken', at, wake: due.wake });
  return own.length > 0;
}

/** A message that starts a deal: where the start conditions wait for the signal "start" it is that signal, else it is asked of the bot. */
function startedBy(memory: Memory, batch: Batch, command: SignalCommand, bot: Bot, of: Pair | undefined): SignalOutcome {
  const isCondition = waitingFor(memory, bot, 'start', of).length > 0;
  const ask: SignalAsk = isCondition ? { kind: 'condition', name: 'start' } : { kind: 'commands', commands: ['start-deal'] };
  return askedOf(memory, batch, command, bot, ask, of);
}

function words(ask: SignalAsk): string {
  switch (ask.kind) {
    case 'enter':
    case 'exit':
      return `${ask.kind} ${ask.direction}`;
    case 'position':
      return 'strategy';
    case 'start-trailing':
      return 'start of trailing';
    case 'condition':
      return ask.name;
    case 'disable':
    case 'enable':
    case 'commands':
    case 'add-funds':
      return ask.kind;
    default:
      return unreachable(ask);
  }
}

function given(bot: Bot, command: BotCommand, give: GiveCommand, of: Pair | undefined, deal: number | undefined): SignalOutcome {
  try {
    give(bot, command, of, deal);
    return { bot: bot.row.id, code: null, reason: `command ${command.name}${deal === undefined ? '' : ` of deal ${deal}`}` };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return refused(bot.row.id, 'signal-not-now', `${command.name}: ${error.message}`);
  }
}

/** One after the other; taken where one of them was. */
type Names = Extract<SignalAsk, { kind: 'commands' }>['commands'];

function commands(bot: Bot, names: Names, give: (name: Names[number]) => SignalOutcome): SignalOutcome {
  const done = names.map(give);
  const taken = done.some(({ code }) => code === null);
  return { bot: bot.row.id, code: taken ? null : 'signal-not-now', reason: done.map(({ reason }) => reason).join('; ') };
}
