/**
 * Random bots of every kind over random candles three ways: tick by tick, in jumps, and as paper through the engine's core, the
 * signer and the simulated exchange in one process (./paper.ts says what that leaves out). Orders and fills are equal; and what the
 * engine called the bot with, called again, is answered with the same orders. More by hand:
 * HOLDFAST_PARITY_RUNS=50 HOLDFAST_PARITY_SEED=1000 node_modules/.bin/node --test tests/parity/random.test.ts
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runBacktest } from '@holdfast/backtest';
import { firstDifference, timeOf } from '../../apps/cli/src/parity/compare.ts';
import { playOf } from '../../apps/cli/src/parity/parity.ts';
import { type RandomKind, randomKinds } from '../../packages/backtest/src/run/testing/random-bots.ts';
import { type InProcessPlay, NotMade, playInProcess } from './paper.ts';
import { caseOf, requestOf } from './random-case.ts';
import { record, replay, type Session } from './replay.ts';

const runs = Number(process.env.HOLDFAST_PARITY_RUNS ?? 2);
const firstSeed = Number(process.env.HOLDFAST_PARITY_SEED ?? 1);

async function compare(of: RandomKind, seed: number, text: string): Promise<InProcessPlay> {
  const made = caseOf(of, seed);
  const recording = record('bot1');
  let session: Session | undefined;
  const paper = await playInProcess(made.paper).finally(() => {
    session = recording.end();
  });
  replay(session!, paper, text);
  const request = requestOf(of, made, paper);
  const step = playOf('step', runBacktest(request));
  const jump = playOf('jump', runBacktest({ ...request, driver: 'jump' }));
  assert.deepEqual(firstDifference(step, jump), null, `${text}: step and jump`);
  // What the vault refuses a backtest's exchange takes; until then all is equal.
  const difference = firstDifference(jump, paper);
  if (difference !== null && timeOf(difference) < paper.refusedAt) assert.deepEqual(difference, null, `${text}: jump and paper`);
  return paper;
}

let compared = 0;

for (const [name, kind] of Object.entries(randomKinds)) {
  test(`${name}: ${runs} random bots, as backtest and as paper alike`, async (t) => {
    let [fills, orders, unfit, refused, rounds] = [0, 0, 0, 0, 0];
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
      try {
        const play = await compare(kind, seed * 1000, `${name}, seed ${seed}`);
        fills += play.fills.length;
        compared += play.fills.length;
        orders += play.orders.length;
        rounds += play.rounds;
        refused += play.refusals.length === 0 ? 0 : 1;
      } catch (error) {
        if (!(error instanceof NotMade) || error.code !== 'settings-unfit') throw error;
        unfit++;
      }
    }
    t.diagnostic(`${orders} orders, ${fills} fills, ${rounds} rounds, ${refused} refused by the vault, ${unfit} unfit settings`);
    assert.ok(unfit < runs && refused * 4 <= runs + 3, `${refused} refused`);
  });
}

test('there was something to compare', () => assert.ok(compared > 100 * runs, `${compared} fills`));
