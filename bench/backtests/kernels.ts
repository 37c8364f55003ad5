/** DCA and grid in memory: kernel, whole bot, plain loop and the same loop in C, all with one hash. */
import { columnsOf, type Series } from '@holdfast/backtest';
import { rules } from '../kernels/candles.ts';
import { compile, runCompiled, writeColumns } from '../kernels/compiled.ts';
import { planOf, planText, runDcaLoop } from '../kernels/dca-loop.ts';
import { gridPlanOf, gridPlanText, runGridLoop } from '../kernels/grid-loop.ts';
import type { Done } from '../kernels/hash.ts';
import type { Row } from '../rows/row.ts';
import {
  cut,
  dcaFunds,
  dcaOf,
  dcaTask,
  denseFee,
  denseGrid,
  gridOf,
  gridTask,
  hashOfKernel,
  type KernelRan,
  kernelOf,
  million,
  type Task,
  wholeRun,
  year,
} from './market.ts';
import { agree, row, type Timed, timed } from './measure.ts';

/** What the bot itself is compared on, where all of it would take minutes. */
const partRows = 40_000;

interface Others {
  readonly loop: () => Done;
  readonly program: string | undefined;
  readonly plan: string;
}

interface Compared {
  readonly kernel: Timed<KernelRan>;
  readonly loop: Timed<Done>;
  readonly cMs: number | undefined;
  readonly isSame: boolean;
}

/** @param part a beginning of the same candles that the bot itself walks tick by tick */
function compare(what: string, task: Task, part: Task, { loop, program, plan }: Others, jumps: boolean): Compared {
  const kernel = timed(15, 15, kernelOf(task));
  const plain = timed(7, 3, loop);
  const { rows } = task.series;
  const c =
    program === undefined ? undefined : runCompiled(program, writeColumns(`${rows}.columns`, task.series), rows, [plan], 15);
  const hashes = {
    kernel: hashOfKernel(kernel.result),
    loop: plain.result.hash,
    c: c?.hashes[0],
    bot: jumps ? wholeRun(task, 'jump') : undefined,
  };
  const whole = {
    kernel: hashOfKernel(kernelOf(part)()),
    'bot in jumps': wholeRun(part, 'jump'),
    'bot by ticks': wholeRun(part, 'step'),
  };
  const isSame = [agree(what, hashes), agree(`${what}, ${part.series.rows} candles`, whole)].every((it) => it);
  return { kernel, loop: plain, cMs: c?.ms, isSame };
}

const perSecond = (rows: number, ms: number): number => rows / ms / 1000;

function loopRows(
  name: string,
  { rows }: Series,
  { kernel, loop, cMs }: Compared,
  aim: number | null,
  isSame: boolean,
): readonly Row[] {
  const noC = cMs === undefined;
  return [
    row(`  a plain loop over ${name}`, loop.ms, 'ms'),
    row(noC ? '  the same in C: there is no compiler here' : '  the same in C', cMs ?? Number.NaN, 'ms'),
    row(
      '  speed, loop in C = 1',
      noC ? Number.NaN : cMs / kernel.ms,
      'times',
      noC || aim === null ? null : `>= ${aim}`,
      isSame && cMs! / kernel.ms >= (aim ?? 0),
    ),
    row('  speed, plain loop = 1', loop.ms / kernel.ms, 'times'),
    row(`  candles, ${kernel.result.result.fills.toLocaleString('en-US')} fills`, perSecond(rows, kernel.ms), 'M candles/s'),
  ];
}

function dcaParts(series: Series) {
  const plan = planOf(dcaOf().settings, dcaFunds.USDT);
  return { task: dcaTask(series), loop: () => runDcaLoop(plan, series), plan: planText(plan) };
}

export function dcaRows(): readonly Row[] {
  const { task, ...others } = dcaParts(year);
  const done = compare('DCA', task, dcaTask(cut(partRows)), { ...others, program: compile('dca') }, true);
  const { kernel, isSame } = done;
  return [
    row('DCA, 5 averaging orders, year of minutes', kernel.ms, 'ms', '<= 2 ms', isSame && kernel.ms <= 2, kernel.most),
    ...loopRows('the year', year, done, 0.5, isSame),
  ];
}

function gridParts(
  series: Series,
  change: Readonly<Record<string, unknown>>,
  fee?: string,
): { readonly task: Task; readonly others: Others } {
  const task = gridTask(series, change, fee);
  const start = series.open[0]!;
  const first: number[] = [];
  const { settings } = gridOf(change);
  // The buys before the first tick are the bot's own, and no part of the loops.
  for (const { at, maker, lots } of kernelOf(task)().log.over(columnsOf(series, rules)))
    if (at === series.segments[0]!.time && !maker) first.push(lots);
  const plan = gridPlanOf(settings, task.funds, start, first);
  return { task, others: { loop: () => runGridLoop(plan, series), program: compile('grid'), plan: gridPlanText(plan) } };
}

export function gridRows(): readonly Row[] {
  const { task, others } = gridParts(year, {});
  const done = compare('grid of 50 lines', task, gridTask(cut(partRows)), others, true);
  const { kernel, isSame } = done;
  return [
    row('grid of 50 lines, year of minutes', kernel.ms, 'ms', '<= 5 ms', isSame && kernel.ms <= 5, kernel.most),
    ...loopRows('the year', year, done, null, isSame),
  ];
}

export function denseRows(): readonly Row[] {
  const { task, others } = gridParts(million, denseGrid, denseFee);
  const done = compare('dense grid', task, gridTask(cut(4_000), denseGrid, denseFee), others, false);
  const { kernel, isSame } = done;
  const speed = perSecond(million.rows, kernel.ms);
  const each = (million.rows / kernel.result.result.fills).toFixed(1);
  return [
    row(`grid of 500 lines, a fill every ${each} candles`, speed, 'M candles/s', '>= 20 M candles/s', isSame && speed >= 20),
    ...loopRows('a million candles', million, done, null, isSame),
  ];
}

/** How speed changes with the number of candles and of fills; each run is the plain loop's, fill by fill. */
export function growthRows(): readonly Row[] {
  return [
    ...[125_000, 250_000, 500_000, 1_000_000].map((count) => {
      const { task, loop } = dcaParts(cut(count));
      return grown(`DCA over ${count.toLocaleString('en-US')} candles`, task, loop);
    }),
    ...[25, 50, 100, 200, 500].map((lines) => {
      const { task, others } = gridParts(million, { ...denseGrid, lines }, denseFee);
      return grown(`grid of ${lines} lines over 1,000,000 candles`, task, others.loop);
    }),
  ];
}

function grown(what: string, task: Task, loop: () => Done): Row {
  const { ms, result } = timed(7, 8, kernelOf(task));
  const isSame = agree(what, { kernel: hashOfKernel(result), loop: loop().hash });
  const fills = result.result.fills.toLocaleString('en-US');
  return row(`${what}, ${fills} fills`, isSame ? perSecond(task.series.rows, ms) : Number.NaN, 'M candles/s');
}
