/** Jumping gives what stepping gives, byte for byte: random bots of every kind, random settings, random candles. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { botSettings } from '@holdfast/contracts';
import type { EpochMs, Pair } from '@holdfast/domain';
import { testRules } from '@holdfast/testkit';
import { fillText } from './hash.ts';
import type { RunRequest, RunResult } from './result.ts';
import { runBacktest } from './run.ts';
import { RunError } from './run-error.ts';
import { ownBot } from './testing/own-bot.ts';
import { type RandomKind, randomAssumptions, randomKinds, randomOutside, randomSettings } from './testing/random-bots.ts';
import { random, tableStart, walkSeries } from './testing/tables.ts';

const minuteMs = 60_000;
const allRules = [
  testRules('BTC/USDT', '0.01', '0.00001', '5'),
  testRules('ETH/USDT', '0.01', '0.0001', '5'),
  testRules('XRP/USDT', '0.1', '0.01', '5'),
].map((rules) => ({ ...rules, maxAlgoOrders: 5, maxOrderLists: 20 }));
const runs = Number(process.env.HOLDFAST_EQUAL_RUNS ?? 4);
const firstSeed = Number(process.env.HOLDFAST_EQUAL_SEED ?? 1);

function requestOf(of: RandomKind, seed: number): RunRequest {
  const next = random(seed);
  const rows = 200 + Math.floor(next() * 1000);
  const move = [30, 150, 400][Math.floor(next() * 3)]!;
  const volume = [40, 5_000, 500_000][Math.floor(next() * 3)]!;
  const gaps = next() < 0.4 ? 0.02 : 0;
  const quiet = next() < 0.4 ? 0.3 : 0;
  const from = next() < 0.5 ? 0 : tableStart + Math.floor(next() * 100) * minuteMs;
  // Some exchanges let no OCO rest.
  const lists = next() < 0.5 ? 20 : 0;
  const rules = allRules.slice(0, of.pairs).map((each) => ({ ...each, maxOrderLists: lists }));
  const series = rules.map((each, at) => {
    const price = Math.round((100_000 * Number(10n ** 16n)) / Number(each.tick));
    return walkSeries(each, { rows, seed: seed + 1 + at, price, move: Math.ceil((move * price) / 100_000), gaps, quiet, volume });
  });
  const outside = randomOutside(next, of, tableStart, tableStart + rows * minuteMs);
  return {
    kind: of.kind,
    ...(of.kind === 'own' ? { own: () => ownBot } : {}),
    settings: randomSettings(
      of,
      next,
      rules.map(({ pair }) => pair),
      botSettings,
    ),
    series: new Map(series.map((each) => [each.pair as Pair, each])),
    rules: new Map(rules.map((each) => [each.pair, each])),
    from: from as EpochMs,
    to: Number.MAX_SAFE_INTEGER as EpochMs,
    funds: null,
    assumptions: randomAssumptions(next),
    outside,
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

for (const [name, kind] of Object.entries(randomKinds))
  test(`${name}: ${runs} random bots, stepping and jumping alike`, (t) => {
    let [fills, deals, unfit, refused] = [0, 0, 0, 0];
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
      try {
        const result = same(requestOf(kind, seed * 1000), `${name}, seed ${seed}`);
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
