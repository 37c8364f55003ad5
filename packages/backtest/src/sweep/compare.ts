/** Finished sweeps beside each other. */
import type { Comparison } from '../report/compare.ts';
import { percent, signedPercent } from '../report/words.ts';
import type { SweepDocument } from './document.ts';
import { profitsOfBest } from './warnings.ts';

const share = (value: number | null | undefined): string => (value === null || value === undefined ? '–' : signedPercent(value));
const least = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((it) => it !== null);
  return known.length === 0 ? null : Math.min(...known);
};

const rows: readonly (readonly [string, (of: SweepDocument) => string])[] = [
  ['settings tried', ({ trials }) => String(trials)],
  [
    'best',
    ({ best }) =>
      best === null
        ? 'none'
        : Object.entries(best.varied)
            .map(([name, value]) => `${name} ${value}`)
            .join(', '),
  ],
  ['score', ({ best }) => best?.score.toPrecision(4) ?? '–'],
  ['profit where chosen', ({ best }) => share(best === null ? null : profitsOfBest(best).train)],
  ['profit never seen', ({ best }) => share(best === null ? null : profitsOfBest(best).test)],
  ['walk-forward: profit', ({ walk }) => share(walk?.outOfSample.profit)],
  ['walk-forward: held', ({ walk }) => share(walk?.outOfSample.buyAndHold)],
  ['walk-forward: fall', ({ walk }) => share(walk === null ? null : -walk.outOfSample.drawdown)],
  ['walk-forward: tests that earned', ({ walk }) => (walk === null ? '–' : percent(walk.outOfSample.testsWon, 0))],
  [
    'better than luck',
    ({ best }) => {
      const lucky = least(best?.cases.map(({ deflatedSharpe }) => deflatedSharpe) ?? []);
      return lucky === null ? '–' : percent(lucky, 0);
    },
  ],
  ['stands alone', ({ best }) => (best?.sensitivity == null ? '–' : best.sensitivity.standsAlone ? 'yes' : 'no')],
];

type Json = Readonly<Record<string, unknown>>;

function causes(document: SweepDocument): Json {
  const { ask, vary, periods, ...asked } = document.asked as unknown as Json & {
    ask: Json;
    vary: readonly string[];
    periods: unknown;
  };
  const { settings, assumptions, ...others } = ask;
  const named = (prefix: string, of: unknown): [string, unknown][] =>
    Object.entries((of ?? {}) as Json).map(([key, each]) => [`${prefix} ${key}`, each]);
  return Object.fromEntries([
    ...named('asked', asked),
    ...named('asked', others),
    ['varied', vary.join(' ')],
    [
      'periods',
      document.periods.map(({ from, to }) => `${new Date(from).toISOString()} to ${new Date(to).toISOString()}`).join(', '),
    ],
    ['data', document.data.map(({ sha256 }) => sha256?.slice(0, 12) ?? '–').join(', ')],
    ['code', document.code.commit?.slice(0, 12) ?? document.code.version],
    ...named('setting', settings),
    ...named('assumed', assumptions),
  ]);
}

const flat = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null));

export function compareSweeps(documents: readonly SweepDocument[]): Comparison {
  const made = documents.map(causes);
  return {
    rows: rows.map(([name, of]) => ({ name, values: documents.map(of) })),
    differing: [...new Set(made.flatMap((each) => Object.keys(each)))]
      .map((name) => ({ name, values: made.map((each) => flat(each[name])) }))
      .filter(({ values }) => new Set(values).size > 1),
  };
}
