/** `backtest`: what a bot would have done over stored candles, and what was stored of such runs. */
import { join, resolve } from 'node:path';
import type { BacktestAsk, BacktestDocument, Finished, JobPorts, Progress, StoredRow } from '@holdfast/backtest';
import type { CreateBot } from '@holdfast/contracts';
import type { Command } from 'commander';
import { openDataDirectory, repositoryRoot } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common } from '../options.ts';
import { print, printJson, table, timeText } from '../output.ts';
import { refuseOverwriting, writeReport } from '../report-files.ts';
import { version } from '../version.ts';
import { type AskFlags, askOf, askOptions } from './backtest-ask.ts';
import type { OwnBacktest } from './backtest-own.ts';
import { listedKind } from './listed-kind.ts';

/** Loaded when something is to do, so that help and refusals come at once; a run alone loads less. */
const backtesting = () => import('@holdfast/backtest');
type Backtesting = Awaited<ReturnType<typeof backtesting>>;

interface RunFlags extends AskFlags {
  readonly html?: string;
  readonly csv?: string;
  readonly saveSettings?: string;
  readonly asBot?: string | true;
  readonly store: boolean;
  readonly checkLookahead?: true;
  readonly force?: true;
}

/** Exit codes of what a backtest refuses; all others are 1. */
const usageCodes = new Set([
  'backtest-perpetual',
  'backtest-value-malformed',
  'backtest-period-empty',
  'backtest-data-ambiguous',
  'bot-kind-unknown',
  'sweep-axis-malformed',
  'sweep-setting-unknown',
  'sweep-taken',
  'sweep-too-large',
  'formula-malformed',
  'walk-forward-too-short',
]);
const damagedCodes = new Set(['data-corrupt', 'backtest-damaged', 'sweep-damaged']);
const ownErrors = new Set(['AskError', 'DataError', 'RunError', 'SweepError', 'ValueError']);

/** Turns what the backtest refuses into a refusal of the command. */
export async function refusing<T>(run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Error) || !ownErrors.has(error.name)) throw error;
    const { code } = error as Error & { readonly code: string };
    const exit = usageCodes.has(code) ? exitCode.usage : damagedCodes.has(code) ? exitCode.corruptData : exitCode.failed;
    throw new CliError(exit, `${error.message} (${code})`, { cause: error });
  }
}

/** Files that would be overwritten are named before anything runs. */
const checkOutputs = ({ html, csv, saveSettings, force }: RunFlags): void =>
  refuseOverwriting([html, saveSettings, ...(csv === undefined ? [] : [join(csv, 'deals.csv'), join(csv, 'fills.csv')])], force);

function onProgress(flags: Common): ((progress: Progress) => void) | undefined {
  if (flags.json === true || !process.stderr.isTTY) return undefined;
  return ({ share, doing }) => {
    const line = share >= 1 ? '' : `${String(Math.floor(share * 100)).padStart(3)} %  ${doing}`;
    process.stderr.write(`\r\u001b[K${line}`);
  };
}

/** Settings file of a bot: what `bot create` and `POST /api/bots` take. */
function botOf(document: BacktestDocument, name: string | undefined): CreateBot {
  return {
    kind: document.kind,
    ...(document.pairs.length === 1 ? { pair: document.pairs[0]! } : { pairs: [...document.pairs] }),
    ...(name === undefined ? {} : { name }),
    settings: document.settings as Record<string, unknown>,
    ...(document.funds === null ? {} : { funds: { ...document.funds } }),
    start: true,
  };
}

/** Makes a bot of a run in the instance that runs; it trades on paper unless the instance's vault is a real one. */
async function makeBot(data: string, document: BacktestDocument, name: string | undefined, own?: OwnBacktest): Promise<string> {
  const { apiClient } = await import('../api-client.ts');
  if (own !== undefined) await apiClient(data).post('/api/strategies', { source: own.source });
  const { bot } = await apiClient(data).post<{ bot: string }>('/api/bots', botOf(document, name));
  return bot;
}

const lookaheadCuts = 10;

/** Runs on candles that end early in place of the report. @throws CliError when something was decided that could not be known */
function tellLookahead(backtest: Backtesting, runOne: JobPorts['run'], ask: BacktestAsk, { data, json }: RunFlags): void {
  const { request } = backtest.prepare(ask, data);
  const { holds, cuts } = backtest.checkLookahead(request, runOne, lookaheadCuts);
  if (json) printJson({ holds, cuts });
  else
    for (const { at, fills, differs } of cuts) {
      const told = differs === null ? `${fills} fills are the same` : `fill ${differs.number + 1} differs`;
      print(`candles up to ${timeText(at)}: ${told}`);
      if (differs !== null)
        print(`  with the future     ${differs.whole ?? 'none'}\n  without the future  ${differs.cut ?? 'none'}`);
    }
  if (!holds) throw new CliError(exitCode.failed, 'the run decided by candles that it could not know: its result means nothing');
  if (json !== true) print('Nothing that was done hangs on the future.');
}

/** A kind that is a file is a strategy of one's own, which lives as long as the command. */
async function run(flags: RunFlags): Promise<void> {
  if (!flags.kind.endsWith('.ts')) return runWith(flags, undefined);
  const { ownBacktest } = await import('./backtest-own.ts');
  const own = await ownBacktest(flags.kind);
  try {
    await runWith(flags, own);
  } finally {
    own.end();
  }
}

async function writeFiles({ html, csv }: RunFlags, { document, result }: Finished): Promise<void> {
  if (html === undefined && csv === undefined) return;
  const { htmlReport, dealsCsv, fillsCsv } = await backtesting();
  if (html !== undefined) writeReport(resolve(html), htmlReport(document));
  if (csv === undefined) return;
  writeReport(resolve(csv, 'deals.csv'), dealsCsv(result.deals));
  writeReport(resolve(csv, 'fills.csv'), fillsCsv(result.fills));
}

async function runWith(flags: RunFlags, own: OwnBacktest | undefined): Promise<void> {
  const ask = askOf(flags, own ?? (await listedKind(flags.kind)));
  checkOutputs(flags);
  const { mustBeSpot, runBacktest, runJob, codeVersion, storeDocument, terminalReport } = await import(
    '@holdfast/backtest/report'
  );
  if (flags.asBot !== undefined) mustBeSpot(ask.assumptions);
  const runOne: JobPorts['run'] = own === undefined ? runBacktest : (request) => runBacktest({ ...request, own: own.own });
  if (flags.checkLookahead) return tellLookahead(await backtesting(), runOne, ask, flags);
  const ports = { run: runOne, madeAt: Date.now(), code: codeVersion(repositoryRoot, version) };
  const finished: Finished = runJob(ask, flags.data, ports, onProgress(flags));
  const { document } = finished;
  const stored = flags.store ? storeDocument(openDataDirectory(flags.data), document) : undefined;
  await writeFiles(flags, finished);
  if (flags.saveSettings !== undefined)
    writeReport(resolve(flags.saveSettings), `${JSON.stringify(botOf(document, undefined).settings, null, 2)}\n`);
  const name = typeof flags.asBot === 'string' ? flags.asBot : undefined;
  const bot = flags.asBot === undefined ? undefined : await makeBot(flags.data, document, name, own);
  if (flags.json) return printJson({ id: stored?.id ?? null, bot: bot ?? null, ...document });
  print(terminalReport(document));
  if (stored !== undefined) print(`Stored as ${stored.id}; "holdfast backtest show last --html FILE" makes a page of it`);
  if (bot !== undefined) print(`Bot ${bot} made and started`);
}

const signed = (share: number | null): string => (share === null ? '-' : `${share > 0 ? '+' : ''}${(share * 100).toFixed(2)}%`);

const storedRow = (row: StoredRow): string[] => [
  row.id,
  row.kind,
  row.pairs.join(' '),
  timeText(row.from).slice(0, 10),
  timeText(row.to).slice(0, 10),
  signed(row.totalReturn),
  signed(row.buyAndHold),
  `${(row.drawdown * 100).toFixed(2)}%`,
  row.sharpe === null ? '-' : row.sharpe.toFixed(2),
  String(row.deals),
];
const storedHead = ['run', 'kind', 'pair', 'from', 'to', 'return', 'held', 'fall', 'sharpe', 'deals'];

/** Commander gives a subcommand its own options only; those of the parent with the same name are shared. */
const flagsOf = <Flags>(command: Command): Flags => command.optsWithGlobals<Flags & object>();

function addStoredCommands(parent: Command): void {
  common(parent.command('list').description('stored runs, newest first'))
    .option('--limit <n>', 'how many', '20')
    .action((_: unknown, command: Command) =>
      refusing(async () => {
        const { data, json, limit } = flagsOf<Common & { limit: string }>(command);
        const rows = (await backtesting()).listStored(data).slice(0, Number(limit) || 20);
        if (json) printJson(rows);
        else
          print(
            rows.length === 0 ? 'no stored run yet; make one with "holdfast backtest"' : table(storedHead, rows.map(storedRow)),
          );
      }),
    );
  common(parent.command('show <id>').description('a stored run; "last" is the newest'))
    .option('--html <file>', 'write it as a page for people')
    .option('--force', 'overwrite files')
    .action((id: string, _: unknown, command: Command) =>
      refusing(async () => {
        const { data, json, html, force } = flagsOf<Common & { html?: string; force?: true }>(command);
        const backtest = await backtesting();
        const document = backtest.readStored(data, backtest.resolveId(data, id));
        refuseOverwriting([html], force);
        if (html !== undefined) writeReport(resolve(html), backtest.htmlReport(document));
        if (json) printJson(document);
        else print(html === undefined ? backtest.terminalReport(document) : `written to ${resolve(html)}`);
      }),
    );
  common(parent.command('compare <ids...>').description('stored runs beside each other, and what made them differ')).action(
    (ids: string[], _: unknown, command: Command) =>
      refusing(async () => {
        const { data, json } = flagsOf<Common>(command);
        const backtest = await backtesting();
        const known = ids.map((id) => backtest.resolveId(data, id));
        const compared = backtest.compareDocuments(known.map((id) => backtest.readStored(data, id)));
        if (json) return printJson({ ids: known, ...compared });
        const rows = (of: readonly { name: string; values: readonly string[] }[]) =>
          of.map(({ name, values }) => [name, ...values]);
        print(table(['', ...known], rows(compared.rows)));
        print(
          compared.differing.length === 0
            ? '\nAsked was the same.'
            : `\n${table(['differs in', ...known], rows(compared.differing))}`,
        );
      }),
  );
  common(parent.command('remove <ids...>').description('forget stored runs')).action(
    (ids: string[], _: unknown, command: Command) =>
      refusing(async () => {
        const { data, json } = flagsOf<Common>(command);
        const backtest = await backtesting();
        const known = ids.map((id) => backtest.resolveId(data, id));
        for (const id of known) backtest.removeStored(data, id);
        if (json) printJson({ removed: known });
        else print(`removed ${known.join(', ')}`);
      }),
  );
  common(parent.command('as-bot <id>').description('make a bot of a stored run in the instance that runs, and start it'))
    .option('--name <name>', 'name for people')
    .action((id: string, _: unknown, command: Command) =>
      refusing(async () => {
        const { data, json, name } = flagsOf<Common & { name?: string }>(command);
        const backtest = await backtesting();
        const document = backtest.readStored(data, backtest.resolveId(data, id));
        backtest.mustBeSpot(document.assumptions);
        const bot = await makeBot(data, document, name);
        if (json) printJson({ bot });
        else print(`bot ${bot} made and started`);
      }),
    );
}

export function addBacktestCommands(program: Command): void {
  const backtest = askOptions(program.command('backtest').description('what a bot would have done over stored candles'))
    .option('--html <file>', 'write a page for people')
    .option('--csv <dir>', 'write deals.csv and fills.csv there')
    .option('--save-settings <file>', 'write the settings with all their defaults, for "bot create"')
    .option('--as-bot [name]', 'make a bot of it in the instance that runs, and start it')
    .option('--check-lookahead', 'run on candles that end early and compare what was done before; no report')
    .option('--no-store', 'do not keep the result in the data directory')
    .option('--force', 'overwrite files')
    .action((flags: RunFlags) => refusing(() => run(flags)));
  addStoredCommands(backtest);
}
