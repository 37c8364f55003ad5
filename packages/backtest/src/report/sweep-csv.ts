/** Trials of a sweep as CSV (RFC 4180): a row for each setting, pair and period. */
import type { SweepDocument, TrialRow } from '../sweep/document.ts';
import { figureNames } from '../sweep/figures.ts';

const cell = (value: unknown): string => {
  const text = value === null || value === undefined || Number.isNaN(value) ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** Columns: rank, each varied setting, score, pairs, period, each figure, fault. */
export function trialsCsv({ axes, groups }: Pick<SweepDocument, 'axes' | 'groups'>, trials: readonly TrialRow[]): string {
  const fields = axes.map(({ field }) => field);
  const lines = [['rank', ...fields, 'score', 'pairs', 'period', ...figureNames, 'fault']];
  for (const [at, { varied, score, figures, fault }] of trials.entries())
    for (const [of, row] of figures.entries())
      lines.push(
        [
          at + 1,
          ...fields.map((field) => varied[field]),
          score,
          (groups[of % groups.length] ?? []).join(' '),
          Math.floor(of / groups.length) + 1,
          ...figureNames.map((name) => row?.[name]),
          fault,
        ].map(cell),
      );
  return `${lines.map((line) => line.join(',')).join('\r\n')}\r\n`;
}
