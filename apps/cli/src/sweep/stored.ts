/** `sweep list|show|compare|resume|as-bot|remove`: what is kept of sweeps and walk-forwards. */

import { readFileSync } from 'node:fs';
import type { Stage, SweepDocument, SweepRow } from '@holdfast/backtest';
import type { Command } from 'commander';
import { refusing } from '../commands/backtest.ts';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common } from '../options.ts';
import { print, printJson, table, timeText } from '../output.ts';
import { ownOf, settingsOf } from './ask.ts';
import { checkOutputs, makeBots, type PerformFlags, perform, tell, tellPaused } from './perform.ts';
import { readSeconds, several, whole } from './values.ts';

const backtesting = () => import('@holdfast/backtest');
/** Commander gives a subcommand its own options only; those of the parent with the same name are shared. */
const flagsOf = <Flags>(command: Command): Flags => command.optsWithGlobals<Flags & object>();

const share = (value: number | null): string => (value === null ? '-' : `${value > 0 ? '+' : ''}${(value * 100).toFixed(2)}%`);

const head = ['sweep', 'begun', 'kind', 'pairs', 'varied', 'state', 'settings', 'chosen by', 'never seen', 'walk-forward'];
const rowCells = ({ id, madeAt, kind, pairs, vary, state, trials, best, outOfSample }: SweepRow): string[] => [
  id,
  timeText(madeAt).slice(0, 16),
  kind,
  pairs.join(' '),
  vary.join(' '),
  state,
  String(trials),
  share(best?.train ?? null),
  share(best?.test ?? null),
  share(outOfSample),
];

async function show(id: string, flags: PerformFlags): Promise<void> {
  checkOutputs(flags);
  const backtest = await backtesting();
  const stored = backtest.readSweep(flags.data, id);
  const document = backtest.readSweepResult(flags.data, id);
  if (document !== undefined) return tell(document, flags);
  const own = await ownOf(stored.asked.file);
  try {
    const ready = backtest.readySweep(stored.asked, flags.data, await settingsOf(stored.asked.ask.kind, own));
    const trials = backtest.openTrials(flags.data, id);
    const stages: readonly Stage[] = ['best', ...ready.windows.keys()];
    const done = stages.reduce<number>((sum, stage) => sum + trials.known(stage).size, 0);
    const total = backtest.searchOf(ready).total * (1 + ready.windows.length);
    tellPaused(backtest, id, ready, backtest.standing(ready, trials), { done, total }, flags);
  } finally {
    own?.end();
  }
}

/** @throws SweepError `sweep-not-done` */
async function finished(data: string, id: string): Promise<SweepDocument> {
  const { readSweepResult, SweepError } = await backtesting();
  const document = readSweepResult(data, id);
  if (document !== undefined) return document;
  throw new SweepError('sweep-not-done', `sweep ${id} is not done; "holdfast sweep resume ${id}" goes on with it`);
}

export function addStored(sweep: Command): void {
  const top = ['--top <n>', 'how many to show', whole(1, 100), 10] as const;
  common(sweep.command('list').description('stored sweeps and walk-forwards, newest first')).action(
    (_: unknown, command: Command) =>
      refusing(async () => {
        const { data, json } = flagsOf<Common>(command);
        const rows = (await backtesting()).listSweeps(data);
        if (json) return printJson(rows);
        print(rows.length === 0 ? 'no stored sweep yet; make one with "holdfast sweep"' : table(head, rows.map(rowCells)));
      }),
  );
  common(sweep.command('show <id>').description('a stored sweep'))
    .option(...top)
    .option('--html <file>', 'write it as a page for people')
    .option('--csv <file>', 'write the best settings as a table')
    .option('--force', 'overwrite files')
    .action((id: string, _: unknown, command: Command) => refusing(() => show(id, flagsOf(command))));
  common(sweep.command('resume <id>').description('goes on with a sweep that was paused, or was killed'))
    .option(...top)
    .option('--workers <n>', 'threads; one for each core when left out, 0 for none', whole(0, 64))
    .option('--pause-after <time>', 'such as 90s, 10m, 2h', readSeconds)
    .option('--html <file>', 'write a page for people')
    .option('--csv <file>', 'write the best settings as a table')
    .option('--force', 'overwrite files')
    .action((id: string, _: unknown, command: Command) =>
      refusing(async () => {
        const flags = flagsOf<PerformFlags>(command);
        const backtest = await backtesting();
        const done = backtest.readSweepResult(flags.data, id);
        await (done === undefined ? perform(id, backtest.readSweep(flags.data, id), flags) : tell(done, flags));
      }),
    );
  common(sweep.command('compare <ids...>').description('finished sweeps beside each other, and what made them differ')).action(
    (ids: string[], _: unknown, command: Command) =>
      refusing(async () => {
        const { data, json } = flagsOf<Common>(command);
        const documents = await Promise.all(ids.map((id) => finished(data, id)));
        const { rows, differing } = (await backtesting()).compareSweeps(documents);
        if (json) return printJson({ ids, rows, differing });
        const cells = (of: typeof rows) => of.map(({ name, values }) => [name, ...values]);
        print(table(['', ...ids], cells(rows)));
        print(differing.length === 0 ? '\nAsked was the same.' : `\n${table(['differs in', ...ids], cells(differing))}`);
      }),
  );
  common(sweep.command('as-bot <id>').description('make a bot of the best in the instance that runs, and start it'))
    .option('--name <name>', 'name for people')
    .option('--pair <pair>', 'of which pair, where each had a bot of its own; all when left out', several, [])
    .action((id: string, _: unknown, command: Command) =>
      refusing(async () => {
        const { data, json, name, pair } = flagsOf<Common & { name?: string; pair: readonly string[] }>(command);
        const document = await finished(data, id);
        const { file } = (await backtesting()).readSweep(data, id).asked;
        const bots = await makeBots(data, document, name, pair, file === null ? undefined : { source: readSource(file) });
        if (json) printJson({ bots });
        else for (const bot of bots) print(`bot ${bot} made and started`);
      }),
    );
  common(sweep.command('remove <ids...>').description('forget stored sweeps')).action(
    (ids: string[], _: unknown, command: Command) =>
      refusing(async () => {
        const { data, json } = flagsOf<Common>(command);
        const { removeSweep } = await backtesting();
        for (const id of ids) removeSweep(data, id);
        if (json) printJson({ removed: ids });
        else print(`removed ${ids.join(', ')}`);
      }),
  );
}

function readSource(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CliError(exitCode.failed, `the strategy ${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
