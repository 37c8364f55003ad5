/** The drill's own promises: no measured loss passes its bound, whatever the seed, and the thief is a real one. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { amount, defaultRules, noRules } from '@holdfast/domain';
import { forgedPrices } from '../../apps/cli/src/drill/attacks/forged.ts';
import { latePrices, latePricesExits } from '../../apps/cli/src/drill/attacks/late-prices.ts';
import { thinCoinAttack } from '../../apps/cli/src/drill/attacks/thin-coin.ts';
import { searched } from '../../apps/cli/src/drill/drill.ts';
import { timeToFreeze } from '../../apps/cli/src/drill/hands.ts';
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

for (const seed of [1, 2, 3])
  for (const [attack, atLeast] of [
    [latePrices, 0.4],
    [latePricesExits, 0.3],
  ] as const)
    test(`${attack.name}, seed ${seed}, rules off: jumps that the vault hears of late use up the budget, and one of them at most passes it`, async () => {
      const few = { ...attack, victims: 3 };
      const { run, vault, close } = await playAgainstVault(few, seed, noRules);
      const bound = boundOf(vault, few);
      const { used } = (await vault.status()).accounts[0]!;
      close();
      assert.ok(run.worstDay <= bound.accountDay, `${run.worstDay} of ${bound.accountDay}`);
      assert.ok(Number(run.worstDay) > atLeast * Number(bound.accountDay), `the thief got only ${run.worstDay}`);
      // It is the burn that stops him: he is refused for nothing but it and the largest position.
      assert.deepEqual(Object.keys(run.stage.tally.refusals).sort(), ['E_BURN', 'E_POS']);
      assert.ok(10n * amount(String(used.burn)) > 9n * run.worstDay, `${used.burn} counted of ${run.worstDay} lost`);
    });

test('with the rules on the same thief is frozen as soon as his jumps have used up the budget', async () => {
  const few = { ...latePrices, victims: 3 };
  const { run, vault, close } = await playAgainstVault(few, 1);
  const conditions = await vault.conditions();
  close();
  assert.deepEqual([...new Set(conditions.map((it) => it.condition))], ['frozen']);
  assert.match(conditions[0]!.reason, /of the burn budget of 40 are spent in 24 h/);
  const { ms, text } = timeToFreeze(run.stage.tally, 3);
  assert.ok(ms !== null && ms > 0);
  assert.match(text, /^3 of 3 victims were stopped/);
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
    'timeToFreezeText',
    'refusals',
  ] as const;
  for (const row of scenarios) {
    for (const field of promised) assert.ok(field in row, `${row.name} has no ${field}`);
    assert.ok(row.lossUsd <= row.boundUsd, row.name);
    assert.ok(row.boundFormula.length > 0 && row.boundForgedUsd > 0);
    assert.match(
      row.timeToFreezeText,
      row.timeToFreezeMs === null ? /^nothing was stopped: / : /^\d+ of \d+ victims were stopped/,
    );
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
    'late prices',
    'late prices, exits too',
    'search, rules on',
    'search, rules off',
    'thin coin, real processes',
  ])
    assert.ok(names.includes(name), `${name} is missing`);
  const nothing = scenarios.filter(({ timeToFreezeMs }) => timeToFreezeMs === null).map(({ name }) => name);
  // Limits alone refuse these, order by order; there is nothing that a rule would have to stop.
  assert.deepEqual(nothing, ['slow burn', 'forged prices', 'sell everything', 'stops cancelled first', 'search, rules off']);
  assert.equal(scenarios.find(({ how }) => how === 'processes')?.lossUsd, 0);
  const html = readFileSync(page, 'utf8');
  assert.match(html, /The robbery of 2022/);
  assert.doesNotMatch(html, /<script|src=|href=/);
});
