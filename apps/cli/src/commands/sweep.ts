/** `sweep` and `walk-forward`: many settings over stored candles, and what the best of them are worth where nothing was chosen. */
import { settingsKinds } from '@holdfast/contracts/bot-settings';
import type { Command } from 'commander';
import { openDataDirectory } from '../data-directory.ts';
import { type Choosing, fileOf, ownOf, type SweepFlags, settingsOf, sweepAskOf } from '../sweep/ask.ts';
import { checkOutputs, perform } from '../sweep/perform.ts';
import { addStored } from '../sweep/stored.ts';
import { oneOf, readPeriods, readSeconds, readShare, several, whole } from '../sweep/values.ts';
import { refusing } from './backtest.ts';
import { askOptions } from './backtest-ask.ts';

interface ChooseFlags extends SweepFlags {
  readonly holdOut: number;
  readonly walkForward: boolean;
}

interface WalkFlags extends SweepFlags {
  readonly trainDays?: number;
  readonly testDays?: number;
  readonly anchored?: true;
}

const sweepOptions = (command: Command): Command =>
  askOptions(command)
    .option(
      '--vary <setting>',
      'FIELD=FROM..TO/STEP, such as stepPercent=0.5..3/0.25, or FIELD=VALUE,VALUE; give it again for more',
      several,
      [],
    )
    .option('--period <span>', 'FROM..TO, such as 2025-05-20..2025-06-20; again for several, each by itself', readPeriods, [])
    .option('--together', 'one bot of all pairs; each pair has a bot of its own when left out, but for kinds that need several')
    .option(
      '--method <method>',
      'grid, random or evolution; a small grid whole, else evolution',
      oneOf('grid', 'random', 'evolution'),
    )
    .option('--trials <n>', 'settings tried by random or evolution', whole(1, 1_000_000), 1000)
    .option('--goal <formula>', 'what is to be large, such as "calmar" or "profit / (drawdown + 0.01)"', 'profit - drawdown')
    .option('--require <formula>', 'must hold, such as "drawdown < 0.2"; may be given again', several, [])
    .option('--over <how>', 'of several pairs and periods: mean or worst', oneOf('mean', 'worst'), 'mean')
    .option('--workers <n>', 'threads; one for each core when left out, 0 for none', whole(0, 64))
    .option('--pause-after <time>', 'such as 90s, 10m, 2h; Ctrl-C pauses as well', readSeconds)
    .option('--top <n>', 'how many to show', whole(1, 100), 10)
    .option('--name <id>', 'name to keep it by')
    .option('--html <file>', 'write a page for people')
    .option('--csv <file>', 'write the best settings as a table')
    .option('--as-bot [name]', 'make a bot of the best in the instance that runs, and start it')
    .option('--force', 'overwrite files');

const newId = (kind: string, pairs: readonly string[]): string => {
  const time = new Date().toISOString().slice(0, 19).replaceAll(/\D/g, '');
  const what = `${kind}-${pairs.map((pair) => pair.replace('/', '')).join('-')}`.toLowerCase().replaceAll(/[^a-z0-9-]/g, '');
  return `${what.slice(0, 44)}-${time}`;
};

async function begin(flags: SweepFlags, choosing: Choosing): Promise<void> {
  checkOutputs(flags);
  const backtest = await import('@holdfast/backtest');
  const own = await ownOf(fileOf(flags.kind));
  try {
    const asked = await sweepAskOf(flags, own, choosing);
    const { data } = backtest.readySweep(asked, flags.data, await settingsOf(asked.ask.kind, own));
    const id = flags.name ?? newId(asked.ask.kind, asked.ask.pairs);
    const stored = { asked, madeAt: Date.now(), data };
    backtest.createSweep(openDataDirectory(flags.data), id, stored);
    await perform(id, stored, flags);
  } finally {
    own?.end();
  }
}

const dayMs = 86_400_000;
const usualTrainDays = 60;
const usualTestDays = 20;

/** Windows as typed; `usual` when nothing is said of them. */
function walkOf({ trainDays, testDays, anchored }: WalkFlags): Choosing['walk'] {
  if (trainDays === undefined && testDays === undefined && anchored !== true) return 'usual';
  return {
    trainMs: (trainDays ?? usualTrainDays) * dayMs,
    testMs: (testDays ?? usualTestDays) * dayMs,
    anchored: anchored === true,
  };
}

export function addSweepCommands(program: Command): void {
  const kinds = settingsKinds.join(', ');
  const sweep = sweepOptions(program.command('sweep').description(`many settings of a bot (${kinds}) over stored candles`))
    .option('--hold-out <share>', 'end of each period that the best is not chosen by', readShare, 0.3)
    .option('--no-walk-forward', 'leave out the walk-forward beside the best')
    .action((flags: ChooseFlags) =>
      refusing(() => begin(flags, { walk: flags.walkForward ? 'usual' : null, holdOut: flags.holdOut, choosesBy: 'sweep' })),
    );
  addStored(sweep);
  sweepOptions(program.command('walk-forward').description('chooses settings again and again, and tests them on what came after'))
    .option('--train-days <n>', `days that settings are chosen by, such as ${usualTrainDays}`, whole(1, 10_000))
    .option('--test-days <n>', `days after them that they are tested on, such as ${usualTestDays}`, whole(1, 10_000))
    .option('--anchored', 'each choice sees everything from the first day')
    .action((flags: WalkFlags) => refusing(() => begin(flags, { walk: walkOf(flags), holdOut: 0, choosesBy: 'walk-forward' })));
}
