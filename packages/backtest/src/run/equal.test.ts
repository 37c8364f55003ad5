/** Jumping gives what stepping gives, byte for byte: random bots of every kind, random settings, random candles. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillText } from './hash.ts';
import type { RunRequest, RunResult } from './result.ts';
import { runBacktest } from './run.ts';
import { RunError } from './run-error.ts';
import { randomKinds } from './testing/random-bots.ts';
import { randomRequest } from './testing/random-request.ts';

const runs = Number(process.env.HOLDFAST_EQUAL_RUNS ?? 4);
const firstSeed = Number(process.env.HOLDFAST_EQUAL_SEED ?? 1);

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

for (const [name, kind] of Object.entries(randomKinds))
  test(`${name}: ${runs} random bots, stepping and jumping alike`, (t) => {
    let [fills, deals, unfit, refused] = [0, 0, 0, 0];
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
      try {
        const result = same(randomRequest(kind, seed * 1000), `${name}, seed ${seed}`);
        fills += result.fills.length;
        deals += result.deals.length;
        refused += Object.values(result.refused).reduce((sum, each) => sum + each, 0);
      } catch (error) {
        if (!(error instanceof RunError) || error.code !== 'settings-unfit') throw error;
        unfit++;
      }
    }
    t.diagnostic(`${fills} fills, ${deals} deals, ${refused} refusals, ${unfit} unfit settings`);
    assert.ok(fills >= runs, `${fills} fills`);
    assert.ok(unfit < runs / 2, `${unfit} settings were unfit`);
  });
