/** Carries a sweep out at a terminal: progress, pause, result, and what is made of it. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { SweepDocument, SweepProgress, SweepRecord, TrialRow } from '@holdfast/backtest';
import type { OwnBacktest } from '../commands/backtest-own.ts';
import { repositoryRoot } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import type { Common } from '../options.ts';
import { print, printJson } from '../output.ts';
import { refuseOverwriting, writeReport } from '../report-files.ts';
import { version } from '../version.ts';
import { ownOf, settingsOf } from './ask.ts';

export interface PerformFlags extends Common {
  readonly workers?: number;
  /** Seconds. */
  readonly pauseAfter?: number;
  readonly top: number;
  readonly html?: string;
  readonly csv?: string;
  readonly force?: true;
  readonly asBot?: string | true;
  readonly pair?: readonly string[];
}

const backtesting = () => import('@holdfast/backtest');

function lengthText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** Rate, share and time left, on one line that is written over. */
function progressLine(json: true | undefined): (progress: SweepProgress) => void {
  if (json === true || !process.stderr.isTTY) return () => {};
  return ({ doing, done, total, rate, leftMs }) => {
    const speed =
      rate === null ? '' : `, ${rate < 10 ? rate.toFixed(1) : rate.toFixed(0)} a second, ${lengthText(leftMs ?? 0)} left`;
    const line = done >= total ? '' : `${doing}: ${done} of ${total} settings (${Math.floor((done / total) * 100)} %)${speed}`;
    process.stderr.write(`\r\u001b[K${line}`);
  };
}

/** Ctrl-C, SIGTERM and `--pause-after` stop after the runs that are going on, and keep them. */
function untilPaused(seconds: number | undefined): { readonly signal: AbortSignal; readonly done: () => void } {
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  const timer = seconds === undefined ? undefined : setTimeout(stop, seconds * 1000);
  timer?.unref();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const done = (): void => {
    clearTimeout(timer);
    process.off('SIGINT', stop).off('SIGTERM', stop);
  };
  return { signal: abort.signal, done };
}

/** Files that would be overwritten are named before anything runs. */
export const checkOutputs = ({ html, csv, force }: Pick<PerformFlags, 'html' | 'csv' | 'force'>): void =>
  refuseOverwriting([html, csv], force);

/** A sweep that is to make bots is not run for nothing. @throws CliError when no instance runs */
async function checkInstance({ asBot, data }: Pick<PerformFlags, 'asBot' | 'data'>): Promise<void> {
  if (asBot === undefined) return;
  const { apiClient } = await import('../api-client.ts');
  apiClient(data);
}

/** @throws CliError, SweepError, AskError, DataError */
export async function perform(id: string, stored: SweepRecord, flags: PerformFlags): Promise<void> {
  checkOutputs(flags);
  await checkInstance(flags);
  const backtest = await backtesting();
  if (flags.asBot !== undefined) backtest.mustBeSpot(stored.asked.ask.assumptions);
  const own = await ownOf(stored.asked.file);
  const pause = untilPaused(flags.pauseAfter);
  try {
    if (own !== undefined && own.kind !== stored.asked.ask.kind)
      throw new CliError(
        exitCode.failed,
        `${stored.asked.file} is not the strategy that sweep ${id} was begun with; begin a new one with another --name`,
      );
    const ready = backtest.readySweep(stored.asked, flags.data, await settingsOf(stored.asked.ask.kind, own));
    backtest.mustBeSameData(id, stored, ready);
    const trials = backtest.openTrials(flags.data, id);
    const conducted = await backtest.conductSweep(ready, {
      id,
      madeAt: Date.now(),
      code: backtest.codeVersion(repositoryRoot, version),
      trials,
      workers: flags.workers,
      own: (await own?.more(flags.workers ?? availableParallelism())) ?? null,
      signal: pause.signal,
      onProgress: progressLine(flags.json),
      now: () => performance.now(),
    });
    if (conducted.kind === 'done') {
      backtest.storeSweepResult(flags.data, conducted.document);
      return await tell(conducted.document, flags, own);
    }
    const standing = backtest.standing(ready, backtest.openTrials(flags.data, id));
    tellPaused(backtest, id, ready, standing, conducted, flags);
  } finally {
    pause.done();
    own?.end();
  }
}

type Backtesting = Awaited<ReturnType<typeof backtesting>>;

export function tellPaused(
  { columns, trialTable }: Backtesting,
  id: string,
  { axes }: Pick<SweepDocument, 'axes'>,
  standing: readonly TrialRow[],
  { done, total }: { readonly done: number; readonly total: number },
  { json, top }: Pick<PerformFlags, 'json' | 'top'>,
): void {
  if (json) {
    printJson({ id, state: 'paused', done, total, top: standing.slice(0, top) });
    return;
  }
  const rows = standing.filter(({ score }) => score !== null).slice(0, top);
  const table = trialTable(
    axes.map(({ field }) => field),
    rows,
  );
  if (rows.length > 0) print(`The best so far, where they are chosen:\n${columns(table.head, table.rows).join('\n')}\n`);
  print(`Paused after ${done} of ${total} settings; "holdfast sweep resume ${id}" goes on.`);
}

/** Prints a finished sweep and makes of it what is asked. */
export async function tell(document: SweepDocument, flags: PerformFlags, own?: OwnBacktest): Promise<void> {
  const backtest = await backtesting();
  if (flags.html !== undefined) writeReport(resolve(flags.html), backtest.sweepPage(document));
  if (flags.csv !== undefined) writeReport(resolve(flags.csv), backtest.trialsCsv(document, document.top));
  const name = typeof flags.asBot === 'string' ? flags.asBot : undefined;
  const bots = flags.asBot === undefined ? [] : await makeBots(flags.data, document, name, flags.pair ?? [], own);
  if (flags.json) return printJson({ ...document, state: 'done', bots, top: document.top.slice(0, flags.top) });
  print(backtest.sweepReport(document, flags.top));
  print(`Kept as ${document.id}; "holdfast sweep show ${document.id} --html FILE" makes a page of it`);
  for (const bot of bots) print(`Bot ${bot} made and started`);
}

/** Makes the bots of the best in the instance that runs; they trade on paper unless its vault is a real one. */
export async function makeBots(
  data: string,
  document: SweepDocument,
  name: string | undefined,
  pairs: readonly string[],
  own?: Pick<OwnBacktest, 'source'>,
): Promise<readonly string[]> {
  const bots = (await backtesting()).botsOf(document, name, pairs);
  const { apiClient } = await import('../api-client.ts');
  const api = apiClient(data);
  if (own !== undefined) await api.post('/api/strategies', { source: own.source });
  const made: string[] = [];
  for (const bot of bots) made.push((await api.post<{ bot: string }>('/api/bots', bot)).bot);
  return made;
}
