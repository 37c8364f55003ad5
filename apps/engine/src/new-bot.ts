/** A bot that is to be: read, checked, funded, granted a sub-key at the vault, and started; all of it or nothing. */
import { type Allotment, encodeState, type MandateNeeds, type Quotes, type RulesByPair, type SubBook } from '@holdfast/bots';
import type { EngineCommand } from '@holdfast/contracts';
import {
  type Amount,
  amount,
  type BotId,
  epochMs,
  formatAmount,
  InvariantError,
  type Pair,
  pair,
  quoteOf,
  ValueError,
} from '@holdfast/domain';
import type { AnyBotKind } from '@holdfast/runtime';
import type { Batch } from './batch.ts';
import { giveCommand } from './bot-commands.ts';
import { CommandError } from './command-error.ts';
import { refreshBot, stepBot } from './effects.ts';
import { botKind, completeSettings, readSettings } from './kinds.ts';
import type { Bot, Memory } from './memory.ts';
import { type VaultPort, VaultRefusal } from './ports.ts';

type BotCreate = Extract<EngineCommand, { command: 'bot-create' }>;

/** Settings of a bot that is asked for, read, with the pairs that it trades. */
interface Asked {
  readonly kind: AnyBotKind;
  /** As they are stored. */
  readonly stored: Record<string, unknown>;
  readonly settings: unknown;
  readonly pairs: readonly Pair[];
}

/** What a new bot needs of the engine. */
export interface Founding {
  readonly memory: Memory;
  readonly vault: Pick<VaultPort, 'status' | 'grant'>;
  newBotId(): BotId;
  /** Rules and prices of the pairs. @throws CommandError */
  market(pairs: readonly Pair[]): Promise<{ readonly rules: RulesByPair; readonly quotes: Quotes }>;
}

/** The pairs that are named; none where the settings name them. @throws CommandError `pair-malformed` */
export function namedPairs({ pair: one, pairs: several }: Pick<AskedText, 'pair' | 'pairs'>): readonly Pair[] {
  return [...new Set([...(one === undefined ? [] : [one]), ...(several ?? [])])].map(readPair);
}

/** @throws CommandError `pair-malformed`, `settings-malformed`, `bot-kind-unknown` */
function readAsked(asked: AskedText): Asked {
  const { kind: name } = asked;
  const named = namedPairs(asked);
  const stored = completeSettings(name, asked.settings);
  const kind = botKind(name);
  const settings = readSettings(name, stored, named);
  return { kind, stored, settings, pairs: kind.pairsOf(settings) };
}
type AskedText = Pick<BotCreate, 'kind' | 'settings' | 'pair' | 'pairs'>;

/** Makes the bot in memory and batch. @throws CommandError, VaultRefusal; nothing has been made then */
export async function createBot(founding: Founding, batch: Batch, command: BotCreate): Promise<Bot> {
  const { memory } = founding;
  const { kind, stored, settings, pairs } = readAsked(command);
  if (memory.engine.baseline === 0) {
    throw new CommandError(
      'account-not-connected',
      `Account ${memory.account} is not connected yet; connect it, then create bots`,
    );
  }
  const { rules, quotes } = await founding.market(pairs);
  const problems = kind.problems(settings, rules);
  if (problems.length > 0) throw new CommandError('settings-unfit', problems.join(' '));
  const funds = fundsOf(memory, command.funds ?? {}, (given) => kind.fundsNeeded(settings, rules, quotes, given));
  const allotted = Object.fromEntries(funds.map(({ asset, amount: each }) => [asset, each]));
  const id = founding.newBotId();
  const granted = await grantFor(founding, id, kind.mandateNeeds(settings, rules, quotes, allotted));
  // What is free was looked at above, and nothing else writes the ledger meanwhile: this is not short.
  for (const { asset, amount: each } of funds) {
    const posting = memory.ledger.allot(id, asset, each, command.id, epochMs(batch.at));
    if (posting.kind === 'short') throw new InvariantError(`L2: ${asset} allotted to ${id} is short`);
    batch.post(memory.ledger, posting.entries);
  }
  const state = kind.initial(settings, { bot: id, rules, allotted });
  const bot = memory.addBot(
    {
      id,
      account: memory.account,
      kind: command.kind,
      name: command.name,
      pairs: JSON.stringify(pairs),
      settings: JSON.stringify(stored),
      state: encodeState(state),
      wakes: '[]',
      status: 'running',
      waiting_for: null,
      sub_key: granted.subKey,
      funds: JSON.stringify(Object.fromEntries(funds.map((each) => [each.asset, formatAmount(each.amount)]))),
      dust: '[]',
      problem: null,
      created_at: batch.at,
      updated_at: batch.at,
    },
    granted.secret,
  );
  batch.put('sub_keys', { sub_key: granted.subKey, bot: id, secret: granted.secret });
  batch.say('info', id, `Bot ${command.name} created on ${pairs.join(', ')} with ${fundsText(funds)}`);
  if (memory.bots.size === 1) memory.engine.quote = quoteOf(pairs[0] as Pair);
  batch.put('engine', memory.engine);
  if (!command.start) giveCommand(memory, batch, bot, { name: 'stop' });
  stepBot(memory, batch, id, { kind: 'started', at: epochMs(batch.at) });
  refreshBot(memory, batch, bot);
  return bot;
}

/** @throws CommandError `pair-malformed` */
export function readPair(name: string): Pair {
  try {
    return pair(name);
  } catch (error) {
    if (error instanceof ValueError) throw new CommandError('pair-malformed', `${name} is not a pair such as BTC/USDT`);
    throw error;
  }
}

const fundsText = (funds: readonly Allotment[]): string =>
  funds.map(({ asset, amount: each }) => `${formatAmount(each)} ${asset}`).join(' and ');

/** What is given, and what is needed of what is not given. @throws CommandError `funds-malformed`, `funds-insufficient` */
function fundsOf(
  memory: Memory,
  funds: Readonly<Record<string, string>>,
  neededWith: (given: SubBook) => readonly Allotment[],
): readonly Allotment[] {
  const given = Object.fromEntries(Object.entries(funds).map(([asset, text]) => [asset, amount(text)]));
  const needed = neededWith(given);
  const taken = needed.map(({ asset }) => asset as string);
  const others = Object.keys(given).filter((name) => !taken.includes(name));
  if (others.length > 0)
    throw new CommandError('funds-malformed', `This bot takes funds in ${taken.join(' and ')} only, not in ${others.join(', ')}`);
  return needed
    .map((need) => ({ asset: need.asset, amount: enough(memory, need, given[need.asset] ?? need.amount) }))
    .filter((each) => each.amount > 0n);
}

function enough(memory: Memory, { asset, amount: needed }: Allotment, funds: Amount): Amount {
  if (funds < needed) {
    const least = `${formatAmount(needed)} ${asset}`;
    throw new CommandError('funds-insufficient', `The bot needs up to ${least}; ${formatAmount(funds)} are given`);
  }
  const free = memory.ledger.balance('owner', asset);
  if (funds > free) {
    const has = `${formatAmount(free)} ${asset} are free of other bots`;
    throw new CommandError('funds-insufficient', `${has}; the bot needs ${formatAmount(funds)}`);
  }
  return funds;
}

const least = (a: bigint, b: bigint): Amount => (a < b ? a : b) as Amount;
const largest = (amounts: readonly bigint[]): bigint => amounts.reduce((top, each) => (each > top ? each : top), 0n);

/** The smallest grant that the bot can work with, over all its pairs, inside the mandate where that is narrower. */
async function grantFor({ memory, vault }: Founding, bot: BotId, needs: MandateNeeds) {
  try {
    const { accounts } = await vault.status();
    const mandate = accounts.find((each) => each.account === memory.account)?.mandate ?? undefined;
    const bounds = needs.pairs.map((need) => mandate?.pairs.find(({ pair: of }) => of === need.pair));
    const missing = needs.pairs.filter((_, index) => bounds[index] === undefined).map(({ pair: of }) => of);
    if (mandate === undefined || missing.length > 0) {
      const what = missing.join(', ');
      throw new CommandError('mandate-missing', `The mandate of account ${memory.account} does not allow ${what}`);
    }
    return await vault.grant({
      bot,
      account: memory.account,
      pairs: needs.pairs.map((need) => need.pair),
      maxOrderQuote: least(
        largest(needs.pairs.map((need) => need.maxOrderQuote)),
        largest(bounds.map((each) => each?.maxOrderQuote ?? 0n)),
      ),
      turnover24h: least(needs.turnover24h, mandate.turnover24h),
      rights: [
        ...(needs.pairs.some((need) => need.maxSellHeldBase24h > 0n) ? (['sell-held'] as const) : []),
        // A stop is moved when the position grows, and gives way to the take profit.
        ...(needs.pairs.some((need) => need.orders.includes('stop-limit')) ? (['cancel-stops'] as const) : []),
      ],
    });
  } catch (error) {
    if (error instanceof CommandError || error instanceof VaultRefusal) throw error;
    throw new CommandError(
      'vault-unreachable',
      `The vault does not answer: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
