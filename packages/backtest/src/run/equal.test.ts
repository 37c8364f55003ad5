/** Jumping gives what stepping gives, byte for byte: random bots of every kind, random settings, random candles. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { botSettings } from '@holdfast/contracts';
import type { EpochMs } from '@holdfast/domain';
import { testRules } from '@holdfast/testkit';
import { fillText } from './hash.ts';
import type { RunRequest, RunResult } from './result.ts';
import { runBacktest } from './run.ts';
import { RunError } from './run-error.ts';
import { randomAssumptions, randomKinds, randomSettings } from './testing/random-bots.ts';
import { random, tableStart, walkSeries } from './testing/tables.ts';

const rules = testRules('BTC/USDT', '0.01', '0.00001', '5');
const runs = Number(process.env.HOLDFAST_EQUAL_RUNS ?? 15);
const firstSeed = Number(process.env.HOLDFAST_EQUAL_SEED ?? 1);

function requestOf(kind: string, seed: number): RunRequest {
  const next = random(seed);
  const rows = 300 + Math.floor(next() * 1500);
  const move = [30, 150, 400][Math.floor(next() * 3)]!;
  const volume = [40, 5_000, 500_000][Math.floor(next() * 3)]!;
  const series = walkSeries(rules, {
    rows,
    seed: seed + 1,
    move,
    gaps: next() < 0.4 ? 0.02 : 0,
    quiet: next() < 0.4 ? 0.3 : 0,
    volume,
  });
  return {
    kind,
    settings: randomSettings(kind, next, botSettings),
    series: new Map([[rules.pair, series]]),
    rules: new Map([[rules.pair, rules]]),
    from: (next() < 0.5 ? 0 : tableStart + Math.floor(next() * 100) * 60_000) as EpochMs,
    to: Number.MAX_SAFE_INTEGER as EpochMs,
    funds: null,
    assumptions: randomAssumptions(next),
    driver: 'step',
  };
}

const same = (request: RunRequest, text: string): RunResult => {
  const step = runBacktest(request);
  const jump = runBacktest({ ...request, driver: 'jump' });
  const [mine, other] = [jump.fills.map(fillText), step.fills.map(fillText)];
  const at = other.findIndex((line, n) => mine[n] !== line);
  assert.equal(mine[at], other[at], `${text}, fill ${at} of ${mine.length} and ${other.length}`);
  assert.equal(mine.length, other.length, text);
  const sums = ({ deals, ordersPlaced, refused, endEquity, fees, heldMs, drawdown, daily, report }: RunResult): object => ({
    deals,
    ordersPlaced,
    refused,
    endEquity,
    fees,
    heldMs,
    drawdown,
    daily,
    report,
  });
  assert.deepEqual(sums(jump), sums(step), text);
  assert.equal(jump.hash, step.hash, text);
  return step;
};

for (const kind of randomKinds)
  test(`${kind}: ${runs} random bots, stepping and jumping alike`, (t) => {
    let [fills, deals, unfit] = [0, 0, 0];
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
      try {
        const result = same(requestOf(kind, seed * 1000), `${kind}, seed ${seed}`);
        fills += result.fills.length;
        deals += result.deals.length;
      } catch (error) {
        if (!(error instanceof RunError) || error.code !== 'settings-unfit') throw error;
        unfit++;
      }
    }
    t.diagnostic(`${fills} fills, ${deals} deals, ${unfit} unfit settings`);
    assert.ok(fills > runs, `${fills} fills`);
    assert.ok(unfit < runs / 2, `${unfit} settings were unfit`);
  });
