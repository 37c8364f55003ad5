/** A sweep for a terminal of 80 columns: warnings, what choosing was worth on what came after, the best, the others. */
import { sensitivityText } from '../monte-carlo/sensitivity.ts';
import type { BestCase, OutOfSample, Part, SweepDocument, TrialRow, Varied, WalkReport } from '../sweep/document.ts';
import { luckShare, pathsOfBest, profitsOfBest } from '../sweep/warnings.ts';
import { plot } from './plot.ts';
import { wrap } from './terminal.ts';
import { count, dayText, percent, plain, ratioText, signedPercent, timeText } from './words.ts';

const width = 80;

const isNumber = (text: string): boolean => /^[-+–]?[\d.,]*( %)?$/.test(text);

/** Columns aligned, numbers to the right. */
export function columns(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, at) => Math.max(...all.map((row) => (row[at] ?? '').length)));
  const right = head.map((_, at) => rows.every((row) => isNumber(row[at] ?? '')));
  return all.map((row) =>
    row
      .map((cell, at) => (right[at] ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

export const variedText = (varied: Varied): string =>
  Object.entries(varied)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

const meanOf = (rows: TrialRow['figures'], name: string): number | null => {
  const known = rows.map((it) => it?.[name]).filter((it) => it !== undefined);
  return known.length === 0 ? null : known.reduce((sum, it) => sum + it, 0) / known.length;
};

/** The best settings as rows of cells; figures are means over pairs and periods. */
export function trialTable(
  fields: readonly string[],
  rows: readonly TrialRow[],
): { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  return {
    head: [...fields, 'score', 'profit', 'fall', 'deals', 'Sharpe'],
    rows: rows.map(({ varied, score, figures }) => {
      const fall = meanOf(figures, 'drawdown');
      return [
        ...fields.map((field) => String(varied[field])),
        score === null ? '–' : score.toPrecision(4),
        signedPercent(meanOf(figures, 'profit')),
        fall === null ? '–' : percent(-fall),
        plain(meanOf(figures, 'deals') ?? 0),
        ratioText(meanOf(figures, 'sharpe')),
      ];
    }),
  };
}

export const partHead = ['', 'profit', 'held', 'fall', 'deals', 'in market', 'Sharpe', 'Calmar'] as const;
export const partCells = (name: string, { figures: it }: Pick<Part, 'figures'>): readonly string[] => [
  name,
  signedPercent(it.profit ?? null),
  signedPercent(it.buyAndHold ?? null),
  percent(-(it.drawdown ?? 0)),
  plain(it.deals ?? 0),
  percent(it.timeInMarket ?? null, 0),
  ratioText(it.sharpe ?? null),
  ratioText(it.calmar ?? null),
];

/** Name of a case where there are several pairs or periods. */
export const caseName = (document: Pick<SweepDocument, 'periods'>, { pairs, period, train }: BestCase): string =>
  `${pairs.length > 3 ? `${pairs.length} pairs` : pairs.join(' ')}${document.periods.length > 1 ? ` ${period + 1}: ${dayText(train.from)}` : ''}`;

export const sweepHeadline = ({ kind, pairs, periods }: SweepDocument): string =>
  `${kind.toUpperCase()} on ${pairs.length > 4 ? `${pairs.length} pairs` : pairs.join(', ')}, ${periods.map(({ from, to }) => `${timeText(from)} to ${timeText(to)}`).join('; ')} UTC`;

export function triedText({ trials, space, asked }: SweepDocument): string {
  const of =
    String(trials) === space ? `all ${plain(trials)} settings` : `${plain(trials)} of ${space} settings, by ${asked.method}`;
  const over = asked.over === 'mean' ? 'the mean' : 'the worst';
  const many = (asked.together ? 1 : asked.ask.pairs.length) * Math.max(1, asked.periods.length) > 1;
  const required = asked.require.length === 0 ? '' : `, where ${asked.require.join(' and ')}`;
  return `${of}; best by ${asked.goal}${many ? `, ${over} of all pairs and periods` : ''}${required}`;
}

function walkLines({ axes, groups }: SweepDocument, { windows, outOfSample: out, trials }: WalkReport): readonly string[] {
  const share = (figures: WalkReport['windows'][number]['test'], name: string): number | null => meanOf(figures, name);
  const rows = windows.map(({ split, to, varied, train, test }) => {
    const fall = share(test, 'drawdown');
    return [
      dayText(split),
      dayText(to),
      ...axes.map(({ field }) => String(varied?.[field] ?? '–')),
      signedPercent(share(train, 'profit')),
      signedPercent(share(test, 'profit')),
      fall === null ? '–' : percent(-fall),
      signedPercent(share(test, 'buyAndHold')),
    ];
  });
  const head = ['tested from', 'to', ...axes.map(({ field }) => field), 'chosen by', 'never seen', 'fall', 'held'];
  const values = [1, ...out.daily.map(([, value]) => value)].map((value) => (value - 1) * 100);
  const labels = {
    top: `${Math.max(...values).toFixed(1)} %`,
    bottom: `${Math.min(...values).toFixed(1)} %`,
    left: dayText(windows[0]?.split ?? 0),
    right: dayText(windows.at(-1)?.to ?? 0),
  };
  const room = Math.max(labels.top.length, labels.bottom.length) + 4;
  return [
    'Walk-forward: settings chosen on what came before, tried on what came after',
    ...(values.length > 2 ? plot(values, width - room, 6, labels) : []),
    ...columns(head, rows),
    '',
    ...walkSums(out).map(([name, value]) => `  ${name.padEnd(34)} ${value}`),
    `  ${'Tried'.padEnd(34)} ${plain(trials)} settings in ${count(windows.length, 'window')}${groups.length > 1 ? `, on ${groups.length} pairs` : ''}`,
  ];
}

/** What all tests gave together, for people. */
export const walkSums = (out: OutOfSample): readonly (readonly [string, string])[] => [
  ['Out of sample, tests in a row', signedPercent(out.profit)],
  ...(out.otherPath == null
    ? []
    : ([[`The same on the ${out.otherPath.path} path`, signedPercent(out.otherPath.profit)]] as const)),
  ['Holding through the same time', signedPercent(out.buyAndHold)],
  ['Where the settings were chosen', signedPercent(out.inSample)],
  [
    'Kept of what choosing promised',
    out.efficiency === null ? '– (it promised nothing)' : `${percent(out.efficiency, 0)} of the yearly rate`,
  ],
  ['Largest fall out of sample', percent(-out.drawdown)],
  ['Sharpe out of sample', ratioText(out.sharpe)],
  ['Probability that it is above 0', percent(out.probabilisticSharpe, 0)],
  ['Tests that earned', percent(out.testsWon, 0)],
  ['Deals', plain(out.deals)],
  ...(out.dealPaths === null
    ? []
    : ([
        [
          'Its deals drawn again: end',
          `${signedPercent(out.dealPaths.drawn.end.p5 - 1, 1)} … ${signedPercent(out.dealPaths.drawn.end.median - 1, 1)} … ${signedPercent(out.dealPaths.drawn.end.p95 - 1, 1)}; ${percent(out.dealPaths.drawn.shareLosing, 0)} lose`,
        ],
        [
          'Its deals in other orders: fall',
          `${percent(-out.dealPaths.shuffled.drawdown.median, 1)}, at 95 % ${percent(-out.dealPaths.shuffled.drawdown.p95, 1)}`,
        ],
      ] as const)),
];

/** How the best does on the other path through each candle; none where that was left out. */
export function pathSentences({ best }: SweepDocument): readonly string[] {
  const paths = best === null ? null : pathsOfBest(best);
  if (best === null || paths === null) return [];
  const each = (of: Part): string =>
    `${signedPercent(of.otherPath?.totalReturn ?? null)} in place of ${signedPercent(of.figures.profit ?? null)}`;
  return best.cases.map(
    ({ train, test }) =>
      `On the ${paths.path} path through each candle it makes ${each(train)} where it was chosen${test === null ? '' : `, and ${each(test)} where it was not`}.`,
  );
}

/** Sentences on luck: trials, deals in other orders, other days of beginning, neighbours. */
export function luckSentences(document: SweepDocument): readonly string[] {
  const { best, trials } = document;
  if (best === null) return [];
  const several = best.cases.length > 1;
  const lines = best.cases.flatMap((of) => {
    const name = several ? `${caseName(document, of)}: ` : '';
    const { deflatedSharpe: luck, startDates: days } = of;
    const paths = (of.test ?? of.train).dealPaths;
    return [
      luck === null
        ? `${name}The best of ${plain(trials)} settings; its days say nothing of luck.`
        : `${name}The best of ${plain(trials)} settings is ${percent(luck, 0)} likely to be better than luck among so many (deflated Sharpe ratio; ${percent(luckShare, 0)} is what one asks for).`,
      ...(paths === null
        ? []
        : [
            `${name}The ${count(paths.deals, 'deal')} (what is open counts as one) ${of.test === null ? 'where it was chosen' : 'never seen'}, in ${plain(paths.runs)} other orders: largest fall ${percent(paths.shuffled.drawdown.median, 1)}, at 95 % ${percent(paths.shuffled.drawdown.p95, 1)}; drawn again, ${percent(paths.drawn.shareLosing, 0)} lose.`,
          ]),
      ...(days === null
        ? []
        : [
            `${name}Begun on ${plain(days.runs)} other days, ${plain(days.days, 1)} days each: ${signedPercent(days.return.p5, 1)} … ${signedPercent(days.return.median, 1)} … ${signedPercent(days.return.p95, 1)}; ${percent(days.shareLosing, 0)} lose, ${percent(days.shareAboveHolding, 0)} do better than holding.`,
          ]),
    ];
  });
  return [...lines, ...(best.sensitivity === null ? [] : [sensitivityText(best.sensitivity)])];
}

function bestLines(document: SweepDocument): readonly string[] {
  const { best } = document;
  if (best === null) return [];
  const rows = best.cases.flatMap((of) => {
    const name = caseName(document, of);
    return [partCells(`${name}, chosen by`, of.train), ...(of.test === null ? [] : [partCells(`${name}, NEVER SEEN`, of.test)])];
  });
  const { test } = profitsOfBest(best);
  return [
    '',
    wrap(`The best, run by the bot itself: ${variedText(best.varied)}`, '', '  '),
    ...columns(partHead, rows),
    ...(test === null ? [] : ['Believe what was never seen.']),
    ...[...pathSentences(document), ...luckSentences(document)].map((text) => wrap(text, '- ', '  ')),
  ];
}

/** @param top how many settings are listed */
export function sweepReport(document: SweepDocument, top: number): string {
  const { walk, warnings, axes } = document;
  const table = trialTable(
    axes.map(({ field }) => field),
    document.top.filter(({ score }) => score !== null).slice(0, top),
  );
  return [
    sweepHeadline(document),
    wrap(`Tried ${triedText(document)}.`, '', '  '),
    ...(warnings.length === 0 ? [] : ['', ...warnings.map((text) => wrap(text, '! ', '  '))]),
    ...(walk === null ? [] : ['', ...walkLines(document, walk)]),
    ...bestLines(document),
    ...(table.rows.length === 0 ? [] : ['', 'The best by score, where they were chosen', ...columns(table.head, table.rows)]),
    '',
    `Hash ${document.hash}`,
  ].join('\n');
}
