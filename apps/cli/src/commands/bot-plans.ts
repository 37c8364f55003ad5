/** `bot check|suggest|export|import|copy`: what a bot would need before it is there, and bots as files. */
import { readFileSync, writeFileSync } from 'node:fs';
import {
  type BotKind,
  type CheckAnswer,
  type ExportedBot,
  exportedBot,
  type MandateCheck,
  type SuggestionAnswer,
} from '@holdfast/contracts';
import type { Command } from 'commander';
import { type ApiClient, apiClient } from '../api-client.ts';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common } from '../options.ts';
import { print, printJson, shorten, table, timeText } from '../output.ts';
import { collectSet, inPath, readObject, readSets } from './bot-acts.ts';

const readPairs = (text: string): readonly string[] => text.split(/[,;\s]+/).filter((each) => each !== '');

interface CheckFlags extends Common {
  readonly kind: string;
  readonly pair?: string;
  readonly pairs?: string;
  readonly settings: string;
  readonly funds: readonly (readonly [string, string])[];
  readonly propose?: string;
}

const lossLine = (name: string, { theft24h, forged24h, market24h }: MandateCheck['worstLoss'], quote: string): string[] => [
  name,
  `${shorten(theft24h, 2)} ${quote}`,
  `${shorten(forged24h, 2)} ${quote}`,
  `${shorten(market24h, 2)} ${quote}`,
];

function mandateText(check: MandateCheck): string {
  const { missing, quote, worstLossInForce: inForce, worstLossProposed: proposed } = check;
  const rows = missing.map((it) => [it.pair ?? 'account', it.field, it.needed, it.inForce ?? 'none', it.blocks ? 'yes' : 'no']);
  const losses = [
    lossLine('needed by this bot alone', check.worstLoss, quote),
    ...(inForce === null ? [] : [lossLine('in force', inForce, quote)]),
    ...(proposed === null ? [] : [lossLine('proposed', proposed, quote)]),
  ];
  const said =
    missing.length === 0
      ? 'the mandate in force is enough'
      : `the mandate in force lacks\n${table(['of', 'limit', 'needed', 'in force', 'keeps it from starting'], rows)}`;
  return `${said}\n\n${table(['most that can be lost in 24 h', 'by theft', 'with forged prices', 'by the market'], losses)}`;
}

function checkText({ ok, faults, funds, orders, mandate }: CheckAnswer): string {
  const parts = [
    faults.length === 0
      ? ok
        ? 'it can be made as it is'
        : 'the settings are right'
      : faults.map(({ field, reason }) => (field === null ? reason : `${field}: ${reason}`)).join('\n'),
    ...(funds === null
      ? []
      : [
          table(
            ['asset', 'needed', 'set aside', 'free'],
            funds.map((it) => [it.asset, it.needed, it.allotted, it.free]),
          ),
        ]),
    ...(orders === null
      ? []
      : [
          table(
            ['first orders', 'side', 'quantity', 'limit', 'worth', ''],
            orders.map((it) => [it.pair, it.side ?? '-', it.quantity ?? '', it.limit ?? '', it.value ?? '', it.reason ?? '']),
          ),
        ]),
    ...(mandate === null ? [] : [mandateText(mandate)]),
  ];
  return parts.join('\n\n');
}

function propose(file: string, { mandate }: CheckAnswer): string {
  if (mandate === null)
    throw new CliError(exitCode.failed, 'what mandate it needs is not known while settings are at fault or the vault is away');
  if (mandate.proposal === null) return 'nothing to propose: the mandate in force is enough';
  writeFileSync(file, `${JSON.stringify(mandate.proposal, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  const onPage = mandate.signAt === null ? '' : ', or on the owner’s page:';
  return `${file} is written. Its owner reads and signs it with\n  npx holdfast owner mandate sign ${file}${onPage}${
    mandate.signAt === null ? '' : `\n  ${mandate.signAt}`
  }`;
}

function addCheck(bot: Command): void {
  common(bot.command('check').description('what a bot would need, and all that would be refused; makes nothing'))
    .option('--kind <kind>', 'strategy', 'dca')
    .option('--pair <pair>', 'what it trades, such as BTC/USDT')
    .option('--pairs <list>', 'several of them')
    .requiredOption('--settings <json>', 'settings as a JSON object; docs/bots/ lists the fields of each kind')
    .option('--funds <asset=amount>', 'what to set aside; may be given several times', collectSet, [])
    .option('--propose <file>', 'write the mandate that it needs there, for the owner to sign')
    .action(async (flags: CheckFlags) => {
      const answer = await apiClient(flags.data).post<CheckAnswer>('/api/bots/check', {
        kind: flags.kind,
        ...(flags.pair === undefined ? {} : { pair: flags.pair }),
        ...(flags.pairs === undefined ? {} : { pairs: readPairs(flags.pairs) }),
        settings: readObject(flags.settings, '--settings'),
        ...(flags.funds.length === 0 ? {} : { funds: Object.fromEntries(flags.funds) }),
      });
      const proposed = flags.propose === undefined ? undefined : propose(flags.propose, answer);
      if (flags.json) printJson(answer);
      else print(proposed === undefined ? checkText(answer) : `${checkText(answer)}\n\n${proposed}`);
      if (!answer.ok) process.exitCode = exitCode.failed;
    });
}

interface SuggestFlags extends Common {
  readonly pair: string;
  readonly funds?: string;
  readonly days: string;
  readonly fee: string;
}

/** In the words of docs/bots/grid.md: the range knows these candles already, so the figure flatters. */
function triedText({ backtest: tried, backtestMissing, candles, funds }: SuggestionAnswer): string {
  if (tried === null) return `not tried on the past: ${backtestMissing}`;
  const lines = [
    `on the same days (${tried.candles} candles of ${tried.intervalMs / 60_000} minutes since ${timeText(candles.from)}) ${shorten(funds, 2)} would have made`,
    `  ${tried.roundTrips} round trips that earned ${shorten(tried.realised, 2)}, and ${shorten(tried.profit, 2)} in all (${tried.profitPercent.toFixed(2)} %), fees of ${shorten(tried.fees, 2)} taken off`,
    `  the price went ${tried.pricePercent.toFixed(2)} %; at its worst it was ${tried.drawdownPercent.toFixed(2)} % below its best`,
    '  the range was made from these days, so days to come will be worse',
  ];
  return [...lines, ...tried.warnings.map((warning) => `  ${warning}`)].join('\n');
}

function addSuggest(bot: Command): void {
  const suggest = bot.command('suggest').description('settings to start from, made from recent candles');
  common(suggest.command('grid').description('range and lines from how much the price moved, and the fee'))
    .requiredOption('--pair <pair>', 'what it trades, such as BTC/USDT')
    .option('--funds <amount>', 'in quote; what is free of other bots when left out')
    .option('--days <n>', 'how far the candles go back, 1 to 40', '7')
    .option('--fee <percent>', 'of one order', '0.1')
    .action(async ({ data, json, pair, funds, days, fee }: SuggestFlags) => {
      const made = await apiClient(data).post<SuggestionAnswer>('/api/bots/suggest-grid', {
        pair,
        ...(funds === undefined ? {} : { funds }),
        days: Number(days),
        feePercent: fee,
      });
      if (json) return printJson(made);
      const settings = JSON.stringify(made.settings);
      print(
        `from ${made.candles.count} candles of an hour since ${timeText(made.candles.from)}: an hour moves ${made.meanMovePercent} % on average,\n` +
          `so lines ${made.stepPercent} % apart, each round trip less two fees of ${made.feePercent} %\n\n${triedText(made)}\n\n${settings}\n\n` +
          `npx holdfast bot check --kind grid --pair ${pair} --settings '${settings}'`,
      );
    });
}

interface MoveFlags extends Common {
  readonly pair?: string;
  readonly name?: string;
  readonly set: readonly (readonly [string, string])[];
  readonly withFunds?: true;
  readonly start?: true;
}

const moving = (command: Command): Command =>
  common(command)
    .option('--pair <list>', 'in place of its pair or pairs')
    .option('--name <name>', 'in place of its name')
    .option('--set <field=value>', 'one setting; may be given several times; null takes it out', collectSet, [])
    .option('--with-funds', 'set aside what it had; without it what the settings need')
    .option('--start', 'start it at once; it waits without it');

async function changesOf(api: ApiClient, kind: string, flags: MoveFlags): Promise<Record<string, unknown>> {
  const { kinds } = await api.get<{ kinds: BotKind[] }>('/api/bot-kinds');
  return {
    ...(flags.pair === undefined ? {} : { pairs: readPairs(flags.pair) }),
    ...(flags.name === undefined ? {} : { name: flags.name }),
    set: readSets(
      kinds.find((each) => each.kind === kind),
      flags.set,
    ),
    withFunds: flags.withFunds === true,
    start: flags.start === true,
  };
}

function told({ json, start }: MoveFlags, made: { readonly bot: string }): void {
  if (json) printJson(made);
  else print(`bot ${made.bot} made${start === true ? ' and started' : `; start it with "npx holdfast bot start ${made.bot}"`}`);
}

/** @throws CliError naming what is wrong with the file, unknown fields by name */
function readFile(file: string): ExportedBot {
  const text = readFileSync(file === '-' ? 0 : file, 'utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CliError(exitCode.usage, `${file} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const read = exportedBot.safeParse(value);
  if (read.success) return read.data;
  const faults = read.error.issues.map(({ path, message }) => `${path.join('.') || 'file'}: ${message}`);
  throw new CliError(exitCode.usage, `${file} is not a bot as "bot export" writes it: ${faults.join('; ')}`);
}

export function addBotPlanCommands(bot: Command): void {
  addCheck(bot);
  addSuggest(bot);
  common(bot.command('export <id>').description('a bot as JSON, without its history and without any secret')).action(
    async (id: string, { data }: Common) => printJson(await apiClient(data).get<ExportedBot>(`${inPath(id)}/export`)),
  );
  moving(bot.command('import <file>').description('make a bot from a file of "bot export"; - reads it from stdin')).action(
    async (file: string, flags: MoveFlags) => {
      const read = readFile(file);
      const api = apiClient(flags.data);
      told(flags, await api.post('/api/bots/import', { bot: read, ...(await changesOf(api, read.kind, flags)) }));
    },
  );
  moving(bot.command('copy <id>').description('make another bot with the settings of this one')).action(
    async (id: string, flags: MoveFlags) => {
      const api = apiClient(flags.data);
      const { kind } = await api.get<ExportedBot>(`${inPath(id)}/export`);
      told(flags, await api.post(`${inPath(id)}/copy`, await changesOf(api, kind, flags)));
    },
  );
}
