/** What happens a little beside an optimum. A setting that is good because the market likes it has good neighbours. */
import { medianOf } from '../metrics/deals.ts';

export interface Trial {
  /** Each setting that was varied; numbers are ordered, texts are merely equal or not. */
  readonly settings: Readonly<Record<string, number | string>>;
  /** Higher is better. */
  readonly score: number;
}

export interface Sensitivity {
  readonly best: Trial;
  readonly neighbours: readonly Trial[];
  /** Median score of the neighbours, and of all trials. */
  readonly beside: number;
  readonly overall: number;
  /**
   * (best - beside) / (best - overall): how much of what makes the best better than usual is gone one step beside it.
   * 0: it stands on a plateau; 1: its neighbours are no better than any.
   */
  readonly lost: number;
  /** `lost` is above one half. */
  readonly standsAlone: boolean;
  /** For each varied setting, the best score at each of its values: what it costs to be wrong in this one. */
  readonly bySetting: Readonly<Record<string, readonly { readonly value: number | string; readonly best: number }[]>>;
}

type Value = number | string;

const inOrder = (a: Value, b: Value): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1;

/** Values of each setting that took more than one. */
function axesOf(trials: readonly Trial[]): Map<string, readonly Value[]> {
  const names = [...new Set(trials.flatMap(({ settings }) => Object.keys(settings)))];
  const axes = new Map<string, readonly Value[]>();
  for (const name of names) {
    const values = [...new Set(trials.map(({ settings }) => settings[name]).filter((value) => value !== undefined))];
    if (values.length > 1) axes.set(name, values.sort(inOrder));
  }
  return axes;
}

type Axes = ReadonlyMap<string, readonly Value[]>;

/**
 * Distance of two trials: a number counts by its place among the values that were tried, in steps on a whole grid, else as a
 * share of the axis. A text that differs is one step, or the whole axis.
 */
function distance(a: Trial, b: Trial, axes: Axes, isGrid: boolean): number {
  let sum = 0;
  for (const [name, values] of axes) {
    const [x, y] = [a.settings[name], b.settings[name]];
    if (x === y) continue;
    const ordered = typeof x === 'number' && typeof y === 'number';
    const steps = ordered ? values.indexOf(x) - values.indexOf(y) : isGrid ? 1 : values.length - 1;
    sum += (isGrid ? steps : steps / (values.length - 1)) ** 2;
  }
  return Math.sqrt(sum);
}

/** Whether every combination of the values was tried. */
const coversGrid = (trials: readonly Trial[], axes: Axes): boolean =>
  [...axes.values()].reduce((product, values) => product * values.length, 1) === trials.length;

/** On a whole grid the trials one step away along one setting; else the nearest, two for each varied setting. */
function neighboursOf(best: Trial, trials: readonly Trial[], axes: Axes): readonly Trial[] {
  const isGrid = coversGrid(trials, axes);
  const near = trials
    .filter((trial) => trial !== best)
    .map((trial) => ({ trial, off: distance(best, trial, axes, isGrid) }))
    .sort((a, b) => a.off - b.off);
  const reach = isGrid ? 1 : near[Math.min(near.length, Math.max(2, 2 * axes.size)) - 1]!.off * (1 + 1e-9);
  return near.filter(({ off }) => off <= reach).map(({ trial }) => trial);
}

const finite = ({ score }: Trial): boolean => Number.isFinite(score);

/**
 * Compares the best with its neighbours. Trials without a finite score count as the worst that there is. Null below three
 * trials, or when none has a score.
 */
export function sensitivityOf(trials: readonly Trial[]): Sensitivity | null {
  const scored = trials.filter(finite);
  if (trials.length < 3 || scored.length === 0) return null;
  const best = scored.reduce((top, trial) => (trial.score > top.score ? trial : top));
  const worst = scored.reduce((least, { score }) => Math.min(least, score), best.score);
  const scoreOf = (trial: Trial): number => (finite(trial) ? trial.score : worst);
  const axes = axesOf(trials);
  const neighbours = neighboursOf(best, trials, axes);
  const beside = medianOf(neighbours.map(scoreOf))!;
  const overall = medianOf(trials.map(scoreOf))!;
  const lost = best.score > overall ? (best.score - beside) / (best.score - overall) : 0;
  const bySetting = Object.fromEntries(
    [...axes].map(([name, values]) => [name, values.map((value) => ({ value, best: bestAt(trials, name, value, scoreOf) }))]),
  );
  return { best, neighbours, beside, overall, lost, standsAlone: lost > 0.5, bySetting };
}

const bestAt = (trials: readonly Trial[], name: string, value: Value, scoreOf: (trial: Trial) => number): number =>
  trials.reduce((top, trial) => (trial.settings[name] === value ? Math.max(top, scoreOf(trial)) : top), Number.NEGATIVE_INFINITY);

/** One sentence for people. */
export function sensitivityText({ lost, standsAlone, neighbours }: Sensitivity): string {
  const percent = Math.round(Math.min(1, Math.max(0, lost)) * 100);
  return standsAlone
    ? `This optimum stands alone: one step beside it (${neighbours.length} neighbours) ${percent} % of its advantage over the usual setting is gone. Expect no more than its neighbours gave.`
    : `Around this optimum the result holds: one step beside it (${neighbours.length} neighbours) ${percent} % of its advantage over the usual setting is gone.`;
}
