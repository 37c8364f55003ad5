/** A thousand settings of a DCA bot over a year of minutes: on one core, on two, and as a plain loop in C. */
import { createHash } from 'node:crypto';
import { openPool, type Pool } from '@holdfast/backtest';
import { compile, runCompiled, writeColumns } from '../kernels/compiled.ts';
import { planOf, planText } from '../kernels/dca-loop.ts';
import type { Row } from '../rows/row.ts';
import { dcaFunds, dcaOf, dcaTask, hashOfKernel, kernelOf, requestOf, wholeRun, year } from './market.ts';
import { agree, medianOf, row } from './measure.ts';

const rounds = 15;

/** 10 x 10 x 10 settings. */
function settings(): readonly Readonly<Record<string, string>>[] {
  const ten = [...Array(10).keys()];
  return ten.flatMap((a) =>
    ten.flatMap((b) =>
      ten.map((c) => ({
        stepPercent: (0.6 + a * 0.1).toFixed(1),
        takeProfitPercent: (0.6 + b * 0.1).toFixed(1),
        sizeMultiplier: (1.1 + c * 0.1).toFixed(1),
      })),
    ),
  );
}

/** Wall and CPU time of all workers, ms, of one batch; a sum of everything it found. */
async function once(pool: Pool, jobs: Parameters<Pool['run']>[0]) {
  const [began, before] = [performance.now(), process.cpuUsage()];
  const { figures, faults } = await pool.run(jobs);
  const wall = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  if (faults.length > 0) throw new Error(`${faults.length} of the sweep's settings cannot trade: ${faults[0]?.reason}`);
  return { wall, cpu: (user + system) / 1000, found: figures.join(' ') };
}

type Runs = readonly Awaited<ReturnType<typeof once>>[];

const hashOf = (texts: readonly string[]): string => createHash('sha256').update(texts.join()).digest('hex').slice(0, 16);

export async function sweepRows(): Promise<readonly Row[]> {
  const changes = settings();
  const { settings: _, ...of } = requestOf(dcaTask(year));
  const jobs = changes.map((change) => ({ settings: dcaOf(change).text, of: 0 }));
  const pools = [1, 2].map((workers) => openPool([of], workers));
  const runs: Awaited<ReturnType<typeof once>>[][] = [[], []];
  // Each thread compiles for itself: of two, each has seen half of the work after as many batches.
  for (const pool of [...pools, ...pools, ...pools]) await once(pool, jobs);
  // In turn, so that what else the machine does falls on both alike.
  for (let round = 0; round < rounds; round++) for (const [n, pool] of pools.entries()) runs[n]!.push(await once(pool, jobs));
  for (const pool of pools) await pool.close();
  const [one, two] = runs as unknown as [Runs, Runs];
  const figures = { 'one core': hashOf([one[0]!.found]), 'two cores': hashOf([two[0]!.found]) };
  const kernel = hashOf(changes.map((change) => hashOfKernel(kernelOf({ ...dcaTask(year, change), depth: 'best' })())));
  const c = inC(changes);
  const isSame = [
    agree('figures of the sweep', figures),
    agree('the sweep at best prices', { kernel, c: c?.hash }),
    ...[0, 437, 999].map((n) => agree(`settings ${n} of the sweep`, both(changes[n]!))),
  ].every(Boolean);
  return rowsOf(one, two, c?.ms, isSame);
}

function both(change: Readonly<Record<string, string>>) {
  const task = dcaTask(year, change);
  return { kernel: hashOfKernel(kernelOf(task)()), bot: wholeRun(task, 'jump') };
}

function inC(changes: readonly Readonly<Record<string, string>>[]) {
  const program = compile('dca');
  if (program === undefined) return undefined;
  const plans = changes.map((change) => planText(planOf(dcaOf(change).settings, dcaFunds.USDT)));
  const { ms, hashes } = runCompiled(program, writeColumns('year.columns', year), year.rows, plans, 3);
  return { hash: hashOf(hashes), ms };
}

function rowsOf(one: Runs, two: Runs, cMs: number | undefined, isSame: boolean): readonly Row[] {
  const cpu = medianOf(one.map((run) => run.cpu)) / 1000;
  const [wallOfOne, wallOfTwo] = [one, two].map((runs) => medianOf(runs.map(({ wall }) => wall)) / 1000) as [number, number];
  const ratio = medianOf(one.map(({ wall }, n) => wall / two[n]!.wall));
  return [
    row('sweep of 1,000 DCA settings, year of minutes, one core', cpu, 's', '<= 0.5 s', isSame && cpu <= 0.5),
    row('  by the clock', wallOfOne, 's'),
    row(cMs === undefined ? '  a loop in C: there is no compiler here' : '  a loop in C', (cMs ?? Number.NaN) / 1000, 's'),
    row('  on two cores, by the clock', wallOfTwo, 's'),
    row('  two cores over one, by the clock', ratio, 'times', '>= 1.7', isSame && ratio >= 1.7),
    row('  CPU time of two cores over that of one', medianOf(two.map((run) => run.cpu)) / 1000 / cpu, 'times'),
  ];
}
