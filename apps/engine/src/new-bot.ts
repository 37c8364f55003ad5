/** A bot that is to be: read, checked, funded, granted a sub-key at the vault, and started; all of it or nothing. */
import { type Allotment, encodeState, type Quotes, type RulesByPair } from '@holdfast/bots';
import type { EngineCommand } from '@holdfast/contracts';
import {
  type Amount,
  type BotId,
  epochMs,
  formatAmount,
  InvariantError,
  type MandateNeeds,
  type Pair,
  quoteOf,
} from '@holdfast/domain';
import type { Batch } from './batch.ts';
import { giveCommand } from './bot-commands.ts';
import { CommandError } from './command-error.ts';
import { refreshBot, stepBot } from './effects.ts';
import { examine } from './examine.ts';
import type { Bot, Memory } from './memory.ts';
import { type VaultPort, VaultRefusal } from './ports.ts';
import { textOf } from './text-of.ts';

type BotCreate = Extract<EngineCommand, { command: 'bot-create' }>;

/** What a new bot needs of the engine. */
export interface Founding {
  readonly memory: Memory;
  readonly vault: Pick<VaultPort, 'status' | 'grant'>;
  newBotId(): BotId;
  /** Rules and prices of the pairs. @throws CommandError */
  market(pairs: readonly Pair[]): Promise<{ readonly rules: RulesByPair; readonly quotes: Quotes }>;
}

/** Makes the bot in memory and batch. @throws CommandError, VaultRefusal; nothing has been made then */
export async function createBot(founding: Founding, batch: Batch, command: BotCreate): Promise<Bot> {
  const { memory } = founding;
  const { refusal, plan } = await examine(founding, command);
  if (plan === null || refusal !== null) throw refusal ?? new InvariantError('settings that cannot be read are not refused');
  if (memory.engine.baseline === 0) {
    throw new CommandError(
      'account-not-connected',
      `Account ${memory.account} is not connected yet; connect it, then create bots`,
    );
  }
  const { kind, stored, settings, pairs, rules, allotted } = plan;
  const funds = plan.funds
    .map((row): Allotment => ({ asset: row.asset, amount: row.allotted }))
    .filter((each) => each.amount > 0n);
  const id = founding.newBotId();
  const granted = await grantFor(founding, id, plan.needs);
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

const fundsText = (funds: readonly Allotment[]): string =>
  funds.map(({ asset, amount: each }) => `${formatAmount(each)} ${asset}`).join(' and ');

const least = (a: bigint, b: bigint): Amount => (a < b ? a : b) as Amount;
const largest = (amounts: readonly bigint[]): bigint => amounts.reduce((top, each) => (each > top ? each : top), 0n);

/**
 * The smallest grant that the bot can work with, over all its pairs, inside the mandate where that is narrower. `which`: what a bot that
 * goes on was granted stays.
 */
export async function grantFor({ memory, vault }: Founding, bot: BotId, needs: MandateNeeds, which?: 'no smaller') {
  try {
    const { accounts } = await vault.status();
    const own = accounts.find((each) => each.account === memory.account);
    const mandate = own?.mandate ?? undefined;
    const known = which === undefined ? undefined : own?.grants.find((grant) => grant.bot === bot && grant.alive);
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
        largest([...needs.pairs.map((need) => need.maxOrderQuote), known?.maxOrderQuote ?? 0n]),
        largest(bounds.map((each) => each?.maxOrderQuote ?? 0n)),
      ),
      turnover24h: least(largest([needs.turnover24h, known?.turnover24h ?? 0n]), mandate.turnover24h),
      rights: [
        ...(needs.pairs.some((need) => need.maxSellHeldBase24h > 0n) ? (['sell-held'] as const) : []),
        // A stop is moved when the position grows, and gives way to the take profit.
        ...(needs.pairs.some((need) => need.orders.includes('stop-limit')) ? (['cancel-stops'] as const) : []),
      ],
    });
  } catch (error) {
    if (error instanceof CommandError || error instanceof VaultRefusal) throw error;
    throw new CommandError('vault-unreachable', `The vault does not answer: ${textOf(error)}`);
  }
}
