/**
 * Nothing before a moment hangs on what comes after it: random bots of every kind run again on candles that end there, and on candles
 * whose future is dealt anew, and have asked for and got the same until then. More by hand:
 * HOLDFAST_FUTURE_RUNS=100 HOLDFAST_FUTURE_SEED=1000 node_modules/.bin/node --test packages/backtest/src/run/future.test.ts
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { epochMs, type Pair } from '@holdfast/domain';
import { rowAt, type Series, timeOf } from '../data/series.ts';
import { truncated } from '../report/lookahead.ts';
import { columnsOf } from './columns.ts';
import { fillText } from './hash.ts';
import { meanLots } from './house.ts';
import type { RunRequest } from './result.ts';
import { runBacktest } from './run.ts';
import { RunError } from './run-error.ts';
import { randomKinds } from './testing/random-bots.ts';
import { randomRequest } from './testing/random-request.ts';
import { random } from './testing/tables.ts';

const runs = Number(process.env.HOLDFAST_FUTURE_RUNS ?? 3);
const firstSeed = Number(process.env.HOLDFAST_FUTURE_SEED ?? 1);

/** How much the house shows is known before a run: the same with each future. */
function withKnownDepth(request: RunRequest): RunRequest {
  const series = new Map([...request.series].map(([pair, { inner: _, ...each }]): [Pair, Series] => [pair, each]));
  const levelLots = Object.fromEntries(
    [...series].map(([pair, each]) => [pair, meanLots(columnsOf(each, request.rules.get(pair)!))]),
  ) as Record<Pair, number>;
  return { ...request, series, assumptions: { ...request.assumptions, levelLots }, keepsOrders: true };
}

/** The same times with the candles from a row on in another order; the first of them opens as it did, with the same volume. */
function dealtAnew(series: Series, time: number, next: () => number): Series {
  const from = rowAt(series, time);
  const order = Array.from({ length: series.rows }, (_, row) => row);
  for (let row = series.rows - 1; row > from; row--) {
    const other = from + Math.floor(next() * (row - from + 1));
    [order[row], order[other]] = [order[other]!, order[row]!];
  }
  const deal = (column: Series['open'] | Series['volume']): Float64Array => Float64Array.from(order, (row) => column[row]!);
  const [open, high, low, volume] = [deal(series.open), deal(series.high), deal(series.low), deal(series.volume)];
  if (from < series.rows) {
    const opened = series.open[from]!;
    open[from] = opened;
    high[from] = Math.max(high[from]!, opened);
    low[from] = Math.min(low[from]!, opened);
    volume[from] = series.volume[from]!;
  }
  return { ...series, open, high, low, close: deal(series.close), volume };
}

/** What was asked for and got until a moment, one line each. */
function until(request: RunRequest, at: number): readonly string[] {
  const { fills, orders = [] } = runBacktest(request);
  return [
    ...orders
      .filter(({ plannedAt }) => plannedAt <= at)
      .map(({ clientOrderId, pair, side, kind, limit, quantity, plannedAt }) =>
        [clientOrderId, pair, side, kind, limit, quantity, plannedAt].join(' '),
      ),
    ...fills.filter((fill) => fill.at <= at).map(fillText),
  ];
}

for (const [name, kind] of Object.entries(randomKinds))
  test(`${name}: nothing hangs on a future that is cut off or dealt anew`, (t) => {
    let [lines, unfit] = [0, 0];
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
      const request = { ...withKnownDepth(randomRequest(kind, seed * 1000)), driver: seed % 2 === 0 ? 'jump' : 'step' } as const;
      const next = random(seed);
      const [first] = request.series.values();
      const begin = rowAt(first!, request.from) + 1;
      const at = timeOf(first!, begin + Math.floor((0.2 + 0.7 * next()) * (first!.rows - begin)));
      const changed = (change: (series: Series) => Series): RunRequest['series'] =>
        new Map([...request.series].map(([pair, each]) => [pair, change(each)]));
      try {
        const text = `${name}, seed ${seed}, until ${new Date(at).toISOString()}`;
        // What arrives with the last price of a run is not answered any more.
        const cut = { ...request, series: changed((each) => truncated(each, at)), to: epochMs(at) };
        assert.deepEqual(until(cut, at - 2), until(request, at - 2), `${text}: cut off`);
        const known = until(request, at);
        lines += known.length;
        assert.deepEqual(
          until({ ...request, series: changed((each) => dealtAnew(each, at, next)) }, at),
          known,
          `${text}: dealt anew`,
        );
      } catch (error) {
        if (!(error instanceof RunError) || error.code !== 'settings-unfit') throw error;
        unfit++;
      }
    }
    t.diagnostic(`${lines} orders and fills, ${unfit} unfit settings`);
    assert.ok(unfit < runs);
  });
