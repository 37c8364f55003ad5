/** Little space left on the vault's disk. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confirmTwo, ownerWith } from '../testing/owner-side.ts';
import { buy, cancel, scriptedVault, sell } from '../testing/scripted-vault.ts';

const codeOf = (answer: { body: unknown }): string => {
  const { verdict } = answer.body as { verdict: { kind: string; code?: string } };
  return verdict.code ?? verdict.kind;
};

test('at 95 % of the disk only exits and cancels are done, the owner hears of it, and with space it goes on by itself', async () => {
  const vault = scriptedVault({ watchesDisk: true });
  await vault.open();
  await confirmTwo(vault, ownerWith(vault, 'owner', vault.owner.privateKey), 'http://127.0.0.1:9');
  const bot = await vault.grant();
  await bot.intent(buy('bought', '2', '100'));
  await vault.settle();
  vault.exchange.fill(1, '2');
  await bot.intent(buy('resting', '1', '99'));
  await vault.settle();
  vault.useDisk(94.9);
  await vault.pass(10_000);
  assert.equal(codeOf(await bot.intent(buy('a-1', '1', '99'))), 'approved');
  vault.useDisk(95);
  await vault.pass(10_000);
  await vault.sync('100');
  const refused = await bot.intent(buy('a-2'));
  assert.equal(codeOf(refused), 'E_AUDIT');
  assert.match(JSON.stringify(refused.body), /95\.0 % full, limit 95 %/);
  assert.equal(codeOf(await bot.intent(sell('exit', '0.5', '100'))), 'approved');
  assert.equal(codeOf(await bot.intent(cancel('resting'))), 'approved');
  const said = vault.exchange.notices.filter((it) => it.title === 'The disk of the vault is almost full');
  assert.equal(said.length, 2, 'one to each destination');
  vault.useDisk(50);
  await vault.pass(10_000);
  await vault.sync('100');
  assert.equal(codeOf(await bot.intent(buy('a-2'))), 'approved', 'the id was not used up');
});
