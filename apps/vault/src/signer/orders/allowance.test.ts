/** A flood of what is refused anyway must not grow the journal without end, nor stand in the way of exits and cancels. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buy, cancel, scriptedVault, sell } from '../testing/scripted-vault.ts';

const verdictOf = (answer: { body: unknown }): string => {
  const { verdict } = answer.body as { verdict?: { kind: string; code?: string } };
  return verdict?.code ?? verdict?.kind ?? '';
};

test('refusals beyond the allowance are answered and not written down; the owner is told once; exits go on', async () => {
  const vault = scriptedVault();
  await vault.open();
  const bot = await vault.grant();
  await bot.intent(buy('held', '2'));
  await vault.settle();
  vault.exchange.fill(1, '2');
  await vault.settle();
  await bot.intent(buy('resting', '1', '99'));
  await vault.settle();

  for (let n = 0; n < 4_999; n += 1) void bot.intent(buy(`big-${n}`, '99'));
  assert.equal(verdictOf(await bot.intent(buy('big-last', '99'))), 'E_SIZE');
  const full = vault.journal().length;
  for (let n = 0; n < 500; n += 1) {
    void bot.intent(buy(`more-${n}`, '99'));
    void bot.intent(cancel(`unknown-${n}`));
  }
  assert.equal(verdictOf(await bot.intent(buy('more-last', '99'))), 'E_SIZE');
  const grown = vault.journal().subarray(full).toString().trim().split('\n');
  assert.ok(grown.length <= 2, `${grown.length} more records`);
  assert.match(grown.join(), /rule-warned/);
  assert.ok(vault.logged.some((line) => line.includes('no more of it is recorded')));

  assert.equal(verdictOf(await bot.intent(cancel('resting'))), 'approved');
  await vault.settle();
  assert.equal(vault.exchange.orders[1]?.status, 'CANCELED');
  assert.equal(verdictOf(await bot.intent(sell('exit', '1', '100'))), 'approved');
  await vault.pass(180_000);
  await vault.sync('100');
  const before = vault.journal().length;
  assert.equal(verdictOf(await bot.intent(buy('later', '99'))), 'E_SIZE');
  assert.ok(vault.journal().length > before, 'with time a refusal is recorded again');
});
