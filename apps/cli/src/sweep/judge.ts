/** What there is to say of a sweep's best: the bot's own run of it, the part that nothing was chosen by, and how much is luck. */
import type { Case, Figures, Sensitivity, SweepEnd, SweepTrial } from '@holdfast/backtest';
import * as backtest from '@holdfast/backtest';
import { CliError, exitCode } from '../exit.ts';
import type { Ready } from './plan.ts';

export interface Judged {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly varied: Readonly<Record<string, unknown>>;
  /** By pair. */
  readonly train: readonly Figures[];
  /** By pair; empty where nothing was held out. */
  readonly test: readonly Figures[];
  /** By pair: how likely the best is better than luck among so many trials; null where its days say nothing. */
  readonly deflatedSharpe: readonly (number | null)[];
  readonly sensitivity: Sensitivity | null;
  readonly trials: number;
}

/** Sums of two ways of counting may differ by so much, relative to the larger. */
const same = 1e-6;

/** The best trial; undefined when none met the constraints. */
export const bestOf = ({ trials }: SweepEnd): SweepTrial | undefined => trials.find(({ score }) => !Number.isNaN(score));

/** @throws CliError when the bot's own run does not give what it was ranked by */
export function judge({ plan, axes, cases, stretches }: Ready, end: SweepEnd, best: SweepTrial): Judged {
  const settings = backtest.settingsAt(axes, best.point, plan.base);
  const checked = plan.check(settings);
  const own = (of: Case) => backtest.runBacktest({ ...of, settings: checked, driver: 'jump' });
  const trains = cases.filter((_, at) => stretches[at]!.part === 'train').map(own);
  const tests = cases.filter((_, at) => stretches[at]!.part === 'test').map(own);
  const train = trains.map((result) => backtest.figuresOf(backtest.sumsOf(result)));
  for (const [at, figures] of train.entries()) mustAgree(figures, best.figures[at] ?? null, stretches[at]!.pair);
  const sharpes = end.trials.flatMap(({ figures }) => figures.map((it) => it?.sharpe ?? Number.NaN)).filter(Number.isFinite);
  const mean = sharpes.reduce((sum, it) => sum + it, 0) / Math.max(1, sharpes.length);
  // Sharpe ratios of the trials are yearly; the test wants those of a day.
  const variance = sharpes.reduce((sum, it) => sum + (it - mean) ** 2, 0) / Math.max(1, sharpes.length - 1) / 365;
  const counted = { count: end.trials.length, variance };
  return {
    settings,
    varied: Object.fromEntries(axes.map(({ field, values }, i) => [field, values[best.point[i]!]])),
    train,
    test: tests.map((result) => backtest.figuresOf(backtest.sumsOf(result))),
    deflatedSharpe: trains.map((result) => backtest.metricsOf(result, counted).deflatedSharpe),
    sensitivity: backtest.sensitivityOf(
      end.trials.map(({ point, score }) => ({
        score,
        settings: Object.fromEntries(axes.map(({ field, values }, i) => [field, numberOr(values[point[i]!]!)])),
      })),
    ),
    trials: end.trials.length,
  };
}

const numberOr = (value: string | number | boolean): number | string =>
  typeof value === 'number' ? value : typeof value === 'string' && /^-?[\d.]+$/.test(value) ? Number(value) : String(value);

function mustAgree(own: Figures, ranked: Figures | null, pair: string): void {
  for (const name of backtest.figureNames) {
    const [a, b] = [own[name]!, ranked?.[name] ?? Number.NaN];
    if (!(Math.abs(a - b) <= same * Math.max(1, Math.abs(a))))
      throw new CliError(
        exitCode.failed,
        `the best settings give ${name} ${a} on ${pair} and were ranked by ${b}: a fault of the sweep; please report it with the settings`,
      );
  }
}
