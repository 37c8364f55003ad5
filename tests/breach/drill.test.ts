/** The drill's own promises: no measured loss passes its bound, whatever the seed, and the thief is a real one. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { amount, defaultRules, noRules } from '@holdfast/domain';
import { forgedPrices, forgedPricesUnruled } from '../../apps/cli/src/drill/attacks/forged.ts';
import { latePrices, latePricesExits } from '../../apps/cli/src/drill/attacks/late-prices.ts';
import { thinCoinAttack } from '../../apps/cli/src/drill/attacks/thin-coin.ts';
import { searched } from '../../apps/cli/src/drill/drill.ts';
import { stopsIn, timeToFreeze } from '../../apps/cli/src/drill/freezes.ts';
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

for (const seed of [1, 2])
  test(`the bound holds for seed ${seed}, and what is measured is not nothing`, async () => {
    const { result } = await searched('off', noRules, { seed, orders: 1_500 }, 0);
    assert.ok(result.withinBound, `${result.worstAccountDayUsd} of ${result.accountDayBoundUsd}`);
    assert.ok(result.lossUsd > 0 && result.attackerGainUsd < result.lossUsd);
  });

for (const seed of [1, 2])
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
  const stops = stopsIn(vault.vault.journal().toString('utf8'));
  const { ms, text } = timeToFreeze({ ...run.stage.tally, accounts: vault.accounts, stops, noFreeze: undefined });
  // The price after the first jump is heard a second later.
  assert.equal(ms, 1_000);
  assert.equal(text, '3 of 3 accounts were stopped, the quickest 1 s after the first hostile order, the slowest 1 s');
});

test('with forged prices the loss comes near the bound under forged prices and does not pass it', async () => {
  const attack = { ...forgedPricesUnruled, victims: 4 };
  const { run, vault, close } = await playAgainstVault(attack, 5);
  const bound = boundOf(vault, attack);
  close();
  assert.ok(run.loss <= bound.total, `${run.loss} of ${bound.total}`);
  assert.ok(run.worstDay <= bound.accountDay);
  assert.ok(run.loss > (bound.total * 9n) / 10n, 'the bound is not far above what a thief can do');
});

test('with the rules on, forged prices that let the equity fall by the limit of the mandate stop the account', async () => {
  const attack = { ...forgedPrices, victims: 2 };
  const { run, vault, close } = await playAgainstVault(attack, 5);
  const conditions = await vault.conditions();
  const bound = boundOf(vault, attack);
  close();
  assert.ok(run.loss > 0n && 2n * run.loss < bound.total, `${run.loss} of ${bound.total}`);
  for (const { condition, reason } of conditions) {
    assert.equal(condition, 'frozen');
    assert.match(reason, /^equity fell by .* within 24 h, limit 2000$/);
  }
});

test('the time to freeze ends with the record of the stop, not when the thief notices it', () => {
  const line = (record: object): string => JSON.stringify({ seq: 1, ...record });
  const journal = [
    line({ kind: 'granted', os: 100, subKey: 'k1', account: 'one' }),
    line({ kind: 'decided', os: 150, account: 'one' }),
    line({ kind: 'frozen', os: 250, account: 'one', subKey: 'k1', pair: null, condition: 'frozen' }),
    line({ kind: 'frozen', os: 300, account: 'two', subKey: null, pair: null, condition: 'reduce-only' }),
    line({ kind: 'frozen', os: 900, account: 'one', subKey: null, pair: null, condition: 'frozen' }),
    line({ kind: 'revoked', os: 950, subKey: 'k1', by: 'rule R8' }),
    '{"kind":"decided","to',
  ].join('\n');
  const stops = stopsIn(journal);
  assert.deepEqual(stops, [
    { account: 'one', what: 'sub-key', at: 250 },
    { account: 'two', what: 'account', at: 300 },
    { account: 'one', what: 'account', at: 900 },
    { account: 'one', what: 'sub-key', at: 950 },
  ]);
  const asked = { accounts: ['one', 'two', 'three'], stops, refusals: {}, noFreeze: undefined };
  const of = (firstAt: readonly (readonly [number, number])[], change = {}) =>
    timeToFreeze({ ...asked, firstAt: new Map(firstAt), ...change });
  assert.equal(of([[0, 200]]).ms, 700, 'of the account, where it was stopped in the end');
  assert.equal(of([[0, 920]]).ms, 30, 'of the sub-key, where only that was');
  assert.equal(of([[1, 300]]).ms, 0, 'reduce-only takes no new risk');
  assert.equal(
    of([
      [0, 200],
      [1, 200],
      [2, 200],
    ]).ms,
    700,
    'the slowest that was stopped',
  );
  assert.deepEqual(of([[2, 200]], { refusals: { E_POS: 3, E_BURN: 9 }, noFreeze: 'rules off' }), {
    ms: null,
    text: 'nothing was stopped: rules off; limits refused, mostly E_BURN × 9',
  });
});

test('without the vault the same thief takes nearly everything', async () => {
  const run = await playAgainstStolenKeys({ ...thinCoinAttack, victims: 4 }, 1);
  // Four accounts of 20,000.
  assert.ok(run.loss > 70_000n * 10n ** 18n, String(run.loss));
  assert.ok(run.gain > 70_000n * 10n ** 18n);
});

test('the command prints exactly what programs were promised, writes the page, and plays offline', {
  timeout: 600_000,
}, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-drill-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const page = join(folder, 'drill.html');
  const done = spawnSync(process.execPath, [bin, 'drill', '--json', '--seed', '7', '--orders', '1000', '--html', page], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: folder },
  });
  assert.equal(done.status, 0, done.stderr);
  const { scenarios, details } = JSON.parse(done.stdout) as { scenarios: ScenarioResult[]; details: ScenarioResult[] };
  const promised = {
    name: 'string',
    victims: 'number',
    orders: 'number',
    lossUsd: 'number',
    attackerGainUsd: 'number',
    boundUsd: 'number',
    withoutVaultLossUsd: 'number',
    timeToFreezeMs: 'number',
    refusals: 'object',
  };
  for (const [index, row] of scenarios.entries()) {
    assert.deepEqual(Object.keys(row), Object.keys(promised), row.name);
    for (const [field, type] of Object.entries(promised)) {
      const value = row[field as keyof ScenarioResult];
      if (field !== 'timeToFreezeMs' || value !== null) assert.equal(typeof value, type, `${row.name}: ${field}`);
    }
    for (const [code, count] of Object.entries(row.refusals))
      assert.ok(/^E/.test(code) && Number.isSafeInteger(count) && count > 0);
    assert.ok(row.lossUsd <= row.boundUsd, row.name);
    const more = details[index]!;
    assert.equal(more.name, row.name);
    assert.ok(more.boundFormula.length > 0 && more.boundForgedUsd > 0);
    // A freeze where a rule is meant to stop him, none where the limits alone refuse.
    assert.equal(row.timeToFreezeMs === null, more.noFreeze !== null, row.name);
    // A search of a thousand orders does not come to all accounts.
    const count = row.name.startsWith('search') ? '\\d+' : row.victims;
    const stopped = new RegExp(`^${count} of ${row.victims} `);
    assert.match(more.timeToFreezeText, more.noFreeze === null ? stopped : /^nothing was stopped: /);
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
    'forged prices, rules off',
    'sell everything',
    'stops cancelled first',
    'late prices',
    'late prices, exits too',
    'search, rules on',
    'search, rules off',
    'thin coin, real processes',
  ])
    assert.ok(names.includes(name), `${name} is missing`);
  const nothing = details.filter(({ noFreeze }) => noFreeze !== null).map(({ name, noFreeze }) => [name, noFreeze]);
  assert.deepEqual(nothing, [
    ['slow burn', 'each day stays below the budget at which R7 stops'],
    ['forged prices, rules off', 'rules off'],
    ['sell everything', 'he asks like a bot that sells, within its cap'],
    ['stops cancelled first', 'one cancel without the right, then sales within the cap'],
    ['search, rules off', 'rules off'],
  ]);
  const processes = details.findIndex(({ how }) => how === 'processes');
  assert.equal(scenarios[processes]?.lossUsd, 0);
  const html = readFileSync(page, 'utf8');
  assert.match(html, /The robbery of 2022/);
  assert.doesNotMatch(html, /<script|src=|href=/);
  assert.match(html, /<td class="n">- \(rules off\)<\/td>/);
});
