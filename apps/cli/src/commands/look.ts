/** `status`, `deals` and `bot …`: what runs, and what it did. */
import type { BotDetail, BotSummary, CreateBot, Deal, DealsAnswer, Status } from '@holdfast/contracts';
import type { Command } from 'commander';
import { apiClient } from '../api-client.ts';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common } from '../options.ts';
import { print, printJson, shorten, table, timeText } from '../output.ts';
import { addBotCommands } from './bot.ts';
import { collectSet, type Of, ofOne } from './bot-acts.ts';
import { statusText } from './status-text.ts';
import { kindOf } from './strategy.ts';

const describeBots = (bots: readonly BotSummary[]): string =>
  bots.length === 0
    ? 'no bot yet; make one with "npx holdfast bot create"'
    : table(
        ['bot', 'kind', 'pair', 'state', 'open', 'closed', 'profit', 'waits for'],
        bots.map((bot) => [
          bot.id,
          bot.kind,
          bot.pairs.join(' '),
          bot.state,
          String(bot.deals.open),
          String(bot.deals.closed),
          shorten(bot.profit, 2),
          bot.waitingFor ?? '',
        ]),
      );

function describeBot(bot: BotDetail): string {
  const head = `${describeBots([bot])}\n\nsettings  ${JSON.stringify(bot.settings)}`;
  if (bot.openDeals.length === 0) return `${head}\nno open deal`;
  return [head, ...bot.openDeals.map(describeDeal)].join('\n');
}

function describeDeal(deal: BotDetail['openDeals'][number]): string {
  const rungs = deal.ladder.map((rung) => [
    rung.kind === 'base' ? 'base' : `${rung.kind} ${rung.index}`,
    rung.price ?? 'market',
    rung.quantity,
    rung.filled,
    rung.state,
  ]);
  const exit = deal.takeProfit;
  // Where the way out is in steps, it is the next of them.
  if (exit !== null && !deal.ladder.some(({ kind }) => kind === 'target'))
    rungs.push(['take profit', exit.price, exit.quantity, exit.filled, exit.state]);
  return `deal ${deal.number} on ${deal.pair}, open since ${timeText(deal.openedAt)}\n\n${table(['order', 'price', 'quantity', 'filled', 'state'], rungs)}`;
}

const dealRow = (deal: Deal): string[] => [
  deal.bot,
  String(deal.number),
  deal.pair,
  deal.state,
  timeText(deal.openedAt),
  deal.closedAt === null ? '-' : timeText(deal.closedAt),
  String(deal.averagingOrders.filled),
  shorten(deal.spent, 2),
  deal.profit === null ? '-' : shorten(deal.profit, 4),
  shorten(deal.fees, 4),
];

interface CreateOptions extends Common {
  readonly kind: string;
  readonly pairs?: string;
  readonly pair?: string;
  readonly name?: string;
  readonly settings: string;
  readonly funds: readonly (readonly [string, string])[];
  readonly stopped?: true;
}

function readSettings(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    throw new CliError(exitCode.usage, `--settings is not JSON: ${(cause as Error).message}`, { cause });
  }
  throw new CliError(exitCode.usage, `--settings must be a JSON object such as '{"baseOrderSize":"100"}', got ${text}`);
}

export function addLookCommands(program: Command): void {
  common(program.command('status').description('what runs, balances, bots, profit, and whether the books agree')).action(
    async ({ data, json }: Common) => {
      const status = await apiClient(data).get<Status>('/api/status');
      if (json) printJson(status);
      else print(statusText(status, describeBots(status.bots)));
    },
  );

  common(program.command('deals').description('deals, newest first'))
    .option('--bot <id>', 'of one bot only')
    .option('--state <state>', 'open, closed, cancelled or failed')
    .option('--limit <n>', 'how many', '20')
    .action(async ({ data, json, bot, state, limit }: Common & { bot?: string; state?: string; limit: string }) => {
      const query = new URLSearchParams({
        limit,
        ...(bot === undefined ? {} : { bot }),
        ...(state === undefined ? {} : { state }),
      });
      const answer = await apiClient(data).get<DealsAnswer>(`/api/deals?${query}`);
      if (json) return printJson(answer.deals);
      const headings = ['bot', 'deal', 'pair', 'state', 'opened', 'closed', 'averaging', 'spent', 'profit', 'fees'];
      print(answer.deals.length === 0 ? 'no deal yet' : table(headings, answer.deals.map(dealRow)));
    });

  const bot = program.command('bot').description('bots: list, show, check, make, act on, judge and move them');
  addBotCommands(bot);
  common(bot.command('list').description('all bots')).action(async ({ data, json }: Common) => {
    const { bots } = await apiClient(data).get<{ bots: BotSummary[] }>('/api/bots');
    if (json) printJson(bots);
    else print(describeBots(bots));
  });
  common(bot.command('show <id>').description('one bot, its settings and its open deal')).action(
    async (id: string, { data, json }: Common) => {
      const detail = await apiClient(data).get<BotDetail>(`/api/bots/${encodeURIComponent(id)}`);
      if (json) printJson(detail);
      else print(describeBot(detail));
    },
  );
  common(bot.command('create').description('make a bot and start it'))
    .option('--kind <kind>', "strategy, or the TypeScript file of one's own", 'dca')
    .option('--pair <pair>', 'what it trades, such as BTC/USDT')
    .option('--pairs <list>', 'several of them, such as BTC/USDT,ETH/USDT; left out where the settings name the pairs')
    .option('--name <name>', 'name for people; made from kind and pair when left out')
    .requiredOption('--settings <json>', 'settings as a JSON object; docs/bots/ lists the fields of each kind')
    .option(
      '--funds <asset=amount>',
      'what to set aside, more than it needs for example; may be given several times',
      collectSet,
      [],
    )
    .option('--stopped', 'make it without starting it')
    .action(async ({ data, json, kind, pair, pairs, name, settings, funds, stopped }: CreateOptions) => {
      const body: CreateBot = {
        kind: await kindOf(apiClient(data), kind),
        ...(pair === undefined ? {} : { pair }),
        ...(pairs === undefined ? {} : { pairs: pairs.split(/[,;\s]+/).filter((each) => each !== '') }),
        ...(name === undefined ? {} : { name }),
        settings: readSettings(settings),
        ...(funds.length === 0 ? {} : { funds: Object.fromEntries(funds) }),
        start: stopped !== true,
      };
      const made = await apiClient(data).post<{ bot: string }>('/api/bots', body);
      if (json) printJson(made);
      else print(`bot ${made.bot} made${stopped === true ? '' : ' and started'}`);
    });
  const acts = {
    start: 'let it open deals',
    stop: 'open no new deal; the open one goes on to its end',
    'start-deal': 'open a deal now',
    'close-now': 'sell the open deal at once',
    'cancel-deal': 'cancel its orders and keep the coins',
    'release-kept': 'free the coins that the bot keeps of cancelled deals',
  } as const;
  for (const [act, description] of Object.entries(acts)) {
    const named = ofOne(bot.command(`${act} <id>`).description(description));
    if (act === 'start') named.alias('resume');
    named.action(async (id: string, { data, json, pair, deal }: Common & Of) => {
      const of = { ...(pair === undefined ? {} : { pair }), ...(deal === undefined ? {} : { deal }) };
      const done = await apiClient(data).post(`/api/bots/${encodeURIComponent(id)}/${act}`, of);
      if (json) printJson(done);
      else print(`bot ${id}: ${act} done`);
    });
  }
}
