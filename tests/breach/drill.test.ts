/** The drill's own promises: no measured loss passes its bound, whatever the seed, and the thief is a real one. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { defaultRules, noRules } from '@holdfast/domain';
import { forgedPrices } from '../../apps/cli/src/drill/attacks/forged.ts';
import { thinCoinAttack } from '../../apps/cli/src/drill/attacks/thin-coin.ts';
import { searched } from '../../apps/cli/src/drill/drill.ts';
import { boundOf, playAgainstStolenKeys, playAgainstVault, type ScenarioResult } from '../../apps/cli/src/drill/scenario.ts';

const bin = resolve(import.meta.dirname, '../../bin/holdfast.mjs');

test('ten thousand orders that reach the caps, hundreds approved, with the rules off: no account loses more than was said before', async () => {
  const { result } = await searched('off', noRules, { seed: 2022, orders: 10_000 }, 0);
  assert.ok(result.orders >= 10_000, `${result.orders} tries`);
  assert.ok(result.approved >= 500, `${result.approved} approved`);
  assert.ok(result.worstAccountDayUsd <= result.accountDayBoundUsd);
  assert.ok(result.worstAccountDayUsd > result.accountDayBoundUsd / 2, `the thief got only ${result.worstAccountDayUsd}`);
  assert.ok(result.withinBound);
});

test('the same with the rules on, while every freeze is lifted at once', async () => {
  const { result } = await searched('on', defaultRules, { seed: 2022, orders: 4_000 }, 0);
  assert.ok(result.orders >= 4_000 && result.approved >= 500, `${result.orders} tries, ${result.approved} approved`);
  assert.ok(result.withinBound, `${result.worstAccountDayUsd} of ${result.accountDayBoundUsd}`);
});

for (const seed of [1, 2, 3])
  test(`the bound holds for seed ${seed}, and what is measured is not nothing`, async () => {
    const { result } = await searched('off', noRules, { seed, orders: 1_500 }, 0);
    assert.ok(result.withinBound, `${result.worstAccountDayUsd} of ${result.accountDayBoundUsd}`);
    assert.ok(result.lossUsd > 0 && result.attackerGainUsd < result.lossUsd);
  });

test('with forged prices the loss comes near the bound under forged prices and does not pass it', async () => {
  const attack = { ...forgedPrices, victims: 4 };
  const { run, vault, close } = await playAgainstVault(attack, 5, noRules);
  const bound = boundOf(vault, attack);
  close();
  assert.ok(run.loss <= bound.total, `${run.loss} of ${bound.total}`);
  assert.ok(run.worstDay <= bound.accountDay);
  assert.ok(run.loss > (bound.total * 9n) / 10n, 'the bound is not far above what a thief can do');
});

test('without the vault the same thief takes nearly everything', async () => {
  const run = await playAgainstStolenKeys({ ...thinCoinAttack, victims: 4 }, 1);
  // Four accounts of 20,000.
  assert.ok(run.loss > 70_000n * 10n ** 18n, String(run.loss));
  assert.ok(run.gain > 70_000n * 10n ** 18n);
});

test('the command prints exactly what programs were promised, writes the page, and plays offline in time', {
  timeout: 150_000,
}, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-drill-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const page = join(folder, 'drill.html');
  const started = performance.now();
  const done = spawnSync(process.execPath, [bin, 'drill', '--json', '--seed', '7', '--orders', '1000', '--html', page], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: folder },
  });
  assert.equal(done.status, 0, done.stderr);
  assert.ok(performance.now() - started < 120_000);
  const { scenarios } = JSON.parse(done.stdout) as { scenarios: ScenarioResult[] };
  const promised = [
    'name',
    'victims',
    'orders',
    'lossUsd',
    'attackerGainUsd',
    'boundUsd',
    'withoutVaultLossUsd',
    'timeToFreezeMs',
    'refusals',
  ] as const;
  for (const row of scenarios) {
    for (const field of promised) assert.ok(field in row, `${row.name} has no ${field}`);
    assert.ok(row.lossUsd <= row.boundUsd, row.name);
    assert.ok(row.boundFormula.length > 0 && row.boundForgedUsd > 0);
  }
  const names = scenarios.map(({ name }) => name);
  for (const name of [
    'thin coin',
    'contra trade',
    'burst',
    'slow burn',
    'dormant key',
    'leaked sub-keys',
    'forged prices',
    'sell everything',
    'stops cancelled first',
    'search, rules on',
    'search, rules off',
    'thin coin, real processes',
  ])
    assert.ok(names.includes(name), `${name} is missing`);
  assert.equal(scenarios.find(({ how }) => how === 'processes')?.lossUsd, 0);
  const html = readFileSync(page, 'utf8');
  assert.match(html, /The robbery of 2022/);
  assert.doesNotMatch(html, /<script|src=|href=/);
});
