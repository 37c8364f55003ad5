/** A journal that cannot be written: nothing but cancels, and on again without a restart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { doorPaths } from '@holdfast/domain';
import { account, buy, cancel, scriptedVault } from '../testing/scripted-vault.ts';

const codeOf = (answer: { body: unknown }): string => {
  const body = answer.body as { verdict?: { kind: string; code?: string }; error?: { code: string } };
  return body.error?.code ?? body.verdict?.code ?? body.verdict?.kind ?? 'done';
};

async function withResting() {
  const vault = scriptedVault();
  await vault.open();
  const bot = await vault.grant();
  await bot.intent(buy('resting', '1', '99'));
  await vault.settle();
  return { vault, bot };
}
const posts = (vault: ReturnType<typeof scriptedVault>): number =>
  vault.exchange.requests.filter((it) => it.method === 'POST').length;

test('on a full disk everything but a cancel is E_AUDIT; with space again it goes on, no id used up, nothing torn', async () => {
  const { vault, bot } = await withResting();
  vault.fillDisk(true);
  const caught = bot.intent(buy('caught', '1', '99')); // decided, and never durable while the disk is full
  await vault.settle();
  assert.equal(codeOf(await bot.intent(buy('a-1'))), 'E_AUDIT');
  assert.equal(codeOf((await vault.grant('bot-2')).answer), 'E_AUDIT');
  assert.equal(codeOf(await vault.askAsPeer(doorPaths.revoke, { subKey: bot.subKey })), 'E_AUDIT');
  assert.equal(codeOf(await bot.intent(cancel('resting'))), 'approved');
  await vault.pass(6000);
  assert.equal(vault.exchange.orders[0]?.status, 'CANCELED');
  assert.equal(posts(vault), 1, 'nothing new was signed');
  vault.fillDisk(false);
  await vault.pass(1000);
  assert.equal(codeOf(await caught), 'approved');
  assert.equal(posts(vault), 1, 'a decision that waited too long is not signed any more');
  await vault.sync('100');
  assert.equal(codeOf(await bot.intent(buy('a-1'))), 'approved', 'the id was not used up');
  await vault.settle();
  const { accounts } = (await vault.status()) as never as { accounts: { used: { openOrders: number } }[] };
  assert.equal(accounts[0]?.used.openOrders, 1);
  vault.restart();
  await vault.pass(1000);
  const again = (await vault.status()) as never as { accounts: unknown };
  assert.deepEqual(again.accounts, accounts, 'the journal gives the same state');
});

test('a freeze is in force at once on a full disk, and answered when it is recorded', async () => {
  const { vault, bot } = await withResting();
  vault.fillDisk(true);
  let answered = false;
  void vault.askAsPeer(doorPaths.freeze, { reason: 'now', account }, 'cli').then(() => {
    answered = true;
  });
  await vault.settle();
  assert.equal(answered, false);
  vault.fillDisk(false);
  await vault.pass(600);
  assert.equal(answered, true);
  assert.equal(codeOf(await bot.intent(buy('a-1'))), 'E_FROZEN');
});

test('a signer that ends on a full disk starts from what was durable', async () => {
  const { vault, bot } = await withResting();
  vault.fillDisk(true);
  void bot.intent(buy('lost', '1', '99'));
  await vault.settle();
  vault.fillDisk(false);
  vault.restart();
  await vault.pass(1000);
  await vault.sync('100');
  assert.equal(codeOf(await bot.intent(buy('lost', '1', '99'))), 'approved');
  await vault.settle();
  assert.equal(posts(vault), 2);
});
