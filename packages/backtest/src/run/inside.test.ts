/** Minutes inside hours: where they agree they are played, elsewhere the hour is, and nothing is known before its time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dcaSettings } from '@holdfast/contracts';
import type { EpochMs } from '@holdfast/domain';
import type { Series } from '../data/series.ts';
import { usualAssumptions } from './assumptions.ts';
import { withFiner } from './inside.ts';
import type { RunRequest } from './result.ts';
import { runBacktest } from './run.ts';
import { rules } from './testing/play.ts';
import { type Row, seriesOf, tableStart, walkRows } from './testing/tables.ts';

const hourMs = 3_600_000;
const minutes = walkRows({ rows: 60 * 48, seed: 11, price: 10_000, move: 15 });

const hourOf = (rows: readonly Row[]): Row => {
  const there = rows.filter((row) => row !== null);
  const [first, last] = [there[0]!, there.at(-1)!];
  return [
    first[0],
    Math.max(...there.map(([, high]) => high)),
    Math.min(...there.map(([, , low]) => low)),
    last[3],
    there.reduce((sum, [, , , , volume]) => sum + volume, 0),
  ];
};
const hours = Array.from({ length: 48 }, (_, hour) => hourOf(minutes.slice(hour * 60, hour * 60 + 60)));
const coarse = seriesOf(rules, hours, hourMs);

const requestOf = (series: Series, settings: object = {}): RunRequest => ({
  kind: 'dca',
  settings: dcaSettings.parse({
    baseOrderSize: '100',
    averagingOrderSize: '100',
    averagingOrders: 3,
    stepPercent: '0.3',
    takeProfitPercent: '0.3',
    ...settings,
  }),
  series: new Map([[rules.pair, series]]),
  rules: new Map([[rules.pair, rules]]),
  from: 0 as EpochMs,
  to: Number.MAX_SAFE_INTEGER as EpochMs,
  funds: null,
  assumptions: usualAssumptions,
  driver: 'jump',
});

test('where all minutes are there the run is that of the minutes', () => {
  const fine = seriesOf(rules, minutes);
  const blended = withFiner(coarse, fine);
  assert.deepEqual([blended.blend?.stayed.length, blended.blend?.replaced.length], [0, 48]);
  const [whole, apart] = [runBacktest(requestOf(blended)), runBacktest(requestOf(fine))];
  assert.ok(whole.fills.length > 20);
  assert.equal(whole.hash, apart.hash);
  assert.deepEqual(whole.warnings, apart.warnings);
});

test('an hour whose minutes are missing or do not agree is played whole, in its last minute', () => {
  const holed = minutes.map((row, at) => (at >= 120 && at < 180 ? null : row));
  const [open, high, low, close, volume] = holed[300]!;
  holed[300] = [open, high + 500, low, close, volume];
  const { blend, rows, segments } = withFiner(coarse, seriesOf(rules, holed));
  assert.deepEqual(blend?.stayed, [tableStart + 2 * hourMs, tableStart + 5 * hourMs]);
  assert.equal(rows, 46 * 60 + 2);
  assert.deepEqual(segments.slice(0, 3), [
    { row: 0, time: tableStart },
    { row: 120, time: tableStart + 3 * hourMs - 60_000 },
    { row: 241, time: tableStart + 6 * hourMs - 60_000 },
  ]);
  const blended = withFiner(coarse, seriesOf(rules, holed));
  const jump = runBacktest(requestOf(blended));
  assert.equal(jump.hash, runBacktest({ ...requestOf(blended), driver: 'step' }).hash);
  assert.equal(jump.missing, 0);
  assert.match(jump.warnings[0] ?? '', /^Of 48 candles of 1h of FOO\/USDT, 2 have no 1m candles that agree/);
});

test('a condition that looks at less than the hours that stayed is refused', () => {
  const half = withFiner(coarse, seriesOf(rules, minutes.slice(0, 60 * 24)));
  const settings = (frame: string): object => ({ start: 'conditions', startConditions: `rsi(7) ${frame} < 60` });
  assert.throws(() => runBacktest(requestOf(half, settings('5m'))), { code: 'series-missing' });
  assert.ok(runBacktest(requestOf(half, settings('1h'))).fills.length > 0);
});

test('finer candles of another pair, or that do not divide the coarse, are refused', () => {
  const other = seriesOf({ ...rules, pair: 'BAR/USDT' as never }, minutes);
  assert.throws(() => withFiner(coarse, other), { code: 'settings-unfit' });
  assert.throws(() => withFiner(coarse, seriesOf(rules, minutes, 7 * 60_000)), { code: 'settings-unfit' });
});
