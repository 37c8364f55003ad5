/** What a reader must know before the best of a sweep is believed. */
import { intervalName } from '../data/series.ts';
import { pathsMayDiffer } from '../report/warnings.ts';
import { count, percent, plain, signedPercent, timeText } from '../report/words.ts';
import type { Best, BestCase, SweepDocument, WalkReport } from './document.ts';

/** Deals below which a result says little. */
const fewDeals = 30;
/** The deflated Sharpe ratio from which an advantage is taken for more than luck (Bailey and López de Prado use 0.95). */
export const luckShare = 0.95;

const mean = (values: readonly number[]): number => values.reduce((sum, it) => sum + it, 0) / values.length;

/** Mean profit of the best over pairs and periods: where it was chosen, and where not; null where nothing was held out. */
export function profitsOfBest({ cases }: Best): { readonly train: number; readonly test: number | null } {
  const tests = cases.flatMap(({ test }) => (test === null ? [] : [test.figures.profit ?? 0]));
  return { train: mean(cases.map(({ train }) => train.figures.profit ?? 0)), test: tests.length === 0 ? null : mean(tests) };
}

/** Two profits on the two paths through each candle. */
interface Paths {
  readonly path: 'published' | 'adverse';
  readonly profit: number;
  readonly other: number;
}

const partsOf = ({ train, test }: BestCase): readonly BestCase['train'][] => (test === null ? [train] : [train, test]);

/** Mean profit of the best on both paths, where it was chosen and where not; null where the other was left out. */
export function pathsOfBest({ cases }: Best): Paths | null {
  const parts = cases.flatMap(partsOf);
  const [first] = parts;
  if (first?.otherPath == null) return null;
  return {
    path: first.otherPath.path,
    profit: mean(parts.map(({ figures }) => figures.profit ?? 0)),
    other: mean(parts.map(({ otherPath }) => otherPath?.totalReturn ?? 0)),
  };
}

/** Null where the other path was left out. */
export function pathsOfWalk({ outOfSample: { profit, otherPath } }: WalkReport): Paths | null {
  return otherPath == null ? null : { path: otherPath.path, profit, other: otherPath.profit };
}

/** A share of the profit, as in the report of a single run; Infinity for a difference where there is none. */
function apart({ profit, other }: Paths): number {
  if (profit === other) return 0;
  return profit === 0 ? Number.POSITIVE_INFINITY : Math.abs(profit - other) / Math.abs(profit);
}

/** Asks for finer data where the two paths are further apart than a single report allows. */
function pathWarning(document: Omit<SweepDocument, 'warnings'>, paths: Paths | null, what: string): readonly string[] {
  if (paths === null || apart(paths) <= pathsMayDiffer) return [];
  const away = Number.isFinite(apart(paths)) ? `, ${percent(apart(paths), 0)} away` : '';
  const { interval } = document.data[0] ?? { interval: intervalName(60_000) };
  return [
    `The order of high and low inside candles decides ${what}: on the ${paths.path} path it is ${signedPercent(paths.other)} in place of ${signedPercent(paths.profit)}${away}. Data finer than ${interval} would tell which is right.`,
  ];
}

/** By field: whether the best lies at an end of a range of at least three numbers. */
function atEdge({ axes, best }: Pick<SweepDocument, 'axes' | 'best'>): readonly string[] {
  return axes
    .filter(({ field, values }) => {
      const value = best?.varied[field];
      const isRange = values.length > 2 && values.every((it) => typeof it === 'number' || /^-?[\d.]+$/.test(String(it)));
      return isRange && (value === values[0] || value === values.at(-1));
    })
    .map(({ field }) => `${field} ${best?.varied[field]}`);
}

export function warningsOfSweep(
  document: Omit<SweepDocument, 'warnings'>,
  constraints: number,
  noWalk: string | null,
): readonly string[] {
  const { best, walk, trials, impossible, unfit, fault } = document;
  const found: string[] = [];
  if (best === null)
    found.push(
      impossible === trials
        ? `None of the ${plain(trials)} settings can trade here: ${fault ?? ''}`
        : `No settings met what is required (${count(constraints, 'formula')}).`,
    );
  if (best !== null) found.push(...aboutBest(document, best));
  if (impossible > 0 && best !== null)
    found.push(`${count(impossible, 'setting')} of ${plain(trials)} cannot trade, such as: ${fault}`);
  if (unfit > 0 && best !== null) found.push(`${plain(unfit)} of ${plain(trials)} settings did not meet what is required.`);
  if (noWalk !== null) found.push(noWalk);
  if (best !== null) found.push(...pathWarning(document, pathsOfBest(best), 'the profit of the best'));
  if (walk !== null) found.push(...pathWarning(document, pathsOfWalk(walk), 'the profit out of sample'));
  const out = walk?.outOfSample;
  if (out !== undefined && out.profit < out.buyAndHold)
    found.push(
      `Holding through the tests of the walk-forward gave ${signedPercent(out.buyAndHold)}, choosing settings gave ${signedPercent(out.profit)}.`,
    );
  if (out !== undefined && out.inSample > 0 && out.profit <= 0)
    found.push(
      `Choosing settings by the past did not pay: ${signedPercent(out.inSample)} where they were chosen, ${signedPercent(out.profit)} on what came after.`,
    );
  return found;
}

function aboutBest(document: Omit<SweepDocument, 'warnings'>, best: Best): readonly string[] {
  const found: string[] = [];
  for (const { liquidatedAt } of best.cases.flatMap(partsOf))
    if (liquidatedAt !== undefined)
      found.push(`The best was liquidated on ${timeText(liquidatedAt)} UTC; nothing was traded after it.`);
  const { train, test } = profitsOfBest(best);
  if (test !== null && train > 0 && test < train / 2 && test <= 0)
    found.push(`The best made ${signedPercent(train)} where it was chosen and ${signedPercent(test)} on what it had not seen.`);
  const lucky = best.cases.map(({ deflatedSharpe }) => deflatedSharpe).filter((it) => it !== null);
  if (lucky.length > 0 && Math.min(...lucky) < luckShare)
    found.push(
      `The best of ${plain(document.trials)} settings is ${percent(Math.min(...lucky), 0)} likely to be better than luck among so many; ${percent(luckShare, 0)} is what one asks for.`,
    );
  if (best.sensitivity?.standsAlone === true)
    found.push('The best stands alone: its neighbours are much worse. Expect what they gave.');
  const edges = atEdge(document);
  if (edges.length > 0)
    found.push(`The best lies at the end of what was tried (${edges.join(', ')}): a wider range may hold a better one.`);
  const deals = Math.min(...best.cases.map(({ train: it }) => it.figures.deals ?? 0));
  if (deals < fewDeals)
    found.push(`Only ${count(deals, 'deal')} closed where the best was chosen: too few to tell skill from luck.`);
  return found;
}
