/** `bot report|stats|log`: what a bot says of itself, what it made, and what it did in words. */
import type { BotReportView, LogAnswer, Statistics, StatisticsAnswer } from '@holdfast/contracts';
import type { Command } from 'commander';
import { apiClient } from '../api-client.ts';
import { type Common, common } from '../options.ts';
import { print, printJson, shorten, table, timeText } from '../output.ts';
import { inPath } from './bot-acts.ts';

const percentOf = (fraction: string): string => `${shorten(String(Number(fraction) * 100), 2)} %`;
const money = (text: string): string => shorten(text, 4);
const stopText = ({ resting, notResting }: NonNullable<BotReportView['deals'][number]['stopLoss']>): string =>
  resting ? 'rests' : (notResting ?? 'not resting');

function dealText(deal: BotReportView['deals'][number]): string {
  const targets = deal.targets.map((it, index) => [
    `target ${index + 1}`,
    it.price,
    it.quantity,
    it.resting ? 'rests' : 'not resting: the engine watches it',
  ]);
  const stop = deal.stopLoss === null ? [] : [['stop loss', deal.stopLoss.price, deal.held, stopText(deal.stopLoss)]];
  const trailed = deal.trailedFrom === null ? '' : `, trailing from ${deal.trailedFrom}`;
  const head = `deal ${deal.number} on ${deal.pair}, ${deal.phase}: holds ${deal.held}${
    deal.averagePrice === null ? '' : ` at ${shorten(deal.averagePrice, 8)}`
  }${trailed}${deal.note === null ? '' : `\nnote: ${deal.note}`}`;
  const rows = [...targets, ...stop];
  return rows.length === 0 ? head : `${head}\n${table(['exit', 'price', 'quantity', 'state'], rows)}`;
}

const gridText = ({ trips, gained, realised, lines }: NonNullable<BotReportView['grid']>): string =>
  `${trips} round trips, ${money(realised)} in quote (${gained.quote} quote, ${gained.base} base)\n${table(
    ['line', 'price', 'order', 'quantity', 'filled', 'state', 'trips', 'profit', ''],
    [...lines]
      .reverse()
      .map((it) => [
        String(it.line),
        it.price,
        it.side ?? '-',
        it.quantity,
        it.filled,
        it.state,
        String(it.trips),
        money(it.profit),
        it.trouble ?? '',
      ]),
  )}`;

const keptText = ({ pair, quantity, cost }: BotReportView['kept'][number]): string =>
  `keeps of ${pair} for its owner: ${quantity} in base, ${money(cost)} in quote`;

function reportText({ deals, kept, grid }: BotReportView): string {
  const parts = [...deals.map(dealText), ...kept.map(keptText), ...(grid === null ? [] : [gridText(grid)])];
  return parts.length === 0 ? 'no open deal' : parts.join('\n\n');
}

function statisticsText(it: Statistics, withDeals: boolean): string {
  const locked = it.funds.map(({ asset, available, reserved }) => `${asset} ${available} free, ${reserved} in orders`).join('; ');
  const facts = [
    ['closed deals', `${it.deals}, of them ${it.won} with profit and ${it.lost} with loss`],
    ['profit', `${money(it.profit)} ${it.quote} after fees of ${money(it.fees)}`],
    ['best and worst deal', it.best === null ? '-' : `${money(it.best)} and ${money(it.worst ?? it.best)} ${it.quote}`],
    ['mean time of a deal', it.meanDurationMs === null ? '-' : `${Math.round(it.meanDurationMs / 60_000)} minutes`],
    ['time in the market', it.timeInMarketPercent === null ? '-' : `${it.timeInMarketPercent} %`],
    ['funds', locked === '' ? 'none' : locked],
    ['largest fall in value', `${percentOf(it.drawdown.fraction)}, ${money(it.drawdown.fall)} ${it.quote}`],
  ];
  const sums = (of: readonly (Statistics['byDay'][number] | Statistics['byPair'][number])[], name: string): string =>
    table(
      [name, 'deals', 'won', 'lost', 'profit', 'fees'],
      of.map((row) => [
        'day' in row ? row.day : row.pair,
        String(row.deals),
        String(row.won),
        String(row.lost),
        money(row.profit),
        money(row.fees),
      ]),
    );
  const deals = table(
    ['deal', 'pair', 'closed', 'profit', 'fees'],
    it.byDeal.map((deal) => [
      deal.id,
      deal.pair,
      deal.closedAt === null ? '-' : timeText(deal.closedAt),
      deal.profit === null ? '-' : money(deal.profit),
      money(deal.fees),
    ]),
  );
  return [
    table(['in', it.quote], facts as string[][]),
    ...(it.byDay.length === 0 ? [] : [sums(it.byDay, 'day')]),
    ...(it.byPair.length < 2 ? [] : [sums(it.byPair, 'pair')]),
    ...(withDeals && it.byDeal.length > 0 ? [deals] : []),
  ].join('\n\n');
}

export function addBotLookCommands(bot: Command): void {
  common(bot.command('report <id>').description('targets, stop loss and why it does not rest, lines of a grid')).action(
    async (id: string, { data, json }: Common) => {
      const report = await apiClient(data).get<BotReportView>(`${inPath(id)}/report`);
      if (json) printJson(report);
      else print(reportText(report));
    },
  );
  common(
    bot
      .command('stats [id]')
      .description('profit by day, pair and deal, fees, drawdown; of all bots, deleted ones too, without an id'),
  )
    .option('--deals', 'list the newest deals as well')
    .action(async (id: string | undefined, { data, json, deals }: Common & { deals?: true }) => {
      const path = id === undefined ? '/api/statistics' : `${inPath(id)}/statistics`;
      const { statistics } = await apiClient(data).get<StatisticsAnswer>(path);
      if (json) return printJson(statistics);
      print(statistics.length === 0 ? 'no bot yet' : statistics.map((it) => statisticsText(it, deals === true)).join('\n\n'));
    });
  common(bot.command('log <id>').description('what a bot did, in words, newest first'))
    .option('--limit <n>', 'how many', '30')
    .action(async (id: string, { data, json, limit }: Common & { limit: string }) => {
      const query = new URLSearchParams({ bot: id, limit });
      const { entries } = await apiClient(data).get<LogAnswer>(`/api/log?${query}`);
      // A deleted bot has its log still.
      if (entries.length === 0) await apiClient(data).get(inPath(id));
      if (json) return printJson(entries);
      if (entries.length === 0) return print('nothing yet');
      print(entries.map((it) => `${timeText(it.at)}  ${it.level === 'info' ? '' : `${it.level}: `}${it.text}`).join('\n'));
    });
}
